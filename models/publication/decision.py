"""The whole chain of one society's exemplar decision, read from a snapshot, and told in plain sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from models.publication.coarse import rules, sql_for_is_coarse
from models.publication.explain import unknown_society
from models.publication.figures import apart, percent, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

SOCIETY = """
select s.society_id, s.name, e.decision, e.reason_code, e.reason_zh, e.reason_en, e.stability, e.practice_tag,
       {is_coarse} as is_coarse,
       c.score, c.low, c.high, c.joint_low, c.joint_high, c.worst, c.best, c.band, p.data, p.method, p.joint
from exemplars e join societies s using (society_id) join composite c using (society_id)
left join selection_probabilities p using (society_id)
where e.society_id = $1
"""
FLIP = """
select f.* exclude (society_id), d.zh as indicator_zh, d.en as indicator_en
from decision_flips f
left join indicator_definitions d on d.indicator = f.indicator
where f.society_id = $1
"""
# key → query of the other rows.
ROWS = {
    "gates": "select * exclude (society_id) from decision_gates where society_id = $1 order by step",
    "outlook": "select * exclude (society_id) from decision_outlook where society_id = $1",
    "objections": "select * exclude (society_id) from decision_objections where society_id = $1 order by all",
    "publicity": "select * exclude (society_id) from decision_publicity where society_id = $1",
    "onsite": "select * exclude (society_id) from decision_onsite where society_id = $1",
}


def explain_decision(con: DuckDBPyConnection, society_id: str) -> dict[str, Any]:
    """Everything that was decided about a society, and on what run and methodology.

    What the connection hides stays hidden (see handout.py): `is_coarse`, the score is a range; a flip
    `is_suppressed`, its figures could give a small count of cases back.
    Raises FengqingError: the snapshot has no such society.
    """
    found = _rows(con, SOCIETY.format(is_coarse=sql_for_is_coarse(con)), society_id)
    if not found:
        raise unknown_society(society_id)
    parts: dict[str, Any] = {key: _rows(con, query, society_id) for key, query in ROWS.items()}
    flip = _rows(con, FLIP, society_id)[0]
    flip["is_suppressed"] = flip["indicator_outcome"] == "found" and flip["indicator_from"] is None
    run_id, year, manifest, is_provisional = con.sql(
        "select run_id, year, manifest, is_provisional from run"
    ).fetchall()[0]
    return {
        **found[0],
        "run": {"run_id": run_id, "year": year, "is_provisional": is_provisional,
                "methodology": json.loads(manifest)["methodology"]},
        "gates": parts["gates"],
        "nearest_miss": parts["outlook"][0],
        "flip": flip,
        "objections": parts["objections"],
        "publicity": (parts["publicity"] or [None])[0],
        "onsite": (parts["onsite"] or [None])[0],
    }  # fmt: skip


def _rows(con: DuckDBPyConnection, query: str, society_id: str) -> list[dict[str, Any]]:
    relation = con.sql(query, params=[society_id])
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def told(one: dict[str, Any], label: Callable[[str, str], str], lang: str) -> list[str]:
    """The decision in plain sentences, a line each; `label` gives the words of (kind, code)."""
    return [line for part in (_head, _chain, _nearest, _flip, _around) for line in part(one, label, lang)]


def _head(one: dict[str, Any], label: Callable[[str, str], str], lang: str) -> list[str]:
    zh = lang != "en"
    run = one["run"]
    score = f"{_n(one['score'])} [{_n(one['low'])}, {_n(one['high'])}]"
    if one["is_coarse"]:
        span = f"{_n(one['low'])}–{_n(one['high'])}"
        score = (
            f"范围 {span}（{rules()['range'][lang]}）" if zh else f"range {span} ({rules()['range'][lang]})"
        )
    provisional = ("（试评）" if zh else " (provisional)") if run["is_provisional"] else ""
    method = f"{run['methodology']['id']} {run['methodology']['version']}"
    chances = " · ".join(_p(one[layer]) for layer in ("data", "method", "joint"))
    if zh:
        return [
            f"{one['name']}　{one['society_id']}",
            f"运行 {run['run_id']}{provisional}　{run['year']}年度　方法 {method}（参数均为本项目建议值）",
            f"结论：{label('decision', one['decision'])}。{one['reason_zh']}",
            f"综合得分 {score}，等次 {label('band', one['band'])}",
            *_bounds(one, "未报与待核实各项若全部最差或最好，综合得分为 {worst} 至 {best}"),
            f"入选概率（仅数据 · 仅方法 · 两者）：{chances}；稳定性 {_p(one['stability'])}",
        ]
    return [
        f"{one['name']}  {one['society_id']}",
        f"Run {run['run_id']}{provisional}, year {run['year']}, methodology {method} "
        "(parameters: 本项目建议值)",
        f"Decision: {label('decision', one['decision'])}. {one['reason_en']}",
        f"Score {score}, band {label('band', one['band'])}",
        *_bounds(one, "Were all that is missing or pending at its worst or best: {worst} to {best}"),
        f"Chance of selection (data · method · both): {chances}; stability {_p(one['stability'])}",
    ]


def _bounds(one: dict[str, Any], text: str) -> list[str]:
    """Said only where something is open: else both bounds are the score."""
    if one["worst"] is None or one["worst"] == one["best"]:
        return []
    return [text.format(worst=_n(one["worst"]), best=_n(one["best"]))]


def _chain(one: dict[str, Any], label: Callable[[str, str], str], lang: str) -> list[str]:
    text = "text_en" if lang == "en" else "text_zh"
    title = "Rules, in order:" if lang == "en" else "逐条规则："
    steps = [
        f"  {g['step']:>2} [{label('gate_outcome', g['outcome'])}] {label('gate', g['gate'])}"
        f"{': ' if lang == 'en' else '：'}{g[text]}"
        for g in one["gates"]
    ]
    return [title, *steps]


def _nearest(one: dict[str, Any], label: Callable[[str, str], str], lang: str) -> list[str]:
    miss = one["nearest_miss"]
    if not miss["failed_n"]:
        return [
            "Nearest miss: none, every rule is passed." if lang == "en" else "差距：无，各条规则均已通过。"
        ]
    text = miss["next_en" if lang == "en" else "next_zh"]
    gap = "" if miss["gap"] is None else f"{miss['gap']:.4g}"
    if lang == "en":
        lines = [f"Nearest miss: {label('gate', miss['next_gate'])}: {text}"
                 f"{f' (short by {gap})' if gap else ''}; {miss['failed_n']} rule(s) failed."]  # fmt: skip
        if miss["reserve_place"]:
            lines.append(
                f"Reserve list: {miss['reserve_place']}, in its class {miss['class_reserve_place']}."
            )
        return lines
    short = f"（差{gap}）" if gap else ""
    lines = [f"差距：{label('gate', miss['next_gate'])}——{text}{short}；共{miss['failed_n']}条未通过。"]
    if miss["reserve_place"]:
        lines.append(f"候补次序：第{miss['reserve_place']}，本学科类别第{miss['class_reserve_place']}。")
    return lines


def _flip(one: dict[str, Any], label: Callable[[str, str], str], lang: str) -> list[str]:
    flip, zh = one["flip"], lang != "en"
    lines = []
    opening = "改变结论的最小变动：" if zh else "Smallest change that flips the decision: "
    if flip["indicator_outcome"] != "found":
        lines.append(opening + label("flip_outcome", flip["indicator_outcome"]))
    else:
        title = flip["indicator_zh" if zh else "indicator_en"]
        hidden = "（小数目，不显示）" if zh else "(small count, withheld)"
        moved = hidden
        if not flip["is_suppressed"]:
            moved = " → ".join(apart(100 * flip["indicator_from"], 100 * flip["indicator_to"], lang))
        rule, way = label("flip_bound", flip["bound_by"]), label("flip_direction", flip["direction"])
        lines.append(
            f"{opening}指标{flip['indicator']} {title} 的得分 {moved}，{way}（决定于{rule}）"
            if zh
            else f"{opening}score of {flip['indicator']} {title} {moved}: {way} (by {rule})"
        )
    weight = "" if flip["weight_change"] is None else f"±{_p(flip['weight_change'])}，" if zh else (
        f"±{_p(flip['weight_change'])}. "
    )  # fmt: skip
    opening = (
        "权重的最小变动（门槛与名额；沿一个方向的上界，其他方向或有更小者）："
        if zh
        else "Smallest change of the weights (floors and places; an upper bound along one direction, "
        "another may need less): "
    )
    return [*lines, opening + weight + label("flip_outcome", flip["weight_outcome"])]


def _around(one: dict[str, Any], label: Callable[[str, str], str], lang: str) -> list[str]:
    zh, lines = lang != "en", []
    for objection in one["objections"]:
        late = ("，逾期" if zh else ", late") if objection["is_late"] else ""
        words = (
            label("objection_outcome", objection["outcome"]), label("objection_effect", objection["effect"])
        )  # fmt: skip
        said = f"{objection['objection_id']} {objection['raised_on']}"
        lines.append(
            f"异议 {said}：{words[0]}{late}；{words[1]}"
            if zh
            else f"Objection {said}: {words[0]}{late}; {words[1]}"
        )
    if notice := one["publicity"]:
        dates = f"{notice['publicity_from'] or '—'} – {notice['publicity_to'] or '—'}"
        verdict = label("publicity_verdict", notice["verdict"])
        lines.append(
            f"公示 {dates}：{verdict}（至少{notice['minimum_days']}个工作日），"
            f"公示期内异议{notice['within_n']}件"
            if zh
            else f"Public notice {dates}: {verdict} (at least {notice['minimum_days']} working days), "
            f"{notice['within_n']} objection(s) within"
        )
    if onsite := one["onsite"]:
        basis = label("onsite_basis", onsite["basis"])
        risks = "、".join(label("onsite_risk", code) for code in onsite["risks"].split(",") if code)
        lines.append(f"现场核：{basis} {risks}" if zh else f"Check on site: {basis} {risks}")
    return lines


def _n(value: float | None) -> str:
    return trimmed(value, "en", 2)


def _p(value: float | None) -> str:
    return percent(value, "en")
