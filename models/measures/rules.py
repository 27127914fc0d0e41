"""What of a methodology acts inside the measures, and figures re-weighed under other evidence weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.measures.engine import query
from models.measures.parameters import parameter_tables

if TYPE_CHECKING:
    import polars as pl

    from models.assessment.methodology import Methodology

# The one table that can be put on afterwards: a row's evidence weight stands beside its contribution.
EVIDENCE = "grades"


def counting_differences(a: Methodology, b: Methodology, year: int) -> set[str]:
    """The counting rules in which two methods differ for the facts of `year`; empty when figures agree.

    Names are those of `parameter_tables`, or `absences`, or `rule_pack` where one of them has no rules for
    that year. The measures see nothing else of a methodology (weights and targets come later).
    """
    try:
        first, second = (parameter_tables(one, year) for one in (a, b))
    except KeyError:
        return {"rule_pack"}
    found = {name for name in first if not first[name].equals(second[name], null_equal=True)}
    if _absence_rules(a) != _absence_rules(b):
        found.add("absences")
    return found


def are_only_weights(differences: set[str], a: Methodology, b: Methodology) -> bool:
    """Whether the differences are in the weight of grades alone, so that `reweigh` can put them on.

    Not if the order of grades differs (which check counts), nor for a grade that weighed nothing: what its
    outcome would have left is then not known.
    """
    return (
        differences <= {EVIDENCE}
        and a.evidence.order == b.evidence.order
        and all(weight > 0 for weight in (*a.evidence.weights.values(),))
    )


def reweigh(
    measures: pl.DataFrame, contributions: pl.DataFrame, own: Methodology, other: Methodology
) -> pl.DataFrame:
    """The measures with the evidence weights of `other`, from what each row contributed under `own`.

    A row's weight is its grade's times what its check left of it; the grade's part is exchanged and
    aggregate.sql sums again, as in a run.
    """
    import duckdb
    import polars as pl

    before, after = own.evidence.weights, other.evidence.weights
    ratio = {str(grade): after[grade] / before[grade] for grade in before}
    rows = contributions.with_columns(
        evidence_weight=pl.col("evidence_weight")
        * pl.col("grade").replace_strict(ratio, return_dtype=pl.Float64, default=None),
        answer=pl.lit(None, pl.String),
    )
    with duckdb.connect() as con:
        con.register("contributions_all", rows)
        con.register("indicator_rules", parameter_tables(other, other.year)["indicator_rules"])
        again = con.sql(query("aggregate")).pl()
    keys = ["society_id", "indicator"]
    figures = [c for c in again.columns if c not in {*keys, "answer"} and c in measures.columns]
    joined = measures.drop(figures).join(again.select(*keys, *figures), on=keys, how="left")
    counts = [c for c in figures if c.endswith("_n")]
    return joined.with_columns(pl.col(counts).fill_null(0)).select(measures.columns).sort(keys)


def _absence_rules(methodology: Methodology) -> list[Any]:
    return [
        (
            i.code,
            i.is_required,
            [c.model_dump() for c in i.not_applicable_when],
            i.absence_declared_by,
            i.families[0],
        )
        for i in methodology.indicators
    ]
