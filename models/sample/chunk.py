"""Write the files of a run of societies: workbooks and check-in exports, clean or spoilt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from models.sample.checkin import FAMILY as ROSTER
from models.sample.mess.checkins import Export, spoil_checkin
from models.sample.mess.record import Defect
from models.sample.mess.spoil import spoil
from models.sample.render import cells
from models.sample.seeds import stream
from models.sample.words import words
from models.sample.workbook import (
    COVER_FAMILY,
    Book,
    cover_fields,
    families,
    make_grid,
    sheet_fields,
    write_book,
)


@dataclass(frozen=True)
class Job:
    """A run of societies in one year.

    `frames` are rendered and carry soc; `former` old names and `spoilt` ways to spoil the file
    (KINDS), by soc; `in_sheet` those whose roster stands in the workbook.
    """

    year: int
    seed: int
    mess: float
    inbox: Path
    frames: dict[str, pl.DataFrame]
    former: dict[int, str]
    in_sheet: frozenset[int]
    spoilt: dict[int, int]


@dataclass
class Written:
    """What a job wrote."""

    workbooks: int = 0
    checkins: int = 0
    defects: list[Defect] = field(default_factory=list)


def write_chunk(job: Job) -> Written:
    """Write every file of the job; the same job gives the same bytes."""
    written = Written()
    rosters = {key[0]: rows for key, rows in job.frames[ROSTER].partition_by("soc", as_dict=True).items()}
    for book in _books(job):
        rng = stream(job.seed, "mess", job.year, book.soc)
        spoilt = spoil(book, job.mess, job.former.get(book.soc, ""), job.spoilt.get(book.soc), rng)
        for each in spoilt.books:
            write_book(each, job.inbox)
        written.workbooks += len(spoilt.books)
        written.defects += spoilt.defects
        rows = rosters.get(book.soc)
        if rows is not None and book.soc not in job.in_sheet:
            written.checkins += 1
            name = words()["files"]["checkin"].format(society_id=book.society_id, year=job.year)
            export = Export(f"{job.year}/{name}", book.society_id, job.year, rows)
            content, defects = spoil_checkin(export, job.mess, spoilt, rng)
            (job.inbox / export.file).write_bytes(content)
            written.defects += defects
    return written


def _books(job: Job) -> list[Book]:
    """The workbooks of the job's societies, built from slices of the families' columns."""
    reports = job.frames[COVER_FAMILY]
    socs = reports["soc"].to_list()
    cover = {f.name: cells(f, reports[f.name]) for f in cover_fields()}
    grids = {sheet: _rows_by_society(job, contract.name, socs) for sheet, contract in families().items()}
    books = []
    for k, soc in enumerate(socs):
        values = {name: column[k] for name, column in cover.items()}
        name = words()["files"]["workbook"].format(
            society_id=values["society_id"], year=job.year, revision=values["revision"]
        )
        books.append(
            Book(
                soc=soc, society_id=str(values["society_id"]), name=str(values["name"]), year=job.year,
                file=f"{job.year}/{name}", cover=values,
                grids=[make_grid(families()[sheet].name, sheet, rows[k]) for sheet, rows in grids.items()],
            )
        )  # fmt: skip
    return books


def _rows_by_society(job: Job, family: str, socs: list[int]) -> list[list[list[object]]]:
    frame = job.frames[family]
    if family == ROSTER:
        frame = frame.filter(pl.col("soc").is_in(list(job.in_sheet)))
    columns = [cells(f, frame[f.name]) for f in sheet_fields(family)]
    soc = frame["soc"].to_numpy()
    starts, stops = np.searchsorted(soc, socs, "left"), np.searchsorted(soc, socs, "right")
    rows = [list(row) for row in zip(*columns, strict=True)]
    return [rows[a:b] for a, b in zip(starts, stops, strict=True)]
