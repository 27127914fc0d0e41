"""A snapshot's tables as others than case officers see them, a query each (see coarse.py)."""

from __future__ import annotations

from collections.abc import Iterable

from data_contracts.contract import load_contract
from models.publication.cases import sql_for_sums
from models.publication.coarse import TOTAL, Place, rules
from models.publication.details import CLOSED
from models.publication.disclosure import CASE_FAMILIES, SMALLEST_COUNT, sql_for_case_indicators
from models.publication.spread import QUARTILES, TABLE

CASES_ONLY = {
    "zh": "案件登记的内容仅限案件专员查看。",
    "en": "What the case register says is for case officers only.",
}


def sql_for_tables(at: Place) -> dict[str, str]:
    """Table → the query that shows it to others than case officers, every society's rows.

    `composite` and `dimensions` get `is_coarse`: score, low and high are a range and its middle. Run
    `sql_for_preparation` first.
    """
    plain = {
        name: _blanked(at, name) for name in ("band_probabilities", "selection_probabilities", "rank_sets")
    }
    return {
        **plain,
        "decision_flips": _flips(at),
        "composite": _composite(at),
        "dimensions": _dimensions(at),
        "exemplars": _exemplars(at),
        "decision_gates": _gates(at),
        "decision_outlook": _outlook(at),
        "decision_onsite": _onsite(at),
        "changes": sql_for_changes(at),
        "restatements": _restatements(at),
        "files": _files(at),
        "case_summary": sql_for_sums(at),
        "contributions": sql_for_contributions(at.source),
        "findings": _findings(at.source),
    }


def sql_for_contributions(source: str) -> str:
    """Contributions without rows of cases, however many."""
    return f"select * from {source}.contributions where family not in ({_quoted(CASE_FAMILIES)})"


def sql_for_exact(source: str) -> dict[str, str]:
    """For case officers: the tables that the mask adds a column to, as they are, with that column."""
    found = {
        name: f"select *, false as is_coarse from {source}.{name}" for name in ("composite", "dimensions")
    }
    return {**found, "indicators": f"select *, false as is_suppressed from {source}.indicators"}


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _findings(source: str) -> str:
    """What intake found in a sheet of cases keeps its code and loses its place, the cell and the message.

    Each code is told once a file: a fault of every row, such as a way to write dates, would count the cases.
    Only those are numbered, and by society, so that what a page asks of one society looks at no other.
    """
    said = dict.fromkeys(("row", "value", "repaired"), "null")
    said |= {f"message_{lang}": f"'{text}'" for lang, text in CASES_ONLY.items()}
    is_case = _is_of_cases()
    told = ", ".join(f"{text} as {name}" for name, text in said.items())
    turn = "row_number() over (partition by society_id, file_id, code, verdict, sheet order by rowid)"
    return f"""
        select * from {source}.findings where not {is_case}
        union all select * exclude (turn) from (
            select * replace ({told}), {turn} as turn from {source}.findings where {is_case}
        ) where turn = 1
    """


def _is_of_cases() -> str:
    """A condition on findings: in a sheet with rows of cases, or by one of the names of such a sheet."""
    sheets = _quoted(sheet for family in CASE_FAMILIES for sheet in load_contract(family).sheets)
    families = _quoted(CASE_FAMILIES)
    return f"(coalesce(sheet in ({sheets}, {families}), false) or coalesce(family in ({families}), false))"


def _is_coarse(at: Place, alias: str) -> str:
    return f"{alias}.society_id in (select society_id from {at.own}.ranges)"


def _replaced(table: str, condition: str, **other: str) -> str:
    """The `replace` list: blank columns are null where the condition holds, ranks widened; and `other`."""
    found = {n: f"case when {condition} then null else t.{n} end" for n in rules()["blank"].get(table, ())}
    step = rules()["rank_step"]
    for low, high in rules()["ranks"].get(table, ()):
        found[low] = f"case when {condition} then (t.{low} - 1) // {step} * {step} + 1 else t.{low} end"
        wide = f"least((t.{high} + {step - 1}) // {step} * {step}, greatest(t.{high}, n.peer_n))"
        found[high] = f"case when {condition} then {wide} else t.{high} end"
    found |= other
    return ", ".join(f"{text} as {name}" for name, text in found.items())


def _blanked(at: Place, table: str) -> str:
    size = f"left join {at.source}.societies n using (society_id)" if table in rules()["ranks"] else ""
    return f"select t.* replace ({_replaced(table, _is_coarse(at, 't'))}) from {at.source}.{table} t {size}"


