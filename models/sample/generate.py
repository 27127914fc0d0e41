"""Build the fictitious nation: an inbox of files as they arrive, and the truth kept beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

import polars as pl

from data_contracts.contract import load_contract
from models.errors import FengqingError
from models.sample.authority_files import write_authority
from models.sample.chunk import Job, Written, write_chunk
from models.sample.latent import truth
from models.sample.mess.files import plan_files
from models.sample.mess.record import Defect, defects_frame
from models.sample.mess.spoil import FILE
from models.sample.population import population
from models.sample.records.year import YearRecords, year_records
from models.sample.render import rendered
from models.sample.season import Season
from models.sample.words import words

CHUNK = 100  # societies a job
WORKERS = 2
ALONE = 400  # fewer workbooks than this are quicker in one process
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SampleSummary:
    """What was written: counts, and rows by family over all years (clean rows, before duplicates)."""

    societies: int
    years: list[int]
    seed: int
    mess: float
    workbooks: int
    checkin_files: int
    authority_files: int
    defects: int
    rows: dict[str, int]
    out: str

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def generate(  # noqa: PLR0913, PLR0917 - the arguments that make a sample
    societies: int, years: list[int], seed: int, mess: float, out: Path, progress: Report | None = None
) -> SampleSummary:
    """Write out/inbox/{year}/…, out/truth.parquet and out/mess.parquet.

    The same arguments give the same bytes in the inbox. `mess` is the share of data rows that carry a
    harmless defect; a quarter of it is refused, a third of it is files spoilt as a whole.
    `progress(what, done, total)` is called after each job. Raises FengqingError for arguments out of range
    or an inbox already filled.
    """
    _check(societies, years, mess, out)
    years = sorted(set(years))
    inbox = out / "inbox"
    people = population(societies, years, seed)
    found: list[Defect] = []
    rows: dict[str, int] = {}
    workbooks = checkins = authority = spoilt_files = 0
    latent = []
    for year in years:
        late = inbox / str(year) / words()["late_folder"]
        late.mkdir(parents=True)
        season = Season(people, year, years[0], seed)
        records = year_records(season)
        latent.append(truth(people.ids, year, people.latent[year]).filter(pl.Series(season.listed)))
        authority += write_authority(records.authority, year, inbox)
        for family, frame in records.filed.items():
            rows[family] = rows.get(family, 0) + frame.height
        filers = season.filed.nonzero()[0].tolist()
        spoilt = plan_files(season.rng("spoilt files"), filers, mess * FILE, spoilt_files)
        spoilt_files += len(spoilt)
        jobs = list(_jobs(season, records, mess, inbox, spoilt))
        for done, written in enumerate(_run(jobs, int(season.filed.sum())), start=1):
            workbooks += written.workbooks
            checkins += written.checkins
            found += written.defects
            if progress is not None:
                progress(f"{year}", done, len(jobs))
        if not any(late.iterdir()):
            late.rmdir()
    pl.concat(latent).write_parquet(out / "truth.parquet")
    defects_frame(found).write_parquet(out / "mess.parquet")
    return SampleSummary(
        societies, years, seed, mess, workbooks, checkins, authority, len(found), rows, str(out)
    )


def write_clean(season: Season, records: YearRecords, inbox: Path) -> None:
    """Write every file of one year without mess, for records that are not quite the sample's own."""
    (inbox / str(season.year)).mkdir(parents=True)
    write_authority(records.authority, season.year, inbox)
    for job in _jobs(season, records, 0.0, inbox, {}):
        write_chunk(job)


def _jobs(
    season: Season, records: YearRecords, mess: float, inbox: Path, spoilt: dict[int, int]
) -> Iterator[Job]:
    """Runs of societies with their rendered rows."""
    p = season.population
    ids = pl.DataFrame({"soc": range(len(p)), "society_id": p.ids}).with_columns(
        report_year=pl.lit(season.year, pl.Int64)
    )
    frames = {}
    for family, frame in records.filed.items():
        full = frame
        if "society_id" not in frame.columns:
            full = frame.join(ids, on="soc", how="left", maintain_order="left")
        frames[family] = rendered(load_contract(family), full)
    socs = frames["annual_reports"]["soc"].to_numpy()
    in_sheet = frozenset(int(k) for k in records.in_sheet.nonzero()[0])
    for start in range(0, len(socs), CHUNK):
        part = socs[start : start + CHUNK]
        low, high = int(part[0]), int(part[-1])
        here = {family: f.filter(pl.col("soc").is_between(low, high)) for family, f in frames.items()}
        former = {k: str(p.former[k]) for k in range(low, high + 1) if p.former[k]}
        sheets = frozenset(k for k in in_sheet if low <= k <= high)
        yield Job(season.year, season.seed, mess, inbox, here, former, sheets, spoilt)


def _run(jobs: list[Job], workbooks: int) -> Iterator[Written]:
    """Results in the order of the jobs, from one process or two."""
    workers = min(WORKERS, cpu_count() or 1)
    if workbooks < ALONE or workers == 1:
        yield from map(write_chunk, jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(write_chunk, jobs)


def _check(societies: int, years: list[int], mess: float, out: Path) -> None:
    if not 5 <= societies <= 1_000_000:
        raise FengqingError(
            "SAMPLE_SOCIETIES",
            f"学会数{societies}不在5至1000000之间，请改用 --societies 300 之类的数。",
            f"{societies} societies: give a number from 5 to 1000000, such as --societies 300.",
        )
    if not years or any(not 2020 <= year <= 2100 for year in years):
        raise FengqingError(
            "SAMPLE_YEAR", "年度须在2020至2100之间，请改用 --year 2025 之类的年度。",
            "Years must lie between 2020 and 2100; give for example --year 2025.",
        )  # fmt: skip
    if not 0 <= mess <= 0.5:
        raise FengqingError(
            "SAMPLE_MESS", f"缺陷率{mess}不在0至0.5之间，请改用 --mess 0.1。",
            f"A mess of {mess} is not between 0 and 0.5; give for example --mess 0.1.",
        )  # fmt: skip
    inbox = out / "inbox"
    if inbox.exists() and any(inbox.iterdir()):
        raise FengqingError(
            "SAMPLE_NOT_EMPTY", f"{inbox} 已有文件，请换一个目录或先清空。",
            f"{inbox} already holds files; choose another directory or empty it first.",
        )  # fmt: skip
