"""The lists handed out, as frames: yearly indicators, recommended, not selected, the public list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.publication.coarse import sql_for_is_coarse

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

LANGUAGES = ("zh", "en")
DIMENSIONS = ("D1", "D2", "D3", "D4", "D5", "D6", "D7")


def sql_for_label(kind: str, column: str, lang: str) -> str:
    """The label of a code in a column; the code itself where it has none."""
    if lang not in LANGUAGES:
        raise ValueError(f"language must be zh or en, not {lang!r} 语言须为 zh 或 en")
    return f"coalesce((select {lang} from labels where kind = '{kind}' and code = {column}), {column})"


def _society_columns(lang: str) -> str:
    labels = ("level", "reporting_line", "cast_class", "size_class")
    named = ", ".join(f"{sql_for_label(kind, 's.' + kind, lang)} as {kind}" for kind in labels)
    return f"s.society_id, s.name, s.supervisor_name, {named}"


def annual(con: DuckDBPyConnection, lang: str = "zh") -> pl.DataFrame:
    """Every society of the run: the columns of `annual` in columns.yaml."""
    parts = {
        "zh": ("否决评优：", "暂缓：", "项待核实", "；", "得分为范围中点"),
        "en": ("Vetoed: ", "On hold: ", " under verification", "; ", "score is the middle of a range"),
    }[lang]
    veto, hold, pending, separator, middle = parts
    # Without a mask there are no ranges, nor a column that tells them.
    is_coarse = sql_for_is_coarse(con)
    # A society that filed nothing has blanks, not noughts.
    dimensions = ", ".join(f"case when s.filed then {d} end as {d}" for d in DIMENSIONS)
    query = f"""
        with wide as (
            pivot dimensions on dimension in {DIMENSIONS} using first(score)
            group by society_id
        )
        select row_number() over (order by l.position, s.reporting_line, s.society_id) as position,
               {_society_columns(lang)}, {dimensions}, c.score, c.low, c.high,
               {sql_for_label("band", "c.band", lang)} as band, c.applicable_weight, c.not_reported_n,
               c.verified_share,
               nullif(concat_ws('{separator}',
                   {sql_for_label("unrated_reason", "c.unrated_reason", lang)},
                   '{veto}' || {sql_for_label("veto", "c.veto_code", lang)},
                   '{hold}' || {sql_for_label("hold", "c.hold_code", lang)},
                   case when c.pending_n > 0 and c.band <> 'unrated' then c.pending_n || '{pending}' end,
                   case when {is_coarse} then '{middle}' end
               ), '') as remarks
        from societies s
        join composite c using (society_id)
        left join wide using (society_id)
        left join labels l on l.kind = 'level' and l.code = s.level
        order by position
    """
    return con.sql(query).pl()


def exemplars(con: DuckDBPyConnection, lang: str = "zh") -> pl.DataFrame:
    """Societies selected, by peer group and rank."""
    query = f"""
        select {sql_for_label("peer_group", "c.peer_group", lang)} as peer_group, c.rank, c.rank_low,
               c.rank_high, {_society_columns(lang)}, c.score, c.low, c.high, c.verified_share, e.stability,
               {sql_for_label("practice_tag", "e.practice_tag", lang)} as practice_tag,
               e.reason_{lang} as reason
        from exemplars e
        join societies s using (society_id)
        join composite c using (society_id)
        where e.decision = 'selected'
        order by c.peer_group, c.rank, s.society_id
    """
    return con.sql(query).pl()


def not_selected(con: DuckDBPyConnection, lang: str = "zh") -> pl.DataFrame:
    """Everybody else, with the reason; in the order of the yearly table."""
    query = f"""
        select {_society_columns(lang)}, c.score, {sql_for_label("band", "c.band", lang)} as band,
               c.verified_share, e.stability, e.reason_code, e.reason_{lang} as reason
        from exemplars e
        join societies s using (society_id)
        join composite c using (society_id)
        left join labels l on l.kind = 'level' and l.code = s.level
        where e.decision <> 'selected'
        order by l.position, s.reporting_line, s.society_id
    """
    return con.sql(query).pl()


def reserve(con: DuckDBPyConnection, lang: str = "zh") -> pl.DataFrame:
    """The reserve list, in order, with what each lacks."""
    query = f"""
        select o.reserve_place, o.class_reserve_place, {_society_columns(lang)}, c.score, e.stability,
               o.next_{lang} as reason, o.panel_group
        from decision_outlook o
        join societies s using (society_id) join composite c using (society_id)
        join exemplars e using (society_id)
        where o.reserve_place is not null
        order by o.reserve_place
    """
    return con.sql(query).pl()


def onsite(con: DuckDBPyConnection, lang: str = "zh") -> pl.DataFrame:
    """The societies to be checked on site, and on what ground."""
    query = f"""
        with ground as (
            select society_id, string_agg({sql_for_label("onsite_risk", "risk", lang)}, '；') as risks
            from (select society_id, unnest(string_split(risks, ',')) as risk from decision_onsite)
            where risk <> '' group by society_id
        )
        select {_society_columns(lang)}, {sql_for_label("onsite_basis", "o.basis", lang)} as basis, g.risks
        from decision_onsite o join societies s using (society_id) left join ground g using (society_id)
        order by s.reporting_line, s.society_id
    """
    return con.sql(query).pl()


def lines(con: DuckDBPyConnection, lang: str = "zh") -> pl.DataFrame:
    """Every reporting line with how its right to nominate was used."""
    query = f"""
        select {sql_for_label("reporting_line", "d.reporting_line", lang)} as reporting_line, d.societies_n,
               d.filed_n, d.rated_n, d.nominated_n, d.eligible_n, d.selected_n,
               {sql_for_label("line_state", "d.state", lang)} as state
        from decision_lines d left join labels l on l.kind = 'reporting_line' and l.code = d.reporting_line
        order by l.position
    """
    return con.sql(query).pl()


def public(con: DuckDBPyConnection, lang: str = "zh") -> pl.DataFrame:
    """The names selected, sorted by name, without any figure or rank."""
    query = f"""
        select {_society_columns(lang)},
               {sql_for_label("practice_tag", "e.practice_tag", lang)} as practice_tag
        from exemplars e
        join societies s using (society_id)
        where e.decision = 'selected'
        order by s.name, s.society_id
    """
    return con.sql(query).pl()
