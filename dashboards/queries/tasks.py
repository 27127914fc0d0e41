"""Queries of the six task pages, over accepted rows; “as of” is the last day of the report year."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Row, the

AS_OF = "(select make_date(year, 12, 31) from run)"
SOCIETY = "s.society_id, s.name, s.level, s.supervisor_name"
# For a listing with `has_files`.
LINE = "d.source_file, d.source_sheet as sheet, d.source_row as line"


def sql_for_stalled(alias: str) -> str:
    """A charter that the congress has passed and the registrar has not approved."""
    return (
        f"({alias}.congress_on is not null and {alias}.congress_on <= {AS_OF} "
        f"and {alias}.approved_on is null and {alias}.approval_no is null and {alias}.stage <> 'repealed')"
    )


def sql_for_overdue(alias: str) -> str:
    """A rectification past its term and not closed."""
    return f"({alias}.status <> 'closed' and {alias}.rectify_due_on <= {AS_OF})"


# ---- every dimension ----


def indicators(con: DuckDBPyConnection, dimension: str, filters: Filters = ALL) -> pl.DataFrame:
    """One row an indicator: states counted apart, mean and quartiles of the scores (0–100)."""
    return con.sql(
        f"""
        select i.indicator, any_value(d.position) as position, any_value(d.weight) as weight,
               count(*) filter (i.state = 'reported') as reported_n,
               count(*) filter (i.state = 'zero') as zero_n,
               count(*) filter (i.state = 'not_reported') as not_reported_n,
               count(*) filter (i.state = 'not_applicable') as not_applicable_n,
               count(*) filter (i.state = 'under_verification') as under_verification_n,
               count(*) filter (i.state = 'suppressed') as suppressed_n,
               100 * avg(i.score) as mean, 100 * quantile_cont(i.score, 0.25) as p25,
               100 * quantile_cont(i.score, 0.75) as p75, count(i.score) as scored_n
        from indicators i join indicator_definitions d using (indicator)
        where i.dimension = $dimension and i.society_id in (
            select society_id from cohort c where c.filed and {filters.of_cohort("c")})
        group by i.indicator order by position
        """,
        params={"dimension": dimension, **filters.parameters},
    ).pl()


def lowest(indicator: str, filters: Filters = ALL) -> Listing:
    """The societies that filed, the lowest score of an indicator first, with figure and state."""
    return Listing(
        f"""
        select {SOCIETY}, i.indicator, i.state, i.numerator, i.denominator, i.is_suppressed, i.value, i.low,
               i.high, d.unit, i.grade, 100 * i.score as score
        from indicators i join cohort s using (society_id) join indicator_definitions d using (indicator)
        where i.indicator = $indicator and s.filed and {filters.of_cohort("s")}
        order by i.score nulls last, s.society_id
        """,
        {"indicator": indicator, **filters.parameters},
    )


# ---- D1 章程职责 ----


def stages(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """stage, societies_n: where the charters stand; `none` is a society that filed without one."""
    return con.sql(
        f"""
        with latest as (
            select society_id,
                   arg_max(stage, greatest(drafted_on, congress_on, filed_on, approved_on)) as stage
            from detail_documents where doc_type = 'charter' group by society_id
        )
        select coalesce(l.stage, 'none') as code, count(*) as n
        from cohort s left join latest l using (society_id)
        where s.filed and {filters.of_cohort("s")} group by 1
        order by list_position(['none', 'drafted', 'pre_reviewed', 'congress_passed', 'supervisor_agreed',
            'filed', 'approved', 'published', 'effective', 'repealed'], code)
        """,
        params=filters.parameters,
    ).pl()


def stalled_charters(filters: Filters = ALL) -> Listing:
    """Charters between 大会 and 核准: what they wait for, since when, how many days, and the row."""
    return Listing(
        f"""
        select {SOCIETY}, d.stage, d.congress_on, d.supervisor_agreed_on, d.filed_on,
               case when d.filed_on is not null then 'approval'
                    when d.supervisor_agreed_on is not null then 'filing' else 'supervisor' end as waits_for,
               date_diff('day', d.congress_on, {AS_OF}) as days_n, '1.1' as indicator, {LINE}
        from detail_documents d join cohort s using (society_id)
        where d.doc_type = 'charter' and {sql_for_stalled("d")} and {filters.where("d.society_id")}
        order by days_n desc, s.society_id, d.row_id
        """,
        filters.parameters,
        has_files=True,
    )


# ---- D2 公约准则 ----


def elements(
    con: DuckDBPyConnection, doc_types: list[str], items: list[str], filters: Filters = ALL
) -> pl.DataFrame:
    """Code (element), n societies with it, total societies that filed, over documents of the types."""
    return con.sql(
        f"""
        with had as (
            select distinct d.society_id, unnest(d.elements) as item from detail_documents d
            where list_contains($doc_types, d.doc_type) and d.stage <> 'repealed'
        ), all_of as (select society_id from cohort s where s.filed and {filters.of_cohort("s")})
        select i.item as code, count(h.society_id) as n, (select count(*) from all_of) as total
        from (select unnest($items) as item) i
        left join (select * from had where society_id in (select society_id from all_of)) h using (item)
        group by i.item order by list_position($items, i.item)
        """,
        params={"doc_types": doc_types, "items": items, **filters.parameters},
    ).pl()


def without_element(doc_types: list[str], item: str, indicator: str, filters: Filters = ALL) -> Listing:
    """Societies that filed and whose documents of the types lack an element: what they have, or nothing."""
    return Listing(
        f"""
        with lacking as (
            select s.society_id, s.name, s.level, s.supervisor_name from cohort s
            where s.filed and {filters.of_cohort("s")} and s.society_id not in (
                select society_id from detail_documents
                where list_contains($doc_types, doc_type) and stage <> 'repealed'
                    and list_contains(elements, $item))
        ), held as (
            select society_id, list_sort(list_distinct(flatten(list(coalesce(elements, []))))) as elements,
                   list_sort(list_distinct(list(doc_type))) as doc_types
            from detail_documents
            where list_contains($doc_types, doc_type) and stage <> 'repealed'
                and society_id in (select society_id from lacking)
            group by society_id
        )
        select s.*, coalesce(h.doc_types, []) as doc_types, coalesce(h.elements, []) as elements,
               $indicator as indicator
        from lacking s left join held h using (society_id)
        order by len(coalesce(h.elements, [])), s.society_id
        """,
        {"doc_types": doc_types, "item": item, "indicator": indicator, **filters.parameters},
    )


# ---- D3 学术调查 ----


def cases(con: DuckDBPyConnection) -> pl.DataFrame:
    """grouping, code, indicator, met_n, missed_n, cases_n; null is a small count of cases, kept back."""
    return con.sql("select * from case_summary order by all").pl()


# ---- D4 评价规范 ----


def settings(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """setting, societies_n, activities_n, with_norm_n, unused_n, limited_n, threshold_n."""
    return con.sql(
        f"""
        select setting, count(distinct society_id) as societies_n, count(*) as activities_n,
               count(norm_doc_id) as with_norm_n, count(*) - count(norm_doc_id) as unused_n,
               count(*) filter (rep_limit is not null) as limited_n,
               count(*) filter (jif_threshold) as threshold_n
        from detail_evaluation_activities where {filters.where()}
        group by setting order by unused_n / activities_n desc, setting
        """,
        params=filters.parameters,
    ).pl()


def activities_without_norm(filters: Filters = ALL) -> Listing:
    """Evaluation activities that name no norm, with limit, threshold and the row."""
    return Listing(
        f"""
        select {SOCIETY}, d.setting, d.name as activity, d.held_on, d.rep_limit, d.jif_threshold,
               '4.4' as indicator, {LINE}
        from detail_evaluation_activities d join cohort s using (society_id)
        where d.norm_doc_id is null and {filters.where("d.society_id")}
        order by d.setting, s.society_id, d.row_id
        """,
        filters.parameters,
        has_files=True,
    )


# ---- D5 宣讲教育 ----


def quarters(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """Code (1–4), n societies with a session in the quarter, total societies that filed."""
    return con.sql(
        f"""
        with all_of as (select society_id from cohort s where s.filed and {filters.of_cohort("s")})
        select q.code::varchar as code, count(distinct d.society_id) as n,
               (select count(*) from all_of) as total
        from (select unnest([1, 2, 3, 4]) as code) q
        left join (
            select * from detail_education_sessions where society_id in (select society_id from all_of)
        ) d on quarter(d.held_on) = q.code
        group by q.code order by q.code
        """,
        params=filters.parameters,
    ).pl()


def audiences(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """Code (audience), n societies that reached it, total societies that filed."""
    return con.sql(
        f"""
        with all_of as (select society_id from cohort s where s.filed and {filters.of_cohort("s")}),
        reached as (select distinct society_id, unnest(audiences) as code from detail_education_sessions)
        select l.code, count(r.society_id) as n, (select count(*) from all_of) as total
        from labels l left join (select * from reached where society_id in (select society_id from all_of)) r
            on r.code = l.code
        where l.kind = 'audiences' group by l.code, l.position order by l.position
        """,
        params=filters.parameters,
    ).pl()


def education_gaps(filters: Filters = ALL) -> Listing:
    """Societies with a quarter without education or an audience missed, most gaps first."""
    return Listing(
        f"""
        with due as (
            select code, (row_number() over (order by position) - 1)::int as bit from labels
            where kind = 'audiences' and code not in ('members', 'reviewers_editors')
        ), codes as (select list(code order by bit) as due, (1 << count(*)::int) - 1 as all_due from due),
        had as (
            select society_id, count(*) as sessions_n, bit_or(1 << (quarter(held_on) - 1)::int) as quarters
            from detail_education_sessions group by society_id
        ), reached as (
            select u.society_id, bit_or(1 << due.bit) as audiences
            from (select society_id, unnest(audiences) as code from detail_education_sessions) u
            join due using (code) group by u.society_id
        ), missing as (
            select {SOCIETY}, coalesce(h.sessions_n, 0) as sessions_n,
                   15 & ~coalesce(h.quarters, 0) as quarters,
                   codes.all_due & ~coalesce(r.audiences, 0) as audiences
            from cohort s cross join codes left join had h using (society_id)
            left join reached r using (society_id)
            where s.filed and {filters.of_cohort("s")}
        )
        select m.society_id, m.name, m.level, m.supervisor_name, m.sessions_n,
               list_filter(['1', '2', '3', '4'], lambda q: m.quarters & (1 << (q::int - 1)) > 0)
                   as quarters_missed,
               list_filter(codes.due, lambda a, n: m.audiences & (1 << (n - 1)::int) > 0) as audiences_missed,
               '5.1' as indicator
        from missing m cross join codes
        where m.quarters > 0 or m.audiences > 0
        order by bit_count(m.quarters) desc, bit_count(m.audiences) desc, m.society_id
        """,
        filters.parameters,
    )


# ---- D6 青年支持 ----


def youth(con: DuckDBPyConnection, indicator: str, filters: Filters = ALL) -> pl.DataFrame:
    """cast_class, size_class, societies_n, numerator, denominator, share: as counted in an indicator."""
    return con.sql(
        f"""
        select s.cast_class, s.size_class, count(*) as societies_n, sum(i.numerator_raw) as numerator,
               sum(i.denominator) as denominator,
               sum(i.numerator_raw) / nullif(sum(i.denominator), 0) as share
        from indicators i join cohort s using (society_id)
        where i.indicator = $indicator and i.state in ('reported', 'zero') and i.denominator > 0
            and {filters.of_cohort("s")}
        group by all order by all
        """,
        params={"indicator": indicator, **filters.parameters},
    ).pl()


# ---- D7 社会监督 ----


def issues(filters: Filters = ALL) -> Listing:
    """Rectifications past their term and not closed: how late, how they stand, and the row."""
    return Listing(
        f"""
        select {SOCIETY}, d.channel, d.received_on, d.rectify_due_on,
               date_diff('day', d.rectify_due_on, {AS_OF}) as days_n, d.status, d.plan, '7.3' as indicator,
               {LINE}
        from detail_supervision_issues d join cohort s using (society_id)
        where {sql_for_overdue("d")} and {filters.where("d.society_id")}
        order by days_n desc, s.society_id, d.row_id
        """,
        filters.parameters,
        has_files=True,
    )


def issue_figures(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """all_n, open_n, overdue_n, waiting_n (for verification), repeated_n, late_reply_n, oldest_days_n."""
    return the(
        con,
        f"""
        select count(*) as all_n, count(*) filter (status <> 'closed') as open_n,
               count(*) filter ({sql_for_overdue("i")}) as overdue_n,
               count(*) filter (status = 'awaiting_verification') as waiting_n,
               count(*) filter (recurrence_of is not null) as repeated_n,
               count(*) filter (coalesce(replied_on, {AS_OF}) > due_on) as late_reply_n,
               max(date_diff('day', rectify_due_on, {AS_OF})) filter ({sql_for_overdue("i")}) as oldest_days_n
        from detail_supervision_issues i where {filters.where("i.society_id")}
        """,
        filters.parameters,
    )


def channels(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """channel, issues_n, open_n, overdue_n, closed_n."""
    return con.sql(
        f"""
        select channel, count(*) as issues_n, count(*) filter (status <> 'closed') as open_n,
               count(*) filter ({sql_for_overdue("i")}) as overdue_n,
               count(*) filter (status = 'closed') as closed_n
        from detail_supervision_issues i where {filters.where("i.society_id")}
        group by channel order by overdue_n desc, issues_n desc, channel
        """,
        params=filters.parameters,
    ).pl()
