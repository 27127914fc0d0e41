"""What is prepared in memory gives the answers of plain SQL over the scope's views, whatever the filter."""

import threading

import duckdb
import pytest
from polars.testing import assert_frame_equal

from dashboards import access
from dashboards.filters import NO_UNIT, Filters
from dashboards.queries import (
    activities,
    changes,
    documents,
    exemplars,
    issues,
    overview,
    prepared,
    quality,
    societies,
    society,
    tasks,
)
from dashboards.queries.sql import AS_OF, SOCIETY, sql_for_overdue, sql_for_stalled
from dashboards.reading import Reader
from data_contracts.defects import consequences
from models.publication.snapshot import resolve

SCOPES = {
    "national": access.Scope(),
    "cases": access.Scope(cases=True),
    "line": access.Scope("line", "110000"),
    "unit": access.Scope("supervisor", "U001"),
    "society": access.Scope("society", "51990000100000001P"),
}
FILTERS = (
    Filters(),
    Filters(supervisor_id=NO_UNIT),
    Filters(text="学会"),
    Filters(text="no such society"),
    Filters(band="unrated"),
    Filters(decision="selected"),
    Filters(level="city", decision="not_selected"),
    Filters(reporting_line="110000", text="51"),
    Filters(supervisor_id="U002", band="good", level="provincial"),
)
TYPES, ITEMS = ["convention", "ethics_code", "charter"], ["sanction", "duty", "no_such_element"]
LINE = "d.source_sheet as sheet, d.source_row as line, coalesce(fl.name, d.source_file[:12]) as file"
FILE = "left join files fl on fl.file_id = d.source_file"
DOCUMENTS = "detail_documents where list_contains($doc_types, doc_type) and stage <> 'repealed'"
# Query → (its answer, the plain SQL, parameters). {where}: of `s`, a row of cohort; {those}: of society_id.
# What a page counts, the page that it leads to lists: rows of societies that are not assessed are in neither.
ASSESSED = "society_id in (select society_id from societies)"
FIGURES = {
    "indicators": (
        lambda con, f: tasks.indicators(con, "D5", f),
        """
        select i.indicator, any_value(d.position) as position, any_value(d.weight) as weight,
               count(*) filter (i.state = 'reported') as reported_n,
               count(*) filter (i.state = 'zero') as zero_n,
               count(*) filter (i.state = 'not_reported') as not_reported_n,
               count(*) filter (i.state = 'not_applicable') as not_applicable_n,
               count(*) filter (i.state = 'under_verification') as under_verification_n,
               count(*) filter (i.state = 'suppressed') as suppressed_n,
               100 * avg(i.score) as mean, 100 * quantile_cont(i.score, 0.25) as p25,
               100 * quantile_cont(i.score, 0.75) as p75, count(i.score) as scored_n
        from indicators i join indicator_definitions d using (indicator) join cohort s using (society_id)
        where i.dimension = 'D5' and s.filed and {where} group by i.indicator order by position
        """,
        {},
    ),
    "stages": (
        documents.stages,
        """
        with latest as (
            select society_id,
                   arg_max(stage, greatest(drafted_on, congress_on, filed_on, approved_on)) as stage
            from detail_documents where doc_type = 'charter' group by society_id
        )
        select coalesce(l.stage, 'none') as code, count(*) as n
        from cohort s left join latest l using (society_id) where s.filed and {where} group by 1
        order by list_position(['none', 'drafted', 'pre_reviewed', 'congress_passed', 'supervisor_agreed',
            'filed', 'approved', 'published', 'effective', 'repealed'], code)
        """,
        {},
    ),
    "elements": (
        lambda con, f: documents.elements(con, TYPES, ITEMS, f),
        f"""
        with had as (select distinct society_id, unnest(elements) as item from {DOCUMENTS}),
        all_of as (select society_id from cohort s where s.filed and {{where}})
        select i.item as code, count(h.society_id) as n, (select count(*) from all_of) as total
        from (select unnest($items) as item) i
        left join (select * from had where society_id in (select society_id from all_of)) h using (item)
        group by i.item order by list_position($items, i.item)
        """,
        {"doc_types": TYPES, "items": ITEMS},
    ),
    "quarters": (
        activities.quarters,
        """
        with all_of as (select society_id from cohort s where s.filed and {where})
        select q.code::varchar as code, count(distinct d.society_id) as n,
               (select count(*) from all_of) as total
        from (select unnest([1, 2, 3, 4]) as code) q
        left join (
            select * from detail_education_sessions where society_id in (select society_id from all_of)
        ) d on quarter(d.held_on) = q.code
        group by q.code order by q.code
        """,
        {},
    ),
    "audiences": (
        activities.audiences,
        """
        with all_of as (select society_id from cohort s where s.filed and {where}),
        reached as (select distinct society_id, unnest(audiences) as code from detail_education_sessions)
        select l.code, count(r.society_id) as n, (select count(*) from all_of) as total
        from labels l left join (select * from reached where society_id in (select society_id from all_of)) r
            on r.code = l.code
        where l.kind = 'audiences' group by l.code, l.position order by l.position
        """,
        {},
    ),
    "dimension_means": (
        overview.dimension_means,
        """
        select d.dimension, avg(d.score) as mean, quantile_cont(d.score, 0.25) as p25,
               quantile_cont(d.score, 0.75) as p75, count(d.score) as societies_n
        from dimensions d join cohort s using (society_id)
        where d.score is not null and s.band <> 'unrated' and {where}
        group by d.dimension order by d.dimension
        """,
        {},
    ),
    "intake": (
        overview.intake,
        """
        select count(*) filter (status <> 'container') as files_n,
               count(*) filter (status = 'container') as archives_n,
               count(*) filter (status = 'superseded') as superseded_n,
               count(*) filter (status = 'refused') as refused_n,
               if(count(*) = 0, 0, sum(rows_read))::bigint as rows_read,
               if(count(*) = 0, 0, sum(accepted))::bigint as accepted,
               if(count(*) = 0, 0, sum(returned))::bigint as returned,
               if(count(*) = 0, 0, sum(quarantined))::bigint as quarantined,
               if(count(*) = 0, 0, sum(non_data))::bigint as non_data
        from files where {those}
        """,
        {},
    ),
    "attention": (
        overview.attention,
        f"""
        select (select count(*) from detail_supervision_issues i
                where {sql_for_overdue("i")} and {ASSESSED} and {{those}}) as overdue_n,
               (select count(*) from detail_documents d
                where d.doc_type = 'charter' and {sql_for_stalled("d")} and {ASSESSED}
                    and {{those}}) as stalled_n
        """,
        {},
    ),
    "changes": (
        lambda con, f: changes.figures(con, "previous_year", f),
        """
        select count(change) as societies_n, avg(change) as change, avg(abs(change)) as change_size,
               count(*) filter (before is null and after is not null) as entered_n,
               count(*) filter (before is not null and after is null) as left_n,
               avg(abs(data)) as data_size, avg(abs(peers)) as peers_size
        from changes where basis = 'previous_year' and scope = 'composite' and {those}
        """,
        {},
    ),
    "changes of dimensions": (
        lambda con, f: changes.dimensions(con, "previous_year", f),
        """
        select item, count(change) as societies_n, avg(change) as change, avg(data) as data,
               avg(methodology) as methodology, avg(peers) as peers, avg(software) as software
        from changes where basis = 'previous_year' and scope = 'dimension' and {those}
        group by item order by item
        """,
        {},
    ),
    "exemplars": (
        exemplars.figures,
        f"""
        select count(*) filter (s.decision = 'selected') as selected_n,
               count(*) filter (s.decision <> 'selected' and s.failed_n = 1) as near_n,
               (select count(distinct society_id) from detail_practice_nominations
                where {ASSESSED} and {{those}}) as nominated_n,
               (select count(*) from detail_practice_nominations
                where publicity_from is not null and {ASSESSED} and {{those}}) as publicity_n,
               (select count(*) from decision_objections where {ASSESSED} and {{those}}) as objections_n,
               (select count(*) from decision_objections
                where outcome = 'pending' and {ASSESSED} and {{those}}) as pending_n
        from cohort s where {{where}}
        """,
        {},
    ),
    "coverage": (
        quality.coverage,
        """
        select i.indicator, count(*) as societies_n,
               avg((i.state = 'reported')::int) as reported, avg((i.state = 'zero')::int) as zero,
               avg((i.state = 'not_reported')::int) as not_reported,
               avg((i.state = 'not_applicable')::int) as not_applicable,
               avg((i.state = 'under_verification')::int) as under_verification,
               avg((i.state = 'suppressed')::int) as suppressed
        from indicators i join societies s using (society_id) join indicator_definitions d using (indicator)
        where s.filed and {those} group by i.indicator, d.position order by d.position
        """,
        {},
    ),
    "files": (
        quality.files,
        """
        select coalesce(origin, 'unknown') as origin, count(*) as files_n,
               count(*) filter (status = 'refused') as refused_n,
               sum(rows_read)::bigint as rows_read, sum(accepted)::bigint as accepted,
               sum(returned)::bigint as returned, sum(quarantined)::bigint as quarantined,
               sum(non_data)::bigint as non_data
        from files where status <> 'container' and {those} group by all order by files_n desc, origin
        """,
        {},
    ),
    "total": (
        quality.total,
        """
        select (select sum(rows_read)::bigint from files where {those}) as rows_read,
               (select sum(returned)::bigint from files where {those}) as returned,
               (select sum(quarantined)::bigint from files where {those}) as quarantined,
               (select count(*) from files where status = 'refused' and {those}) as refused_n,
               (select avg((i.state = 'not_reported')::int) from indicators i
                join societies s using (society_id) where s.filed and {those}) as not_reported_share
        """,
        {},
    ),
    **{
        f"top_findings {is_consequence}": (
            lambda con, f, one=is_consequence: overview.top_findings(con, 8, one, f),
            """
            select code, verdict, count(*) as findings_n, count(distinct society_id) as societies_n
            from findings where list_contains($following, code) = $is_consequence and {those}
            group by code, verdict order by findings_n desc, code, verdict limit 8
            """,
            {"following": sorted(consequences()), "is_consequence": is_consequence},
        )
        for is_consequence in (False, True)
    },
}
SORTED = """
select society_id, name, level, reporting_line, supervisor_name, cast_class, size_class, score, low,
       high, is_coarse, if(is_coarse, 'yes', 'no') as coarse, band, peer_group, peer_n, rank,
       rank_low, rank_high, verified_share, not_reported_n, pending_n, veto_code, hold_code,
       unrated_reason, decision, reason_code, reason_zh, reason_en, stability
from cohort s where {where} order by ORDER, society_id
"""
LISTINGS = {
    **{
        f"societies by {sort}": (
            lambda f, sort=sort: societies.societies(f, sort),
            SORTED.replace("ORDER", order.replace("c.", "s.")),
            {},
        )
        for sort, order in societies.SORTS.items()
        if sort in {"peer", "score"}
    },
    "exemplars": (
        exemplars.exemplars,
        """
        select society_id, name, cast_class, level, size_class, rank, peer_group, peer_n, rank_low, rank_high,
               score, low, high, is_coarse, if(is_coarse, 'yes', 'no') as coarse, verified_share, stability,
               practice_tag, reason_zh, reason_en
        from cohort s where s.decision = 'selected' and {where} order by s.peer_group, s.rank, s.society_id
        """,
        {},
    ),
    "changes": (
        lambda f: changes.societies("previous_year", f),
        """
        with most as (
            select society_id, arg_max(item, abs(change)) as indicator, max_by(change, abs(change)) as moved
            from changes where basis = 'previous_year' and scope = 'indicator' and change is not null
            group by society_id
        )
        select s.society_id, s.name, h.before, h.after, h.change, h.data, h.methodology, h.peers, h.software,
               m.indicator, m.moved
        from changes h join cohort s using (society_id) left join most m using (society_id)
        where h.basis = 'previous_year' and h.scope = 'composite' and h.change is not null and {where}
        order by abs(h.change) desc, h.society_id
        """,
        {},
    ),
    "files": (
        lambda f: quality.file_rows(None, "accepted", f),
        """
        select s.society_id, s.name, d.name as file, coalesce(d.origin, 'unknown') as origin, d.status,
               d.rows_read, d.accepted, d.returned, d.quarantined, d.non_data
        from files d left join cohort s using (society_id)
        where d.status <> 'container' and d.accepted > 0 and ({everything} or {where})
        order by d.returned + d.quarantined desc, d.name, d.file_id
        """,
        {},
    ),
    "lowest": (
        lambda f: tasks.lowest("3.2", f),
        f"""
        select {SOCIETY}, i.indicator, i.state, i.numerator, i.denominator, i.is_suppressed, i.value,
               d.unit, i.grade, 100 * i.score as score
        from indicators i join cohort s using (society_id) join indicator_definitions d using (indicator)
        where i.indicator = '3.2' and s.filed and {{where}} order by i.score nulls last, s.society_id
        """,
        {},
    ),
    "stalled_charters": (
        documents.stalled_charters,
        f"""
        select {SOCIETY}, d.stage, d.congress_on, d.supervisor_agreed_on, d.filed_on,
               case when d.filed_on is not null then 'approval'
                    when d.supervisor_agreed_on is not null then 'filing' else 'supervisor' end as waits_for,
               date_diff('day', d.congress_on, {AS_OF}) as days_n, '1.1' as indicator, {LINE}
        from detail_documents d join cohort s using (society_id) {FILE}
        where d.doc_type = 'charter' and {sql_for_stalled("d")} and {{where}}
        order by days_n desc, s.society_id, d.row_id
        """,
        {},
    ),
    "without_element": (
        lambda f: documents.without_element(TYPES, "sanction", "2.3", f),
        f"""
        with lacking as (
            select s.* from cohort s where s.filed and {{where}} and s.society_id not in (
                select society_id from {DOCUMENTS} and list_contains(elements, 'sanction'))
        ), held as (
            select society_id, list_sort(list_distinct(flatten(list(coalesce(elements, []))))) as elements,
                   list_sort(list_distinct(list(doc_type))) as doc_types
            from {DOCUMENTS} group by society_id
        )
        select {SOCIETY}, coalesce(h.doc_types, []) as doc_types, coalesce(h.elements, []) as elements,
               '2.3' as indicator
        from lacking s left join held h using (society_id)
        order by len(coalesce(h.elements, [])), s.society_id
        """,
        {"doc_types": TYPES},
    ),
    "activities_without_norm": (
        activities.activities_without_norm,
        f"""
        select {SOCIETY}, d.setting, d.name as activity, d.held_on, d.rep_limit, d.jif_threshold,
               '4.4' as indicator, {LINE}
        from detail_evaluation_activities d join cohort s using (society_id) {FILE}
        where d.norm_doc_id is null and {{where}} order by d.setting, s.society_id, d.row_id
        """,
        {},
    ),
    "education_gaps": (
        activities.education_gaps,
        f"""
        with due as (
            select code, position from labels
            where kind = 'audiences' and code not in ('members', 'reviewers_editors')
        ), had as (
            select society_id, count(*) as sessions_n, list(distinct quarter(held_on)::varchar) as quarters,
                   list_distinct(flatten(list(coalesce(audiences, [])))) as audiences
            from detail_education_sessions group by society_id
        ), missing as (
            select s.*, coalesce(h.sessions_n, 0) as sessions_n,
                   [q for q in ['1', '2', '3', '4'] if not list_contains(coalesce(h.quarters, []), q)]
                       as quarters_missed,
                   [a for a in (select list(code order by position) from due)
                    if not list_contains(coalesce(h.audiences, []), a)] as audiences_missed
            from cohort s left join had h using (society_id) where s.filed and {{where}}
        )
        select {SOCIETY}, sessions_n, quarters_missed, audiences_missed, '5.1' as indicator from missing s
        where len(quarters_missed) > 0 or len(audiences_missed) > 0
        order by len(quarters_missed) desc, len(audiences_missed) desc, society_id
        """,
        {},
    ),
    "issues": (
        issues.issues,
        f"""
        select {SOCIETY}, d.channel, d.received_on, d.rectify_due_on,
               date_diff('day', d.rectify_due_on, {AS_OF}) as days_n, d.status, d.plan, '7.3' as indicator,
               {LINE}
        from detail_supervision_issues d join cohort s using (society_id) {FILE}
        where {sql_for_overdue("d")} and {{where}} order by days_n desc, s.society_id, d.row_id
        """,
        {},
    ),
    "near_misses": (
        exemplars.near_misses,
        """
        select s.society_id, s.name, s.peer_group, s.peer_n, s.rank_low, s.rank_high, s.score, s.low, s.high,
               s.is_coarse, if(s.is_coarse, 'yes', 'no') as coarse,
               s.stability, o.next_gate, o.next_zh, o.next_en, o.reserve_place, o.class_reserve_place,
               f.indicator, f.indicator_from, f.indicator_to, f.indicator_outcome
        from cohort s join decision_outlook o using (society_id) left join decision_flips f using (society_id)
        where s.decision <> 'selected' and s.failed_n = 1 and {where}
        order by o.reserve_place nulls last, s.stability desc nulls last, s.score desc nulls last,
                 s.society_id
        """,
        {},
    ),
    "nominations": (
        exemplars.nominations,
        f"""
        select s.society_id, s.name, d.practice_tag, d.title, d.unit_opinion, p.publicity_from,
               p.publicity_to, p.working_days, p.verdict, p.objections_n, d.evidence, {LINE}
        from detail_practice_nominations d join cohort s using (society_id)
        left join decision_publicity p using (society_id) {FILE}
        where {{where}} order by p.publicity_from nulls last, s.society_id, d.row_id
        """,
        {},
    ),
}