def _composite(at: Place) -> str:
    scores = {name: f"coalesce(r.{name}, t.{name})" for name in ("score", "low", "high")}
    replaced = _replaced("composite", "r.society_id is not null", rank="coalesce(k.rank, t.rank)", **scores)
    return f"""
        select t.* replace ({replaced}), r.society_id is not null as is_coarse
        from {at.source}.composite t
        left join {at.own}.ranges r on r.society_id = t.society_id and r.item = '{TOTAL}'
        left join {at.own}.ranks k on k.society_id = t.society_id
        left join {at.source}.composite n on n.society_id = t.society_id
    """


def _of_peers(names: tuple[str, ...]) -> dict[str, str]:
    """Figures of a group in which scores are ranges: whole points where enough of them are, else none."""
    return {
        name: f"case when g.societies_n < {SMALLEST_COUNT} or g.peers_n < {rules()['peer_least']} then null "
        "when g.societies_n is not null "
        f"then round(t.{name}, {rules()['peer_decimals']}) else t.{name} end"
        for name in names
    }


def _dimensions(at: Place) -> str:
    scores = {name: f"coalesce(r.{name}, t.{name})" for name in ("score", "low", "high")}
    scores |= _of_peers(("peer_mean", "peer_median"))
    return f"""
        select t.* replace ({_replaced("dimensions", "false", **scores)}),
               r.society_id is not null as is_coarse
        from {at.source}.dimensions t join {at.source}.societies s using (society_id)
        left join {at.own}.ranges r on r.society_id = t.society_id and r.item = t.dimension
        left join {at.own}.groups g on g.peer_group = s.peer_group and g.item = t.dimension
    """


def sql_for_spread(at: Place) -> str:
    """The spread of the peer groups (see spread.py), which snapshots of before it lack."""
    figures = ", ".join(f"{text} as {name}" for name, text in _of_peers(tuple(QUARTILES)).items())
    return f"""
        select t.* replace ({figures}) from {at.source}.{TABLE} t
        left join {at.own}.groups g on g.peer_group = t.peer_group and g.item = t.item
    """


def _withheld(at: Place, kind: str, code: str, lang: str) -> str:
    """The label of a code, and that the figures are withheld."""
    opening, closing = ("（", "）") if lang == "zh" else (" (", ")")
    label = f"(select {lang} from {at.source}.labels where kind = '{kind}' and code = {code})"
    said = rules()["withheld"][lang].replace("'", "''")
    return f"concat({label}, '{opening}{said}{closing}')"


def _in(name: str) -> str:
    return ", ".join(f"'{code}'" for code in rules()[name])


def _told(at: Place, column: str, one: str, of_class: str) -> str:
    """Whether the words of a rule or reason tell too much: a society's own, or those of all its class."""
    in_class = f"e.quota_class in (from {at.own}.classes)"
    is_own = f"{column} in ({_in(one)}) and {_is_coarse(at, 't')}"
    return f"({is_own} or {column} in ({_in(of_class)}) and {in_class})"


def _words(at: Place, condition: str, kind: str, code: str, names: dict[str, str]) -> dict[str, str]:
    return {
        name: f"case when {condition} then {_withheld(at, kind, code, lang)} else t.{name} end"
        for lang, name in names.items()
    }


def _exemplars(at: Place) -> str:
    told = _told(at, "t.reason_code", "reasons", "class_reasons").replace("e.quota_class", "t.quota_class")
    words = _words(at, told, "reason", "t.reason_code", {"zh": "reason_zh", "en": "reason_en"})
    replaced = _replaced("exemplars", _is_coarse(at, "t"), **words)
    return f"select t.* replace ({replaced}) from {at.source}.exemplars t"


def _gates(at: Place) -> str:
    told = _told(at, "t.gate", "gates", "class_gates")
    words = {name: f"case when {told} then null else t.{name} end" for name in ("figure", "detail")}
    words |= _words(at, told, "gate", "t.gate", {"zh": "text_zh", "en": "text_en"})
    return f"""
        select t.* replace ({_replaced("decision_gates", "false", **words)})
        from {at.source}.decision_gates t left join {at.source}.exemplars e using (society_id)
    """


