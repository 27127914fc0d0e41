"""The feedback sheet (反馈单): a society's results, gaps and how to object, a Word document of two pages."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_contracts.contract import load_contract
from models.clock import in_beijing
from models.publication.coarse import rules, sql_for_is_coarse
from models.publication.explain import unknown_society
from models.publication.exports import run_facts
from models.publication.figures import DASH, decimal, in_unit, limits, percent, score, trimmed
from models.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

Labels = dict[tuple[str, str], str]
TEMPLATES = Path(__file__).parent / "templates"
# What fits on two pages; the rest stands in the yearly table and in the list of returns.
GAPS, LACKS, FINDINGS = 8, 12, 6
OBJECTION_FIELDS = ("society_id", "report_year", "raised_on", "subject", "has_real_name", "evidence")

SOCIETY = """
select s.name, s.society_id, c.*, e.decision, e.reason_zh, e.reason_en, {is_coarse} as is_range
from societies s join composite c using (society_id) left join exemplars e using (society_id)
where s.society_id = $1
"""
DIMENSIONS = "select * from dimensions where society_id = $1 order by dimension"
# What full marks in one indicator would add: w(1 − s) ÷ Σw of what counts.
GAP_ROWS = """
with counted as (
    select i.*, d.unit, d.numerator_zh, d.numerator_en, d.denominator_text_zh,
           d.denominator_text_en, d.position, c.applicable_weight as total
    from indicators i join indicator_definitions d using (indicator) join composite c using (society_id)
    where i.society_id = $1
)
select *, 100 * weight * (1 - score) / total as gain from counted
where score < 1 order by gain desc, position limit $2
"""
LACK_ROWS = """
select indicator, 'not_reported' as kind, null as absence, 1 as place from indicators
where society_id = $1 and state = 'not_reported'
union all
select indicator, 'under_verification', absence, 2 from indicators
where society_id = $1 and state = 'under_verification'
union all
select indicator, 'self_reported', null, 3 from indicators
where society_id = $1 and grade = 'self_reported' and state in ('reported', 'zero')
order by place, indicator
"""
FINDING_ROWS = """
select code, count(*) as n from findings where society_id = $1 and verdict in ('R', 'Q')
group by code order by n desc, code limit $2
"""


def feedback(con: DuckDBPyConnection, society_id: str, lang: str = "zh") -> bytes:
    """The sheet of one society of the snapshot (or scoped views) behind `con`, as .docx bytes.

    Figures that the connection hides (small counts of cases) stay hidden.

    Raises:
        FengqingError: the run has no such society.
    """
    from docxtpl import DocxTemplate

    template = DocxTemplate(TEMPLATES / f"feedback.{lang}.docx")
    template.render(content(con, society_id, lang), autoescape=True)
    properties = template.docx.core_properties
    properties.title, properties.created = texts()["title"][lang], run_facts(con)["created_at"]
    buffer = io.BytesIO()
    template.save(buffer)
    return buffer.getvalue()


def write_all(
    con: DuckDBPyConnection,
    folder: Path,
    society_ids: list[str] | None = None,
    lang: str = "zh",
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Path]:
    """Write `{code}_反馈单.docx` of every society named, or of all that were assessed, into `folder`.

    Raises:
        FengqingError: the run has no such society; nothing is written then.
    """
    known = [code for (code,) in con.sql("select society_id from societies order by society_id").fetchall()]
    known_set = frozenset(known)
    wanted = known if society_ids is None else society_ids
    for code in wanted:
        if code not in known_set:
            raise unknown_society(code)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for done, code in enumerate(wanted, start=1):
        path = folder / f"{code}_{texts()['file'][lang]}.docx"
        draft = path.with_name(f".{path.name}.tmp")
        draft.write_bytes(feedback(con, code, lang))
        draft.replace(path)
        written.append(path)
        if progress:
            progress("feedback", done, len(wanted))
    return written


def content(con: DuckDBPyConnection, society_id: str, lang: str) -> dict[str, Any]:
    """Everything the template's fields hold, as text; see templates/feedback.yaml."""
    one = _one(con, society_id)
    about = run_facts(con)
    labels = _labels(con, lang)
    methodology = about["methodology"]
    manifest = about["manifest"]["methodology"]
    return {
        # Word drops the rest of a text after a control character: here, the code.
        "name": visible(one["name"]),
        "code": one["society_id"],
        "run_line": _say(
            "run_line", lang, year=about["year"], run_id=about["run_id"],
            methodology=f"{manifest['id']} {manifest['version']}",
            published=f"{in_beijing(about['created_at']):%Y-%m-%d %H:%M}",
        ),
        "standing": _say("standing", lang),
        "results": _results(one, methodology, labels, lang),
        "dimensions": _dimensions(con, society_id, limits(methodology), labels, lang),
        "gaps": _gaps(con, society_id, labels, lang),
        "lacks": _lacks(con, society_id, labels, lang),
        "decision": _decision(one, labels, lang),
        "objection": _objection(methodology["calendar"], lang),
    }  # fmt: skip


