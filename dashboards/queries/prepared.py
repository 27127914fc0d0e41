"""Tables that a reader makes of its scope's views when a page first asks for them, in memory.

Narrow, joined, and in the final order of a listing, so that a filter that nobody asked for yet is a scan of a
few numbers. They are made of the scope's views only, as any answer is. `no` is the society's row in `cohort`
(by society_id); where a table is a listing, its rows lie in the listing's order: `rowid` is their place.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from dashboards.queries.sql import AS_OF, sql_for_overdue, sql_for_stalled

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NO = "c.rowid::integer as no"
# Of a row of a received file: its name, sheet and line.
PLACE = "coalesce(f.name, d.source_file[:12]) as file, d.source_sheet as sheet, d.source_row as line"
WITH_FILE = "left join files f on f.file_id = d.source_file"

TABLES: dict[str, tuple[str, ...]] = {
    # The figures of every indicator, the lowest score (0–100) first.
    "figures": (
        "create type figure_state as enum (select distinct state from indicators where state is not null)",
        "create type figure_grade as enum (select distinct grade from indicators where grade is not null)",
        "create type figure_unit as enum (select distinct unit from indicator_definitions)",
        "create type figure_dimension as enum (select distinct dimension from indicator_definitions)",
        "create type figure_indicator as enum (select indicator from indicator_definitions)",
        f"""
        create table figures as
        select {NO}, d.position::smallint as position, d.dimension::figure_dimension as dimension,
               d.indicator::figure_indicator as indicator, d.unit::figure_unit as unit,
               i.state::figure_state as state, i.grade::figure_grade as grade, i.is_suppressed, i.numerator,
               i.denominator, i.value, 100 * i.score as score
        from indicators i join cohort c using (society_id) join indicator_definitions d using (indicator)
        order by d.position, i.score nulls last, c.rowid
        """,
    ),
    # What changed of societies' scores, the largest change first, and what moved each most.
    "changed": (
        f"""
        create table changed as
        with most as (
            select basis, society_id, arg_max(item, abs(change)) as indicator,
                   max_by(change, abs(change)) as moved
            from changes where scope = 'indicator' and change is not null group by basis, society_id
        )
        select {NO}, h.basis, h.before, h.after, h.change, h.data, h.methodology, h.peers, h.software,
               m.indicator, m.moved
        from changes h left join cohort c using (society_id)
        left join most m on m.basis = h.basis and m.society_id = h.society_id
        where h.scope = 'composite' order by abs(h.change) desc, h.society_id
        """,
    ),
    "changed_dimensions": (
        f"""
        create table changed_dimensions as
        select {NO}, h.basis, h.item, h.change, h.data, h.methodology, h.peers, h.software
        from changes h left join cohort c using (society_id) where h.scope = 'dimension'
        order by h.basis, h.item, c.rowid
        """,
    ),
    "dimension_rows": (
        "create type dimension_code as enum (select distinct dimension from dimensions order by 1)",
        f"""
        create table dimension_rows as
        select {NO}, d.dimension::dimension_code as dimension, d.* exclude (society_id, dimension)
        from dimensions d join cohort c using (society_id)
        order by c.rowid, d.dimension
        """,
    ),
    # The files, those with most rows sent back first.
    "sent": (
        "create type sent_status as enum (select distinct status from files)",
        f"""
        create table sent as
        select {NO}, d.name, coalesce(d.origin, 'unknown') as origin, d.status::sent_status as status,
               d.rows_read, d.accepted, d.returned, d.quarantined, d.non_data
        from files d left join cohort c using (society_id)
        order by d.returned + d.quarantined desc, d.name, d.file_id
        """,
    ),
    # Findings of a society by code and verdict; one row more of what is of no society.
    "finding_counts": (
        "create type finding_code as enum (select distinct code from findings order by 1)",
        "create type finding_verdict as enum (select distinct verdict from findings order by 1)",
        """
        create table finding_counts as
        select any_value(c.rowid)::integer as no, f.society_id is not null as is_of_society,
               f.code::finding_code as code, f.verdict::finding_verdict as verdict, count(*) as findings_n
        from findings f left join cohort c using (society_id) group by f.society_id, f.code, f.verdict
        """,
    ),
    "charter_stages": (
        f"""
        create table charter_stages as
        select {NO}, d.stage from (
            select society_id,
                   arg_max(stage, greatest(drafted_on, congress_on, filed_on, approved_on)) as stage
            from detail_documents where doc_type = 'charter' group by society_id
        ) d join cohort c using (society_id)
        """,
    ),
    "stalled_charters": (
        f"""
        create table stalled_charters as
        select {NO}, d.stage, d.congress_on, d.supervisor_agreed_on, d.filed_on,
               case when d.filed_on is not null then 'approval'
                    when d.supervisor_agreed_on is not null then 'filing' else 'supervisor' end as waits_for,
               date_diff('day', d.congress_on, {AS_OF}) as days_n, {PLACE}
        from detail_documents d left join cohort c using (society_id) {WITH_FILE}
        where d.doc_type = 'charter' and {sql_for_stalled("d")}
        order by days_n desc, d.society_id, d.row_id
        """,
    ),
    # The elements that a society's documents in force have, by type, as bits in the order of their codes.
    "elements_held": (
        """
        create table element_bits as
        select code, (row_number() over (order by code) - 1)::bigint as bit from (
            select distinct unnest(elements) as code from detail_documents where stage <> 'repealed'
        ) where code is not null
        """,
        """
        create table elements_held as
        with each as (
            select c.rowid as no, d.doc_type, unnest(if(len(d.elements) > 0, d.elements, [null])) as code
            from detail_documents d join cohort c using (society_id) where d.stage <> 'repealed'
        )
        select no::integer as no, doc_type, coalesce(bit_or(1::bigint << b.bit), 0) as elements
        from each left join element_bits b using (code) group by no, doc_type order by doc_type, no
        """,
    ),
    # Of every society the quarters with education and the audiences reached, as bits; most gaps first.
    "education": (
        """
        create table audience_bits as
        select code, (row_number() over (order by position) - 1)::integer as bit,
               code not in ('members', 'reviewers_editors') as is_due
        from labels where kind = 'audiences'
        """,
        f"""
        create table education as
        with had as (
            select society_id, count(*) as sessions_n, bit_or(1 << (quarter(held_on) - 1)::int) as quarters
            from detail_education_sessions group by society_id
        ), reached as (
            select u.society_id, bit_or(1 << b.bit) as audiences
            from (select society_id, unnest(audiences) as code from detail_education_sessions) u
            join audience_bits b using (code) group by u.society_id
        ), due as (select coalesce(bit_or(1 << bit), 0) as all_due from audience_bits where is_due)
        select {NO}, coalesce(h.sessions_n, 0) as sessions_n, coalesce(h.quarters, 0) as quarters,
               coalesce(r.audiences, 0) as audiences, 15 & ~coalesce(h.quarters, 0) as quarters_missed,
               all_due & ~coalesce(r.audiences, 0) as audiences_missed
        from cohort c cross join due left join had h using (society_id) left join reached r using (society_id)
        order by bit_count(quarters_missed) desc, bit_count(audiences_missed) desc, c.rowid
        """,
    ),
    "education_gaps": (
        """
        create table education_gaps as
        with codes as (select list(code order by bit) as codes from audience_bits)
        select d.no, d.sessions_n,
               list_filter(['1', '2', '3', '4'], lambda q: d.quarters_missed & (1 << q::int - 1) > 0)
                   as quarters_missed,
               list_filter(codes.codes, lambda a, n: d.audiences_missed & (1 << n::int - 1) > 0)
                   as audiences_missed
        from education d cross join codes where d.quarters_missed > 0 or d.audiences_missed > 0
        order by d.rowid
        """,
    ),
    "activities_without_norm": (
        f"""
        create table activities_without_norm as
        select {NO}, d.setting, d.name as activity, d.held_on, d.rep_limit, d.jif_threshold, {PLACE}
        from detail_evaluation_activities d join cohort c using (society_id) {WITH_FILE}
        where d.norm_doc_id is null order by d.setting, d.society_id, d.row_id
        """,
    ),
    "overdue_issues": (
        f"""
        create table overdue_issues as
        select {NO}, d.channel, d.received_on, d.rectify_due_on,
               date_diff('day', d.rectify_due_on, {AS_OF}) as days_n, d.status, d.plan, {PLACE}
        from detail_supervision_issues d left join cohort c using (society_id) {WITH_FILE}
        where {sql_for_overdue("d")} order by days_n desc, d.society_id, d.row_id
        """,
    ),
    "near_misses": (
        f"""
        create table near_misses as
        select {NO}, o.next_gate, o.next_zh, o.next_en, o.reserve_place, o.class_reserve_place, f.indicator,
               f.indicator_from, f.indicator_to, f.indicator_outcome
        from cohort c join decision_outlook o using (society_id) left join decision_flips f using (society_id)
        where c.decision <> 'selected' and c.failed_n = 1
        order by o.reserve_place nulls last, c.stability desc nulls last, c.score desc nulls last, c.rowid
        """,
    ),
    "objections": (
        f"""
        create table objections as
        select {NO}, d.subject, d.raised_on, d.acknowledged_on, d.answered_on, d.answered_days, d.outcome,
               d.effect, if(d.is_formal, 'yes', 'no') as is_formal,
               if(d.is_within_notice, 'yes', 'no') as is_within_notice, if(d.is_late, 'yes', 'no') as is_late
        from decision_objections d join cohort c using (society_id) order by d.raised_on, d.objection_id
        """,
    ),
    "nominations": (
        f"""
        create table nominations as
        select {NO}, d.publicity_from is not null as is_announced, d.practice_tag, d.title,
               d.unit_opinion, p.publicity_from, p.publicity_to,
               p.working_days, p.verdict, p.objections_n, d.evidence, {PLACE}
        from detail_practice_nominations d left join cohort c using (society_id)
        left join decision_publicity p using (society_id) {WITH_FILE}
        order by p.publicity_from nulls last, d.society_id, d.row_id
        """,
    ),
}  # fmt: skip
# Wide tables that are read by society only, as frames (frames.py); DuckDB would keep a second copy.
FRAMES = {
    "society_figures": f"""
    select {NO}, i.* exclude (society_id) from indicators i join cohort c using (society_id)
    join indicator_definitions d using (indicator) order by c.rowid, d.position
    """,
}
# Tables that others are made of come first.
NEEDS = {"education_gaps": ("education",)}
_lock = threading.Lock()


def ready(con: DuckDBPyConnection, *names: str) -> None:
    """Make the tables of TABLES that are not there yet; a reader looks once only.

    Raises what DuckDB says where the run lacks what a table rests on: like the query of a page.
    """
    once = getattr(con, "fact", None)
    for name in names:
        ready(con, *NEEDS.get(name, ()))
        make = partial(_make, con, name)
        if once is None:
            make()
        else:
            once(("prepared", name), make)


def _make(con: DuckDBPyConnection, name: str) -> bool:
    # A download asks by a connection of its own, at the same time maybe.
    with _lock:
        own = con.cursor()
        if own.execute("select 1 from duckdb_tables() where table_name = $1", [name]).fetchone() is None:
            own.begin()
            try:
                for statement in TABLES[name]:
                    own.execute(statement)
            except BaseException:
                own.rollback()
                raise
            own.commit()
    return True