@pytest.fixture(scope="module", params=SCOPES)
def con(request, published):
    found = access.connect(published, resolve(published), SCOPES[request.param])
    yield Reader(found)
    found.close()


def plain(con, sql, parameters, filters):
    condition, those = filters.of_cohort("s"), filters.where("society_id")
    query = sql.format(where=condition, those=those, everything=str(condition == "true"))
    named = {name: value for name, value in (parameters | filters.parameters).items() if f"${name}" in query}
    return con.cursor().sql(query, params=named).pl()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_those_of_the_plain_query(con, name):
    ask, sql, parameters = FIGURES[name]
    for filters in FILTERS:
        found, expected = ask(con, filters), plain(con, sql, parameters, filters)
        if isinstance(found, dict):
            (row,) = expected.to_dicts()
            assert {name: found[name] for name in row} == pytest.approx(row)
        else:
            assert_frame_equal(found, expected)


@pytest.mark.parametrize("name", LISTINGS)
def test_listings_have_the_rows_of_the_plain_query_in_its_order(con, name):
    make, sql, parameters = LISTINGS[name]
    for filters in FILTERS:
        listing, expected = make(filters), plain(con, sql, parameters, filters)
        assert listing.count(con) == expected.height
        assert_frame_equal(listing.all(con), expected)
        assert_frame_equal(listing.page(con, 7, 7), expected.slice(7, 7))
        for rows in (1, 7, 1_000):
            found, total = listing.first(con, rows)
            assert total == expected.height
            assert_frame_equal(found, expected.head(rows))


