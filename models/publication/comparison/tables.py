"""A comparison as frames in the reader's language: the sheets of columns.yaml named `compare_…`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from models.publication.comparison.words import Labels, labels_of, reasons

if TYPE_CHECKING:
    from models.publication.comparison.compare import Comparison


def societies(found: Comparison, lang: str = "zh") -> pl.DataFrame:
    """`compare_societies`: a row a society in both runs; largest change first."""
    total = found.effects.filter(pl.col("scope") == "composite").drop("scope", "item")
    moved = total.filter(pl.col("change").is_not_null())["society_id"].to_list()
    told = reasons(found, moved, lang)
    names = found.b.table("societies", "society_id, name")
    query = (
        "select society_id, c.band, c.rank, e.decision from composite c join exemplars e using (society_id)"
    )
    labels = labels_of(found.a, found.b, lang=lang)
    before, after = found.a.con.sql(query).pl(), found.b.con.sql(query).pl()
    pairs = [(kind, f"{kind}{end}") for kind in ("band", "decision") for end in ("_before", "_after")]
    why = pl.DataFrame({"society_id": list(told), "reason": list(told.values())},
                       schema={"society_id": pl.String, "reason": pl.String})  # fmt: skip
    return (
        total.join(names, on="society_id")
        .join(before.rename({c: f"{c}_before" for c in ("band", "rank", "decision")}), on="society_id")
        .join(after.rename({c: f"{c}_after" for c in ("band", "rank", "decision")}), on="society_id")
        .join(why, on="society_id", how="left")
        .with_columns(named(pl.col(column), kind, labels) for kind, column in pairs)
        .sort(pl.col("change").abs(), "society_id", descending=[True, False], nulls_last=True)
    )


def dimensions(found: Comparison, lang: str = "zh") -> pl.DataFrame:
    """`compare_dimensions`: a row a society and dimension."""
    labels = labels_of(found.a, found.b, lang=lang)
    names = found.b.table("societies", "society_id, name")
    return (
        found.effects.filter(pl.col("scope") == "dimension")
        .join(names, on="society_id")
        .with_columns(dimension=pl.col("item") + " " + named(pl.col("item"), "dimension", labels))
        .sort("society_id", "item")
    )


def indicators(found: Comparison, lang: str = "zh") -> pl.DataFrame:
    """`compare_indicators`: a row a society and indicator that moved the composite or changed state."""
    labels = labels_of(found.a, found.b, lang=lang)
    names = found.b.table("societies", "society_id, name")
    key = ["society_id", "indicator"]
    moved = found.effects.filter(pl.col("scope") == "indicator").rename({"item": "indicator"}).drop("scope")
    states = found.states.select(*key, "state_before", "state_after", "score_before", "score_after")
    is_other = pl.col("change").abs().fill_null(0) > 0
    return (
        moved.join(states, on=key, how="full", coalesce=True)
        .filter(is_other | pl.col("state_before").ne_missing(pl.col("state_after")))
        .join(names, on="society_id")
        .with_columns(
            pl.coalesce("before", 100 * pl.col("score_before")).alias("before"),
            pl.coalesce("after", 100 * pl.col("score_after")).alias("after"),
            pl.concat_str("indicator", pl.lit(" "), named(pl.col("indicator"), "indicator", labels)).alias(
                "title"
            ),
            *(named(pl.col(c), "state", labels).alias(c) for c in ("state_before", "state_after")),
        )
        .sort(
            "society_id",
            pl.col("change").abs(),
            "indicator",
            descending=[False, True, False],
            nulls_last=True,
        )
    )


def inputs(found: Comparison, lang: str = "zh") -> pl.DataFrame:
    """`compare_inputs`: the files that differ."""
    names = {
        "added": ("新增", "Added"), "superseded": ("被替代", "Superseded"), "removed": ("减少", "Gone"),
    }  # fmt: skip
    at = 0 if lang == "zh" else 1
    texts = {code: pair[at] for code, pair in names.items()}
    return found.inputs.with_columns(pl.col("change").replace(texts), name=pl.coalesce("name", "file_id"))


def parameters(found: Comparison, lang: str = "zh") -> pl.DataFrame:
    """`compare_parameters`: the parameters that differ."""
    return found.parameters.with_columns(title=pl.col(lang))


def presence(found: Comparison, lang: str = "zh") -> pl.DataFrame:
    """`compare_presence`: who entered and left."""
    labels = labels_of(found.a, found.b, lang=lang)
    texts = {"entered": ("新进", "Entered"), "left": ("退出", "Left")}
    at = 0 if lang == "zh" else 1
    return found.presence.with_columns(
        pl.col("presence").replace({code: pair[at] for code, pair in texts.items()}),
        named(pl.col("reason"), "presence", labels),
    )


def named(column: pl.Expr, kind: str, labels: Labels) -> pl.Expr:
    """Codes → names; a code without one stays."""
    return column.replace({code: text for (k, code), text in labels.items() if k == kind})


SHEETS: dict[str, Callable[[Comparison, str], pl.DataFrame]] = {
    "compare_societies": societies,
    "compare_dimensions": dimensions,
    "compare_indicators": indicators,
    "compare_parameters": parameters,
    "compare_inputs": inputs,
    "compare_presence": presence,
}