@cache
def texts() -> dict[str, Any]:
    """feedback.yaml."""
    import yaml

    return dict(yaml.safe_load((TEMPLATES / "feedback.yaml").read_text(encoding="utf-8")))


def _say(key: str, lang: str, **figures: Any) -> str:
    found: Any = texts()
    for part in key.split("."):
        found = found[part]
    return str(found[lang]).format(**figures)


def _one(con: DuckDBPyConnection, society_id: str) -> dict[str, Any]:
    found = con.sql(SOCIETY.format(is_coarse=sql_for_is_coarse(con)), params=[society_id]).pl().to_dicts()
    if not found:
        raise unknown_society(society_id)
    return found[0]


def _labels(con: DuckDBPyConnection, lang: str) -> Labels:
    column = "en" if lang == "en" else "zh"
    return {
        (kind, code): text
        for kind, code, text in con.sql(f"select kind, code, {column} from labels").fetchall()
    }


def _results(
    one: dict[str, Any], methodology: dict[str, Any], labels: Labels, lang: str
) -> list[dict[str, str]]:
    level = f"{methodology['uncertainty']['interval'] * 100:g}"
    is_rated = one["score"] is not None
    bars = [labels[kind, one[f"{kind}_code"]] for kind in ("veto", "hold") if one[f"{kind}_code"]]
    why = [labels["unrated_reason", one["unrated_reason"]]] if one["unrated_reason"] else []
    same = one["rank_low"] == one["rank_high"]
    shown = score(one["score"], lang, limits(methodology))
    if one["is_range"]:
        shown = f"{decimal(one['low'], lang)}–{decimal(one['high'], lang)}"
    rank = {"low": one["rank_low"], "high": one["rank_high"]}
    interval = {"low": decimal(one["low"], lang), "high": decimal(one["high"], lang), "level": level}
    rows = [
        ("band", labels["band", one["band"]], "；".join([*why, *bars])),
        ("score", shown, is_rated and (rules()["range"][lang] if one["is_range"]
                                else _say("results.score_note", lang, **interval))),
        (
            "rank",
            _say(f"results.rank_{'same' if same else 'value'}", lang, **rank) if one["rank_low"] else DASH,
            one["rank_low"] and _say("results.rank_note", lang, level=level, n=one["peer_n"],
                                     group=labels["peer_group", one["peer_group"]]),
        ),
        ("weight", trimmed(one["applicable_weight"], lang), _say(
            "results.weight_note", lang, least=f"{methodology['composite']['minimum_applicable_weight']:g}")),
        ("verified", percent(one["verified_share"], lang), _say("results.verified_note", lang)),
    ]  # fmt: skip
    return [
        {"item": _say(f"results.{key}", lang), "value": value, "note": note or ""}
        for key, value, note in rows
    ]


