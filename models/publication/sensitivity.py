"""What one society's score and rank hang on, worked out anew from a published run."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from models.errors import FengqingError

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from models.home import Home

# Recomputed scores may differ from the published by rounding only.
ROUNDING = 1e-6


def run_sensitivity(con: DuckDBPyConnection) -> pl.DataFrame:
    """The stored `sensitivity` table of a run: what its ranks and its selected set hang on."""
    if not con.sql("select 1 from duckdb_tables() where table_name = 'sensitivity'").fetchall():
        raise _too_old()
    return con.sql("select * from sensitivity order by output, total desc").pl()


def require_exact(home: Home, run_id: str | None, year: int | None, society_id: str) -> None:
    """Raise FengqingError where the society's score is told as a range only.

    Its indices are worked out of the exact score, and by seed anybody can work them out anew for every count
    that the society may have: they would tell which one it is.
    """
    from models.publication.handout import open_handout

    with closing(open_handout(home, run_id, year)) as con:
        found = con.sql("select is_coarse from composite where society_id = $1", params=[society_id])
        if found.fetchall() == [(True,)]:
            raise FengqingError(
                "SMALL_COUNT",
                f"学会 {society_id} 的得分只显示范围：灵敏度由准确得分算出，可反推少于5件的案件数，"
                "因此不显示。有权查阅案件者可加 --restricted。",
                f"The score of society {society_id} is shown as a range: its sensitivity comes from the "
                "exact score and could give a count of cases under five back, so it is withheld. "
                "Those cleared for cases may add --restricted.",
            )


def society_sensitivity(con: DuckDBPyConnection, society_id: str, base: int | None = None) -> pl.DataFrame:
    """Sobol' indices of one society's score and rank, in the columns of the `sensitivity` table.

    `base`: the base sample (a power of two; the methodology's without it). The simulation is run anew from
    the snapshot's own figures, methodology and seed. An output that never changes has no rows.

    Raises:
        FengqingError: no such society, one without a score, or a run that this version cannot redo.
    """
    from pydantic import ValidationError

    from models.assessment.attribution import indices_frame, sobol_plan, society_outputs
    from models.assessment.cells import make_cells
    from models.assessment.methodology import Methodology
    from models.assessment.scoring import score
    from models.assessment.uncertainty import simulator_for

    run_sensitivity(con)
    societies = con.sql("select * from societies order by society_id").pl()
    composite = con.sql("select * from composite order by society_id").pl()
    if society_id not in societies["society_id"]:
        raise FengqingError(
            "SOCIETY_UNKNOWN",
            f"本次评估中没有信用代码为 {society_id} 的学会；请核对代码，或用 --year 指定年度。",
            f"This run has no society {society_id}; check the code, or choose another --year.",
        )
    at = societies["society_id"].to_list().index(society_id)
    if composite["score"][at] is None:
        raise FengqingError(
            "SOCIETY_UNRATED",
            f"学会 {society_id} 本年度不予评级，没有得分可分析；原因见一览表备注。",
            f"Society {society_id} is not rated this year, so there is no score to explain; see the remarks "
            "of the yearly table.",
        )
    ((plain, manifest),) = con.sql("select methodology, manifest from run").fetchall()
    try:
        methodology = Methodology.model_validate(json.loads(plain))
    except ValidationError as error:
        raise _too_old() from error
    seed = int(json.loads(manifest)["seed"])
    indicators = con.sql("select * from indicators").pl()
    scores = score(societies, indicators, methodology)
    stored = composite["score"].cast(float).to_numpy()
    if abs(scores.composite[at] - stored[at]) > ROUNDING:
        raise _too_old()
    is_vetoed = composite["veto_code"].is_not_null().to_numpy()
    cells = make_cells(societies, indicators, scores, is_vetoed, methodology)
    rules = methodology.uncertainty
    made, plan = sobol_plan(methodology, seed, base or rules.sensitivity.base)
    simulator = simulator_for(cells, methodology, seed, rules.draws)
    outputs = society_outputs(simulator, plan, scores.composite, at)
    return indices_frame(made, outputs, methodology, seed)


def _too_old() -> FengqingError:
    return FengqingError(
        "RUN_TOO_OLD",
        "该次评估由较早版本发布，没有灵敏度所需的内容。请重新运行 fengqing run 后再试。",
        "This run was published by an earlier version and lacks what the analysis needs; run `fengqing run` "
        "again first.",
    )
