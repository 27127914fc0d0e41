"""The indicator handbook, from the methodology and the specifications that the tests run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from data_contracts.contract import load_contract, load_contracts
from models.publication.specs import Case, Spec, Table, load_specs

if TYPE_CHECKING:
    from models.assessment.methodology import Indicator, Methodology

LANGUAGES = ("zh", "en")
TEXTS = Path(__file__).parent / "handbook.yaml"
LABELS = Path(__file__).parent / "labels.yaml"


def file_name(lang: str) -> str:
    """The handbook's file name in `zh` or `en`."""
    return f"handbook.{lang}.md"


def render(lang: str, methodology: Methodology, specs_folder: Path) -> str:
    """The whole handbook in `zh` or `en`, as Markdown.

    `specs_folder` holds one specification an indicator (tests/spec); ValueError if one is missing.
    """
    specs = {spec.indicator: spec for spec in load_specs(specs_folder)}
    lacking = [i.code for i in methodology.indicators if i.code not in specs]
    if lacking:
        raise ValueError(f"no specification of {', '.join(lacking)} in {specs_folder} 缺少指标规格")
    lines = [*_head(lang, methodology), *_contents(lang, methodology)]
    for dimension in methodology.dimensions:
        lines += [
            f"## {dimension.code} {dimension.text(lang)}",
            "",
            f"{dimension.clause} · {_text('weight_of', lang)} {dimension.weight:g}",
            "",
        ]
        for indicator in methodology.indicators:
            if indicator.dimension == dimension.code:
                lines += _indicator(lang, methodology, indicator, specs[indicator.code])
    lines += _chapters(lang, methodology)
    return "\n".join(lines).rstrip() + "\n"


@cache
def _texts() -> dict[str, Any]:
    return yaml.safe_load(TEXTS.read_text(encoding="utf-8"))


@cache
def _labels() -> dict[str, Any]:
    return yaml.safe_load(LABELS.read_text(encoding="utf-8"))


def _text(key: str, lang: str, **values: Any) -> str:
    return _texts()[key][lang].format(**values)


def _head(lang: str, methodology: Methodology) -> Iterator[str]:
    yield f"# {_text('title', lang)}"
    yield ""
    yield f"<!-- {_text('generated', lang)} -->"
    yield ""
    yield _text(
        "about", lang, title=methodology.title.text(lang), id=methodology.id, version=methodology.version,
        source=methodology.source.text(lang), dimensions=len(methodology.dimensions),
        indicators=len(methodology.indicators), weight=f"{sum(methodology.weights.values()):g}",
    )  # fmt: skip
    yield ""
    yield f"## {_texts()['reading']['title'][lang]}"
    yield ""
    evidence, comma = methodology.evidence, "，" if lang == "zh" else ", "
    outcomes = {v.code: v for v in load_contract("verifications").field("outcome").enum}
    values = {
        "weights": comma.join(
            f"{_labels()['grade'][grade][lang]} {evidence.weights[grade]:g}"
            for grade in reversed(evidence.order)
        ),
        "outcomes": comma.join(
            f"{getattr(outcomes[code], lang)} {weight:g}" for code, weight in evidence.outcome_weights.items()
        ),
        "required": f"{methodology.missing_states.required_absent.score or 0:g}",
        "threshold": methodology.shrinkage.threshold,
        "prior": f"{methodology.shrinkage.prior_weight:g}",
        "minimum": methodology.shrinkage.fitted.minimum,
        "lightest": f"{methodology.shrinkage.fitted.lightest:g}",
        "heaviest": f"{methodology.shrinkage.fitted.heaviest:g}",
        "interval": f"{100 * methodology.shrinkage.interval:g}",
    }
    yield from (f"- {line[lang].format(**values)}" for line in _texts()["reading"]["lines"])
    yield ""
    yield _text("units_note", lang)
    yield ""


def _contents(lang: str, methodology: Methodology) -> Iterator[str]:
    yield f"## {_text('contents', lang)}"
    yield ""
    for i in methodology.indicators:
        yield f"- [{i.code} {i.text(lang)}](#{_anchor(i.code)})"
    yield from (
        f"- [{chapter['title'][lang]}](#{_anchor(key)})" for key, chapter in _texts()["chapters"].items()
    )
    yield ""


