"""A comparison told in words, and as figures to sum up: for the command line, the workbook and the pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from models.publication import figures
from models.publication.comparison.compare import EFFECTS

if TYPE_CHECKING:
    from models.publication.comparison.compare import Comparison
    from models.publication.comparison.reading import Run

# A reason that moves less than this many points is not worth a word.
WORTH_SAYING = 0.05
Labels = dict[tuple[str, str], str]


@cache
def words() -> dict[str, Any]:
    """words.yaml: effects, transitions, lines."""
    import yaml

    return dict(yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")))


def labels_of(*runs: Run, lang: str) -> Labels:
    """(kind, code) → name, of all runs; the last one's words prevail."""
    found: Labels = {}
    for run in runs:
        rows = run.con.sql(f"select kind, code, {lang} from labels").fetchall()
        found |= {(kind, code): text for kind, code, text in rows}
    return found


def run_lines(found: Comparison, lang: str) -> list[str]:
    """What differs between the two runs as wholes, a line a thing."""
    a, b = found.a.manifest, found.b.manifest
    changes = found.inputs["change"].to_list()
    counts = {name: changes.count(name) for name in ("added", "superseded", "removed")}
    lines = [_line("files", lang, **counts)]
    n = found.parameters.height
    lines.append(_line("methodology" if n else "methodology_same", lang, n=n))
    for name, one, two in (("code", found.a.code, found.b.code), ("seed", a["seed"], b["seed"])):
        shown = {"a": one[0], "b": two[0]} if name == "code" else {"a": one, "b": two}
        lines.append(_line(name if one != two else f"{name}_same", lang, **shown))
    if a["past_hash"] != b["past_hash"]:
        lines.append(_line("past", lang))
    return lines


def result_lines(found: Comparison, lang: str) -> list[str]:
    """What differs in the results, a line a thing."""
    total = found.effects.filter(pl.col("scope") == "composite")
    is_before, is_after = pl.col("before").is_not_null(), pl.col("after").is_not_null()
    presence = found.presence["presence"].to_list()
    moved = {
        f"{name}s": found.standing.filter(pl.col(f"{name}_before").ne_missing(pl.col(f"{name}_after"))).height
        for name in ("band", "rank", "decision")
    }
    lines = [
        _line("presence", lang, entered=presence.count("entered"), left=presence.count("left")),
        _line(
            "rated", lang, n=total.filter(is_before & is_after).height,
            up=total.filter(~is_before & is_after).height, down=total.filter(is_before & ~is_after).height,
        ),
        _line("standing", lang, **moved),
    ]  # fmt: skip
    unsplit = found.effects.filter(
        pl.col("scope") != "indicator", pl.col("change").is_not_null(), pl.col("data").is_null()
    ).height
    return [*lines, _line("unsplit", lang, n=unsplit)] if unsplit else lines


def summary(found: Comparison) -> pl.DataFrame:
    """scope, item, societies_n (rated in both), mean change and effects, and mean size of the effects."""
    split = found.effects.filter(pl.col("scope") != "indicator", pl.col("data").is_not_null())
    return (
        split.group_by("scope", "item", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("societies_n"),
            pl.col("change").mean(),
            *(pl.col(name).mean() for name in EFFECTS),
            pl.col("change").abs().mean().alias("change_size"),
            *(pl.col(name).abs().mean().alias(f"{name}_size") for name in EFFECTS),
        )
        .sort("scope", "item")
    )


def movers(found: Comparison, n: int) -> pl.DataFrame:
    """The n largest rises and the n largest falls of the composite: rows of `effects`, largest rise first."""
    total = found.effects.filter(pl.col("scope") == "composite", pl.col("change").is_not_null())
    total = total.sort("change", "society_id", descending=[True, False])
    up, down = total.filter(pl.col("change") > 0).head(n), total.filter(pl.col("change") < 0).tail(n)
    return pl.concat([up, down])


def reasons(found: Comparison, societies: list[str], lang: str, most: int = 3) -> dict[str, str]:
    """For each of the societies: the effects that count, then the indicators that moved it most, in words."""
    labels = labels_of(found.a, found.b, lang=lang)
    chosen = pl.col("society_id").is_in(societies)
    totals = {
        row["society_id"]: row
        for row in found.effects.filter(chosen, pl.col("scope") == "composite").to_dicts()
    }
    states = {(s["society_id"], s["indicator"]): s for s in found.states.filter(chosen).to_dicts()}
    moved = (
        found.effects.filter(chosen, pl.col("scope") == "indicator", pl.col("change").abs() >= WORTH_SAYING)
        .sort("society_id", pl.col("change").abs(), "item", descending=[False, True, False])
        .group_by("society_id", maintain_order=True)
        .head(most)
    )
    parts: dict[str, list[str]] = {society: [] for society in societies}
    for row in moved.to_dicts():
        state = states.get((row["society_id"], row["item"]))
        parts[row["society_id"]].append(_indicator(row, state, labels, lang))
    return {society: _reason(totals.get(society), parts[society], lang) for society in societies}


def transition(before: str | None, after: str | None, lang: str) -> str | None:
    """What a change of state means, in words; None where it says nothing (reported before and after)."""
    if before is None or after is None or before == after:
        return None
    known = words()["transitions"]
    told = known.get(f"{before}>any") or known.get(f"any>{after}")
    return str(told[lang]) if told else None


def number(value: float | None, digits: int = 1) -> str:
    """A score, or a dash."""
    return figures.decimal(value, "en", digits)


def signed(value: float | None, digits: int = 2) -> str:
    """A change in points with its sign, or a dash; no sign where nothing is left after rounding."""
    return figures.signed(value, "en", digits).removeprefix("±")


def _reason(total: dict[str, Any] | None, parts: list[str], lang: str) -> str:
    comma, stop = ("，", "；") if lang == "zh" else (", ", "; ")
    effects = ""
    if total is not None and total["data"] is not None:
        said = {n: total[n] for n in EFFECTS if abs(total[n]) >= WORTH_SAYING}
        effects = comma.join(f"{words()['effects'][n][lang]} {signed(v)}" for n, v in said.items())
    main = words()["lines"]["main"][lang] + stop.join(parts) if parts else ""
    return stop.join(part for part in (effects, main) if part) or figures.DASH


def _indicator(row: dict[str, Any], state: dict[str, Any] | None, labels: Labels, lang: str) -> str:
    text = f"{row['item']} {labels.get(('indicator', row['item']), '')} {signed(row['change'])}"
    told = transition(state["state_before"], state["state_after"], lang) if state else None
    scores = _line("score", lang, before=number(row["before"], 0), after=number(row["after"], 0))
    inner = ("，" if lang == "zh" else ", ").join(part for part in (told, scores) if part)
    return f"{text}（{inner}）" if lang == "zh" else f"{text} ({inner})"


def _line(name: str, lang: str, **figures: Any) -> str:
    return str(words()["lines"][name][lang]).format(**figures)