def _dimensions(
    con: DuckDBPyConnection, society_id: str, turning: tuple[float, ...], labels: Labels, lang: str
) -> list[dict[str, str]]:
    return [
        {
            "name": f"{one['dimension']} {labels['dimension', one['dimension']]}",
            "score": DASH if one.get("is_coarse") else score(one["score"], lang, turning),
            "interval": DASH
            if one["low"] is None
            else f"{decimal(one['low'], lang)}–{decimal(one['high'], lang)}",
            "peer_mean": decimal(one["peer_mean"], lang),
            "weight": trimmed(one["applicable_weight"], lang),
        }
        for one in con.sql(DIMENSIONS, params=[society_id]).pl().to_dicts()
    ]


def _gaps(con: DuckDBPyConnection, society_id: str, labels: Labels, lang: str) -> list[dict[str, str]]:
    rows = con.sql(GAP_ROWS, params=[society_id, GAPS]).pl().to_dicts()
    found = [
        {
            "indicator": f"{one['indicator']} {labels['indicator', one['indicator']]}",
            "value": in_unit(one["value"], one["unit"], lang),
            "target": in_unit(one["target"], one["unit"], lang),
            "peer_mean": in_unit(one["peer_mean"], one["unit"], lang),
            "gain": decimal(one["gain"], lang),
            "basis": _basis(one, labels, lang),
        }
        for one in rows
    ]
    return found or [dict.fromkeys(("value", "target", "peer_mean", "gain", "basis"), DASH)
                     | {"indicator": _say("no_gap", lang)}]  # fmt: skip


def _basis(one: dict[str, Any], labels: Labels, lang: str) -> str:
    if one["state"] not in {"reported", "zero"}:
        return labels["state", one["state"]]
    if one["numerator"] is None:
        return _say("hidden", lang)
    # A level counts out of one: its numerator says it all.
    form = "basis_of_one" if one["denominator"] == 1 and one["unit"] in {"level", "count"} else "basis"
    said = _say(
        form, lang, numerator=one[f"numerator_{lang}"], denominator=one[f"denominator_text_{lang}"],
        a=trimmed(one["numerator"], lang), b=trimmed(one["denominator"], lang),
    )  # fmt: skip
    return said + _say("shrunk", lang) if one["shrunk"] else said


def _lacks(con: DuckDBPyConnection, society_id: str, labels: Labels, lang: str) -> list[dict[str, str]]:
    found: dict[tuple[str, str | None], list[str]] = {}
    for code, kind, absence, _ in con.sql(LACK_ROWS, params=[society_id]).fetchall():
        found.setdefault((kind, absence), []).append(f"{code} {labels['indicator', code]}")
    lacks = []
    for (kind, absence), names in found.items():
        reason = f"（{labels['absence', absence]}）" if absence else ""
        lacks.append(
            _lack(kind, "、".join(names) + reason if lang == "zh" else ", ".join(names) + reason, lang)
        )
    for code, n in con.sql(FINDING_ROWS, params=[society_id, FINDINGS]).fetchall():
        lacks.append(
            _lack("findings", _say("lacks.findings.what", lang, title=labels["defect", code], n=n), lang)
        )
    return lacks[:LACKS] or [_lack("none", _say("lacks.none.what", lang), lang)]


def _lack(kind: str, what: str, lang: str) -> dict[str, str]:
    return {
        "kind": _say(f"lacks.{kind}.kind", lang),
        "what": what,
        "advice": _say(f"lacks.{kind}.advice", lang),
    }


def _decision(one: dict[str, Any], labels: Labels, lang: str) -> str:
    if one["decision"] is None:
        return _say("decision_none", lang)
    return _say("decision", lang, decision=labels["decision", one["decision"]], reason=one[f"reason_{lang}"])


def _objection(calendar: dict[str, Any], lang: str) -> str:
    contract = load_contract("objections")
    names = [contract.field(name) for name in OBJECTION_FIELDS]
    return _say(
        "objection", lang, publicity=calendar["publicity_working_days"],
        acknowledged=calendar["objection_acknowledged_working_days"],
        answered=calendar["objection_answered_working_days"],
        form=contract.en if lang == "en" else contract.zh,
        fields=", ".join(f.en for f in names) if lang == "en" else "、".join(f.zh for f in names),
    )  # fmt: skip