def _chapters(lang: str, methodology: Methodology) -> Iterator[str]:
    """What follows the indicators: how a decision and a change between two runs are to be read."""
    chosen = methodology.exemplars
    values = {
        "score": f"{chosen.minimum_score:g}",
        "floor": f"{100 * chosen.dimension_floor:g}",
        "verified": f"{100 * chosen.minimum_verified_share:g}",
        "stability": f"{100 * chosen.minimum_stability:g}",
        "years": chosen.maximum_consecutive_years,
        "random": f"{100 * chosen.onsite.random_share:g}",
        "steps": f"{100 * max(chosen.flips.weight_steps):g}",
    }
    for key, chapter in _texts()["chapters"].items():
        yield f'<a id="{_anchor(key)}"></a>'
        yield ""
        yield f"## {chapter['title'][lang]}"
        yield ""
        yield from (f"- {line[lang].format(**values)}" for line in chapter["lines"])
        yield ""


def _anchor(code: str) -> str:
    return f"i{code.replace('.', '-')}"


def _indicator(lang: str, methodology: Methodology, indicator: Indicator, spec: Spec) -> Iterator[str]:
    yield f'<a id="{_anchor(indicator.code)}"></a>'
    yield ""
    yield f"### {indicator.code} {indicator.text(lang)}"
    yield ""
    yield f"**{_text('why', lang)}** {indicator.why_it_matters.text(lang)}"
    yield ""
    yield f"**{_text('how', lang)}** {spec.how[lang]}"
    yield ""
    facts = _texts()["facts"]
    rows = _facts(lang, methodology, indicator)
    yield from _markdown((facts["code"][lang], indicator.code), [(facts[k][lang], v) for k, v in rows])
    for number, case in enumerate(spec.cases, start=1):
        yield from _case(lang, case, number)


def _facts(lang: str, methodology: Methodology, indicator: Indicator) -> list[tuple[str, str]]:
    mark = "、" if lang == "zh" else "; "
    contracts = load_contracts()
    return [
        ("formula", indicator.formula.text(lang)),
        ("numerator", indicator.numerator.text(lang)),
        ("denominator", indicator.denominator_text.text(lang)),
        ("weight", f"{indicator.weight:g}"),
        ("target", _target(lang, methodology, indicator)),
        ("missing", mark.join(_texts()["missing"][letter][lang] for letter in indicator.missing)),
        ("families", mark.join(getattr(contracts[family], lang) for family in indicator.families)),
        ("clause", indicator.clause),
        ("sql", f"`models/measures/{indicator.families[0]}.sql`"),
    ]


def _target(lang: str, methodology: Methodology, indicator: Indicator) -> str:
    def shown(target: float | None) -> str:
        return f"{100 * (target or 0):g}%" if indicator.unit == "share" else f"{target or 0:g}"

    sizes = methodology.peer_groups.size_classes
    targets = [shown(indicator.target_for(size.code)) for size in sizes]
    if indicator.low_is_good:
        return f"{targets[0]} ({_text('lower', lang)})"
    if len(set(targets)) == 1:
        return targets[0]
    return " / ".join(f"{size.text(lang)} {target}" for size, target in zip(sizes, targets, strict=True))


def _case(lang: str, case: Case, number: int) -> Iterator[str]:
    yield f"#### {_text('example', lang)} {number}: {case.title[lang]}"
    yield ""
    if not case.given:
        yield _text("nothing", lang)
        yield ""
    for family, table in case.given.items():
        contract = load_contract(family)
        yield f"{_text('given', lang)}: {getattr(contract, lang)}"
        yield ""
        yield from _given(lang, family, table)
    yield f"{_text('expect', lang)}:"
    yield ""
    names = [_texts()["columns"][column][lang] for column in case.expect.columns]
    labels = {**_labels()["state"], **_labels()["grade"], **_texts()["cells"]}
    cells = [tuple(labels[c][lang] if c in labels else c for c in row) for row in case.expect.rows]
    yield from _markdown(names, cells)


def _given(lang: str, family: str, table: Table) -> Iterator[str]:
    contract, mark = load_contract(family), "、" if lang == "zh" else ", "
    society = _texts()["columns"]["society"][lang]
    names = [society if c == "society" else getattr(contract.field(c), lang) for c in table.columns]

    def shown(column: str, text: str) -> str:
        if text in _texts()["cells"]:
            return _texts()["cells"][text][lang]
        codes = {} if column == "society" else {v.code: v for v in contract.field(column).enum}
        return mark.join(getattr(codes[item], lang) if item in codes else item for item in text.split("、"))

    yield from _markdown(
        names,
        [tuple(shown(c, text) for c, text in zip(table.columns, row, strict=True)) for row in table.rows],
    )


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
