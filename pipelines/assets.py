"""The assets of one assessment year, from received files to exports; no rule of the domain lives here."""

from collections.abc import Iterator
from contextlib import closing

import dagster as dg

from data_contracts.contract import load_contracts
from models.assessment.assess import Assessment, assess
from models.errors import FengqingError
from models.intake.batch import ingest
from models.intake.landing import land
from models.measures.engine import Measures, compute
from models.publication.exports import export, run_facts
from models.publication.manifest import Manifest, build
from models.publication.returns.batch import FOLDER, write_returns
from models.publication.returns.deadline import deadline
from models.publication.snapshot import open_snapshot, past_selections, publish
from models.warehouse import open_reader
from pipelines import progress
from pipelines.frames import load_frames, save_frames
from pipelines.partitions import YEARS
from pipelines.resources import Settings


def fact_key(family: str) -> dg.AssetKey:
    """The asset of one family's accepted rows."""
    return dg.AssetKey(["facts", family])


def year_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> int:
    """The report year of the partition that runs."""
    return int(context.partition_key)


def manifest_of(settings: Settings, year: int) -> Manifest:
    """The manifest of a run over what the warehouse holds now."""
    with open_reader(settings.home) as con:
        past = past_selections(settings.home, year)
        return build(con, settings.methodology(year), year, settings.seed, past)


@dg.asset(partitions_def=YEARS, group_name="intake")
def landed_files(settings: Settings) -> dg.MaterializeResult:
    """收件：按 sha256 保存不可更改的副本并出具回执。Immutable copies by sha256, with receipts."""
    landed = land(settings.inbox, settings.home, progress.current())
    return dg.MaterializeResult(
        metadata={"names": len(landed), "contents": len({one.file_id for one in landed})}
    )


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            fact_key(contract.name),
            deps=[landed_files],
            group_name="facts",
            description=f"{contract.zh} {contract.en}：{contract.description}",
            partitions_def=YEARS,
        )
        for contract in load_contracts().values()
    ]
)
def facts(context: dg.AssetExecutionContext, settings: Settings) -> Iterator[dg.MaterializeResult]:
    """判读入库：逐行接收、退回或隔离。Judge every row; load what is accepted."""
    summary = ingest(settings.inbox, settings.home, progress.current())
    context.log.info("intake: %s", summary)
    with open_reader(settings.home) as con:
        for family in load_contracts():
            query = f"select count(*) from {family} where report_year = ?"
            ((rows,),) = con.sql(query, params=[year_of(context)]).fetchall()
            yield dg.MaterializeResult(asset_key=fact_key(family), metadata={"rows": rows})


@dg.asset(partitions_def=YEARS, group_name="assessment", deps=[fact_key(name) for name in load_contracts()])
def measures(context: dg.AssetExecutionContext, settings: Settings) -> dg.MaterializeResult:
    """度量：每一行对每项指标的贡献及其汇总。What each row adds to each indicator, and the sums."""
    year = year_of(context)
    manifest = manifest_of(settings, year)
    with open_reader(settings.home) as con:
        require_register(con.sql("select count(*) from societies where report_year = ?", params=[year]), year)
        with progress.step("measures"):
            result = compute(con, year, settings.methodology(year))
    save_frames(result, settings.home.runs / manifest.run_id / "measures")
    return dg.MaterializeResult(
        metadata={"run_id": manifest.run_id, "contributions": result.contributions.height}
    )


def require_register(counted: object, year: int) -> None:
    """Stop with one clear line when no society is on the register of that year."""
    if counted.fetchall()[0][0] == 0:  # type: ignore[attr-defined]
        raise FengqingError(
            "NO_REGISTER",
            f"{year} 年度没有学会名册，无法确定评估对象。请将该年度的学会名册放入收件目录后重试。",
            f"There is no register of societies for {year}, so nobody can be assessed. "
            "Put that year's register into the inbox and run again.",
        )


@dg.asset(partitions_def=YEARS, group_name="assessment", deps=[measures])
def assessment(context: dg.AssetExecutionContext, settings: Settings) -> dg.MaterializeResult:
    """评估：指标、得分、区间、等次、典型推荐。Indicators, scores, intervals, bands, exemplars."""
    year = year_of(context)
    folder = settings.home.runs / manifest_of(settings, year).run_id
    with open_reader(settings.home) as con, progress.step("assessment"):
        result = assess(
            con,
            year,
            settings.methodology(year),
            settings.seed,
            past=past_selections(settings.home, year),
            measures=load_frames(Measures, folder / "measures"),
        )
    save_frames(result, folder / "assessment")
    return dg.MaterializeResult(
        metadata={
            "societies": result.societies.height,
            "selected": result.exemplars.filter(result.exemplars["decision"] == "selected").height,
        }
    )


@dg.asset(partitions_def=YEARS, group_name="publication", deps=[assessment])
def snapshot(context: dg.AssetExecutionContext, settings: Settings) -> dg.MaterializeResult:
    """发布：不可更改的快照与 current.json。The immutable snapshot, then current.json."""
    year = year_of(context)
    manifest = manifest_of(settings, year)
    folder = settings.home.runs / manifest.run_id
    figures = load_frames(Measures, folder / "measures")
    result = load_frames(Assessment, folder / "assessment", year=year, seed=settings.seed, measures=figures)
    with open_reader(settings.home) as con, progress.step("snapshot"):
        path = publish(settings.home, result, figures, manifest, con)
    return dg.MaterializeResult(metadata={"run_id": manifest.run_id, "file": path.name})


@dg.asset(partitions_def=YEARS, group_name="publication", deps=[snapshot])
def exports(context: dg.AssetExecutionContext, settings: Settings) -> dg.MaterializeResult:
    """导出：一览表、推荐名单、不排名公示稿。The tables and the unranked public list."""
    manifest = manifest_of(settings, year_of(context))
    with progress.step("exports"):
        written = export(settings.home, manifest.run_id)
    names = [path.name for path in written]
    return dg.MaterializeResult(metadata={"run_id": manifest.run_id, "files": names})


@dg.asset(partitions_def=YEARS, group_name="publication", deps=[snapshot])
def return_workbooks(context: dg.AssetExecutionContext, settings: Settings) -> dg.MaterializeResult:
    """退回补正：每个有退回内容的文件一份标色加批注的原件。The senders' files, faulty cells marked."""
    year = year_of(context)
    manifest = manifest_of(settings, year)
    with closing(open_snapshot(settings.home, manifest.run_id)) as published:
        returned_on = run_facts(published)["created_at"].date()
    due = deadline(returned_on, settings.methodology(year).calendar.correction_working_days)
    folder = settings.home.exports / manifest.run_id / FOLDER
    with open_reader(settings.home) as con:
        written = write_returns(con, settings.home, year, folder, due, progress=progress.current())
    return dg.MaterializeResult(metadata={"run_id": manifest.run_id, "files": len(written)})


ALL = [landed_files, facts, measures, assessment, snapshot, exports, return_workbooks]
