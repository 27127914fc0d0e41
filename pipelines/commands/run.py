"""`fengqing run`: the annual assessment, from an inbox to the exports, through Dagster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import FengqingError
from pipelines.options import HomeOption, JsonOption, LangOption, print_json

if TYPE_CHECKING:
    from pipelines.resources import Settings


def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    year: Annotated[int, typer.Option("--year", help="报告年度 · report year")],
    inbox: Annotated[Path, typer.Option("--inbox", help="收件目录 · folder of received files")],
    home: HomeOption = None,
    methodology: Annotated[
        Path | None, typer.Option("--methodology", help="方法文件，默认随年度 · methodology file")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="随机种子 · seed of the draws")] = None,
    as_json: JsonOption = False,
    lang: LangOption = "zh",
) -> None:
    """年度评估：收件、判读、评估、发布、导出 · The annual assessment, inbox to exports."""
    from models.home import Home
    from pipelines.lock import exclusive
    from pipelines.summary import print_summary, summarise

    state = Home.resolve(home)
    with exclusive(state):
        # Dagster reads DAGSTER_HOME while it is being imported.
        from pipelines.instance import prepare

        prepare(state)
        from pipelines.partitions import year_key
        from pipelines.resources import DEFAULT_SEED, Settings

        key = year_key(year)
        settings = Settings(
            home_dir=str(state.root),
            inbox_dir=str(inbox.resolve()),
            methodology_file=str(methodology.resolve()) if methodology else None,
            seed=DEFAULT_SEED if seed is None else seed,
        )
        settings.methodology(year)  # a wrong file is refused before anything is read
        run_id = _execute(settings, key, lang)
        summary = summarise(state, run_id, year)
    if as_json:
        print_json(summary)
    else:
        print_summary(summary, lang)


def _execute(settings: Settings, key: str, lang: str) -> str:
    """Run the job in this process and give the run_id of what it published."""
    from dagster._core.errors import DagsterAssetCheckFailedError

    from models.warehouse import open_writer
    from pipelines import progress
    from pipelines.definitions import build_defs
    from pipelines.instance import open_instance

    with open_writer(settings.home):
        pass  # a locked or foreign warehouse is one line here, not a failed step
    job = build_defs(resource_overrides={"settings": settings}).resolve_job_def("annual_assessment")
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with open_instance(settings.home) as instance, progress.bars(lang):
        try:
            result = job.execute_in_process(partition_key=key, instance=instance, run_config=quiet)
        except DagsterAssetCheckFailedError as error:
            raise FengqingError(
                "EXPECTATION_FAILED",
                f"入库数据未通过合约检验，未发布任何结果：{_plain(error)}。"
                "明细见 make dagster，改正后重新运行。",
                f"Loaded data breaks the contracts, so nothing was published: {_plain(error)}. "
                "See `make dagster` for the rows, mend them and run again.",
            ) from error
    (event,) = result.asset_materializations_for_node("exports")
    return str(event.metadata["run_id"].value)


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())