def _outlook(at: Place) -> str:
    told = _told(at, "t.next_gate", "gates", "class_gates")
    words = _words(at, told, "gate", "t.next_gate", {"zh": "next_zh", "en": "next_en"})
    return f"""
        select t.* replace ({_replaced("decision_outlook", f"({_is_coarse(at, 't')} or {told})", **words)})
        from {at.source}.decision_outlook t left join {at.source}.exemplars e using (society_id)
    """


def _flips(at: Place) -> str:
    told = (
        f"({_is_coarse(at, 't')} or coalesce(t.indicator in ({sql_for_case_indicators(at.source)}), false))"
    )
    return f"select t.* replace ({_replaced('decision_flips', told)}) from {at.source}.decision_flips t"


def _onsite(at: Place) -> str:
    left = f"list_filter(string_split(t.risks, ','), lambda risk: risk not in ({_in('risks')}))"
    risks = f"case when {_is_coarse(at, 't')} then array_to_string({left}, ',') else t.risks end"
    return f"select t.* replace ({risks} as risks) from {at.source}.decision_onsite t"


def _case_dimensions(at: Place) -> str:
    return (
        f"select dimension from {at.source}.indicator_definitions "
        f"where indicator in ({sql_for_case_indicators(at.source)})"
    )


def sql_for_changes(at: Place) -> str:
    """Changes; of indicators of cases none, since an earlier run's count is not at hand."""
    told = (
        f"(t.society_id in (from {at.own}.touched) and (t.scope = 'composite' "
        f"or t.scope = 'dimension' and t.item in ({_case_dimensions(at)})))"
    )
    return f"""
        select t.* replace ({_replaced("changes", told)}) from {at.source}.changes t
        where not (t.scope = 'indicator' and t.item in ({sql_for_case_indicators(at.source)}))
    """


def _restatements(at: Place) -> str:
    """Restatements; of indicators and facts of cases none, ranks of a coarse group and its scores blank."""
    families = ", ".join(f"'{name}'" for name in CASE_FAMILIES)
    told = (
        f"(t.item = 'rank' and s.peer_group in (select peer_group from {at.source}.societies "
        f"semi join {at.own}.touched using (society_id)) or "
        f"t.society_id in (from {at.own}.touched) and (t.item in ('score', 'rank') "
        f"or t.item = 'dimension' and t.code in ({_case_dimensions(at)})))"
    )
    return f"""
        select t.* replace ({_replaced("restatements", told)})
        from {at.source}.restatements t left join {at.source}.societies s using (society_id)
        where t.code is null
            or t.code not in ({families}) and t.code not in ({sql_for_case_indicators(at.source)})
    """


def _files(at: Place) -> str:
    """Files without their rows of cases: else the shown rows, taken off the sum, leave them.

    An older version's rows of cases are not at hand, and while it was in force its counts were told without
    them: all its counts go, or the two runs would tell the difference. Nor are they at hand where a whole
    sheet of cases was returned.
    """
    rows = " union all ".join(f"select source_file as file_id from {at.source}.{name}" for name in CLOSED)
    is_gone = "t.status <> 'current' and t.rows_read > 0 or coalesce(n.is_whole, false)"
    parts = {"accepted": "n.accepted_n", "returned": "n.returned_n", "quarantined": "n.quarantined_n"}
    read = " + ".join(f"coalesce({less}, 0)" for less in parts.values())
    counts = {"rows_read": f"({read})", **parts, "non_data": "0"}
    replaced = ", ".join(
        f"case when {is_gone} then null else t.{name} - coalesce({less}, 0) end as {name}"
        for name, less in counts.items()
    )
    return f"""
        with of_cases as ({rows}), judged as (
            select file_id, sheet, row, bool_or(verdict = 'Q') as is_quarantined
            from {at.source}.findings where verdict in ('R', 'Q') and {_is_of_cases()} group by all
        ), counted as (
            select file_id, count(*) as accepted_n, 0 as returned_n, 0 as quarantined_n, false as is_whole
            from of_cases group by 1
            union all select file_id, 0, count(*) filter (not is_quarantined),
                             count(*) filter (is_quarantined), bool_or(row is null)
            from judged group by 1
        ), n as (
            select file_id, sum(accepted_n)::bigint as accepted_n, sum(returned_n)::bigint as returned_n,
                   sum(quarantined_n)::bigint as quarantined_n, bool_or(is_whole) as is_whole
            from counted group by 1
        )
        select t.* replace ({replaced}) from {at.source}.files t left join n using (file_id)
    """