@pytest.mark.parametrize("name", ["lowest", "stalled_charters", "education_gaps", "near_misses", "changes"])
def test_the_run_has_rows_to_compare(published, name):
    con = access.connect(published, resolve(published), access.Scope())
    assert LISTINGS[name][0](Filters()).count(con) > 1
    con.close()


def test_a_society_is_the_one_of_the_plain_queries(con):
    codes = [code for (code,) in con.sql("select society_id from cohort order by 1").fetchall()][:6]
    query = """
    select s.* exclude (peer_group, peer_n), c.* exclude (society_id), e.decision, e.reason_code,
           e.reason_zh, e.reason_en, e.stability, e.practice_tag
    from societies s join composite c using (society_id) left join exemplars e using (society_id)
    where s.society_id = $1
    """
    of_dimensions = """
    select d.*, p.p25, p.p75 from dimensions d join societies s using (society_id)
    left join peer_spread p on p.peer_group = s.peer_group and p.scope = 'dimension' and p.item = d.dimension
    where d.society_id = $1 order by d.dimension
    """
    of_sources = """
    select c.label, c.family, coalesce(f.name, c.source_file[:12]) as file, c.source_sheet as sheet,
           c.source_row as row, c.numerator, c.denominator, c.grade, c.evidence_weight, c.is_pending,
           c.left_out
    from contributions c left join files f on f.file_id = c.source_file
    where c.society_id = $1 and c.indicator = '5.1' order by file nulls last, sheet, row, c.row_id
    """
    of_indicators = """
    select i.*, s.name, d.unit, d.position, p.p25, p.p75 from indicators i
    join societies s using (society_id) join indicator_definitions d using (indicator)
    left join peer_spread p on p.peer_group = s.peer_group and p.scope = 'indicator' and p.item = i.indicator
    where i.society_id = $1 order by d.position
    """
    for code in codes:
        (plain_row,) = con.sql(query, params=[code]).pl().to_dicts()
        found = society.society(con, code)
        more = {name: found.pop(name) for name in ("quota_class", "failed_n", "closed_step", "coarse")}
        assert found == plain_row
        assert more["coarse"] == ("yes" if found["is_coarse"] else "no")
        assert_frame_equal(society.dimensions(con, code), con.sql(of_dimensions, params=[code]).pl())
        rows = society.sources(society.explained(con, code, "5.1")).frame
        assert_frame_equal(rows.drop("file_id"), con.sql(of_sources, params=[code]).pl())
        expected = con.sql(of_indicators, params=[code]).pl().to_dicts()
        found = society.indicators(con, code)
        assert [{name: row[name] for name in expected[0]} for row in found] == expected


def test_two_who_ask_at_once_have_one_table(published):
    found = access.connect(published, resolve(published), access.Scope())
    failed = []

    def ask():
        try:
            assert tasks.lowest("5.1").count(found.cursor()) > 0
        except duckdb.Error as error:
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed
    found.close()


def test_what_cannot_be_made_leaves_nothing_behind_and_says_why(published, monkeypatch):
    found = access.connect(published, resolve(published), access.Scope())
    broken = ("create table half_made as select 1 as n", "create table education as select * from no_such")
    monkeypatch.setitem(prepared.TABLES, "education", broken)
    for _ in range(2):
        with pytest.raises(duckdb.CatalogException, match="no_such"):
            activities.quarters(found)
    monkeypatch.undo()
    assert activities.quarters(found).height == 4
    found.close()
