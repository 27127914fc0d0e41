"""`fengqing explain`: a score, its numerator and denominator, and the rows of files behind it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import FengqingError
from models.publication.figures import DASH, decimal, in_unit, trimmed
from pipelines.options import (
    HomeOption,
    JsonOption,
    LangOption,
    RestrictedOption,
    RunOption,
    YearOption,
    console,
    print_json,
    say,
    withheld,
)

if TYPE_CHECKING:
    from models.publication.explain import Explanation

Labels = dict[tuple[str, str], str]
DIGITS = 3  # of counts and levels weighed by their evidence


def explain(  # noqa: PLR0913, PLR0917 - one parameter an option
    society: Annotated[str, typer.Option("--society", help="统一社会信用代码 · unified social credit code")],
    indicator: Annotated[
        str | None, typer.Option("--indicator", help="指标代码，如 5.2 · indicator, e.g. 5.2")
    ] = None,
    is_decision: Annotated[
        bool, typer.Option("--decision", help="典型经验结论的全部依据 · the whole chain of the decision")
    ] = False,
    is_restricted: RestrictedOption = False,
    run_id: RunOption = None,
    year: YearOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """解释一项得分或典型经验结论的由来 · Explain where a score or a decision comes from."""
    from models.home import Home
    from models.publication.decision import explain_decision, told
    from models.publication.explain import explain as find
    from models.publication.explain import is_about_cases
    from models.publication.handout import open_handout

    notice = None
    with closing(open_handout(Home.resolve(home), run_id, year, restricted=is_restricted)) as con:
        if is_decision:
            decided = explain_decision(con, society.strip().upper())
            if decided["is_coarse"] or decided["flip"]["is_suppressed"]:
                notice = withheld(lang, restricted=is_restricted)
        elif indicator:
            found = find(con, society.strip().upper(), indicator.strip())
            if is_about_cases(con, indicator.strip()):
                notice = withheld(lang, restricted=is_restricted)
        else:
            raise FengqingError(
                "NOTHING_TO_EXPLAIN",
                "请用 --indicator 指明指标，或用 --decision 查看典型经验结论。",
                "Name an --indicator, or ask for the --decision.",
            )
        column = "en" if lang == "en" else "zh"
        labels = {
            (kind, code): text
            for kind, code, text in con.sql(f"select kind, code, {column} from labels").fetchall()
        }
    if is_decision:
        if as_json:
            print_json({**decided, "notice": notice})
        else:
            out = console(markup=False, highlight=False)
            for line in told(decided, lambda kind, code: labels.get((kind, code), code), lang):
                out.print(line)
    elif as_json:
        print_json({**found.as_dict(), "notice": notice})
    else:
        _print(found, labels, lang, notice)
    if notice and not as_json:
        console(markup=False).print(notice, soft_wrap=True)


def _print(one: Explanation, labels: Labels, lang: str, notice: str | None) -> None:
    from rich.table import Table

    # Names come from filings: brackets in them are text, not mark-up.
    out = console(markup=False, highlight=False)
    title = one.title_en if lang == "en" else one.title_zh
    out.print(f"{one.name}  {one.society_id}")
    out.print(f"{one.indicator} {title}  {one.clause}")
    for name, value in _facts(one, labels, lang):
        out.print(f"  {name}  {value}")
    if not one.sources and notice:
        return
    if not one.sources:
        out.print(say(lang, "没有来源行。", "No rows stand behind this figure."))
        return
    table = Table()
    for head in say(
        lang,
        "来源文件|工作表|行|内容|分子|分母|证据|证据权重|状态",
        "File|Sheet|Line|Row|Numerator|Denominator|Evidence|Evidence weight|State",
    ).split("|"):
        table.add_column(head, overflow="fold")
    for source in one.sources:
        pending = labels["state", "under_verification"] if source.is_pending else ""
        if source.left_out:
            pending = labels["left_out", source.left_out]
        cells = (
            source.file or source.file_id[:12],
            source.sheet or "",
            "" if source.row is None else str(source.row),
            source.label or "",
            trimmed(source.numerator, lang, DIGITS),
            trimmed(source.denominator, lang, DIGITS),
            labels.get(("grade", source.grade or ""), source.grade or ""),
            trimmed(source.evidence_weight, lang, DIGITS),
            pending,
        )
        table.add_row(*map(_plain, cells))
    out.print(table)


def _facts(one: Explanation, labels: Labels, lang: str) -> list[tuple[str, str]]:
    score = decimal(None if one.score is None else 100 * one.score, lang)
    low_high = (
        ""
        if one.low is None or one.high is None
        else f" [{in_unit(one.low, one.unit, lang, DIGITS)}, {in_unit(one.high, one.unit, lang, DIGITS)}]"
    )
    shrunk = say(lang, "（分母较小，已向同组收缩）", " (small denominator: shrunk to the peers)")
    formula = one.formula_en if lang == "en" else one.formula_zh
    names = (one.numerator_en, one.denominator_en) if lang == "en" else (one.numerator_zh, one.denominator_zh)
    return [
        (say(lang, "得分", "Score"), f"{score}　{say(lang, '权重', 'weight')} {one.weight:g}"),
        (say(lang, "状态", "State"), labels[("state", one.state)] + _absence(one, labels)),
        (
            say(lang, "指标值", "Value"),
            in_unit(one.value, one.unit, lang, DIGITS) + low_high + (shrunk if one.shrunk else ""),
        ),
        (
            say(lang, "目标", "Target"),
            in_unit(one.target, one.unit, lang, DIGITS) + say(lang, "（本项目建议值）", " (本项目建议值)"),
        ),
        (say(lang, "公式", "Formula"), formula),
        (say(lang, "分子", "Numerator"), f"{trimmed(one.numerator, lang, DIGITS)}　{names[0]}"),
        (say(lang, "分母", "Denominator"), f"{trimmed(one.denominator, lang, DIGITS)}　{names[1]}"),
        (say(lang, "证据", "Evidence"), labels.get(("grade", one.grade or ""), DASH)),
        (say(lang, "同组均值", "Peer mean"), in_unit(one.peer_mean, one.unit, lang, DIGITS)),
        *_shrinkage(one, labels, lang),
        *_bounds(one, lang),
    ]


def _shrinkage(one: Explanation, labels: Labels, lang: str) -> list[tuple[str, str]]:
    """The sum of a shrunk figure, to be done again by the reader, and the raw figure beside it."""
    if not one.shrunk or one.prior_mean is None or one.prior_weight is None or one.denominator is None:
        return []
    raw, mean = one.numerator_raw or 0.0, one.prior_mean
    if one.is_lower_better:
        raw, mean = one.denominator - raw, 1 - mean
    total = (
        f"({one.prior_weight:.2f} × {mean:.4f} + {trimmed(raw, lang, DIGITS)}) ÷ "
        f"({one.prior_weight:.2f} + {trimmed(one.denominator, lang, DIGITS)}) × {one.evidence_share:.3g}"
    )
    if one.is_lower_better:
        total = f"1 − {total}"
    source = labels.get(("prior_source", one.prior_source or ""), "")
    names = say(
        lang,
        "先验权重 × 先验均值 ＋ 原始计数 … × 佐证折算",
        "prior weight × prior mean + raw count … × evidence",
    )
    return [
        (say(lang, "原始值", "Raw value"), in_unit(one.value_raw, one.unit, lang, DIGITS)),
        (say(lang, "收缩", "Shrinkage"), f"{total}　{names}　{source}"),
    ]


def _bounds(one: Explanation, lang: str) -> list[tuple[str, str]]:
    """What the score can turn out to be, where that is not settled."""
    if one.worst == one.best:
        return []
    out = say(lang, "不计入", "not counted")
    low, high = (out if bound is None else decimal(100 * bound, lang) for bound in (one.worst, one.best))
    return [(say(lang, "最坏 / 最好", "Worst / best"), f"{low} / {high}")]


def _absence(one: Explanation, labels: Labels) -> str:
    return "" if one.absence is None else f"　{labels['absence', one.absence]}"


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
