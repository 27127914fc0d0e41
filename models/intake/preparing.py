"""The first half of judging: read files, find their tables, clean them, and say what each row says of itself.

It needs nothing of the warehouse, so it may run ahead while an earlier batch is settled and loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from data_contracts.contract import Contract, load_contracts
from models.intake import consistency, covers, deviations, privacy
from models.intake.cleaning import Cleaned, clean
from models.intake.frames import Grid, Limits, SourceFile, as_findings, no_findings, workbook_layout
from models.intake.headers import COVER, families
from models.intake.layout import Layout, recognise
from models.intake.reading import read
from models.intake.totals import check_totals
from models.intake.widening import Answers, widen

AT = ["sheet_no", "row"]
COMMISSIONER = "commissioner"
Read = Callable[[Sequence[SourceFile], Limits], Grid]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the first half is told besides the files.

    `salt`: for person keys. `today`: no date of a fact lies after it.
    """

    salt: bytes
    today: date
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Prepared:
    """A batch after its first half.

    `cover`: file_id and the answers of the cover. `typed`: by family, the rows in the contract's types, with
    sheet_no and row. `data`: sheet_no, row, family of every row of data. `covered`: sheet_no of the sheets in
    files with a cover. `findings`: so far, in FINDING_SCHEMA.
    """

    files: Sequence[SourceFile]
    grid: Grid
    layout: Layout
    answers: Answers
    cover: pl.DataFrame
    typed: dict[str, pl.DataFrame]
    data: pl.DataFrame
    covered: pl.DataFrame
    findings: pl.DataFrame


def prepare(files: Sequence[SourceFile], terms: Terms, read: Read = read) -> Prepared:
    """Read many files together and judge each row as far as it goes by itself, its file and its cover.

    `read` is `reading.read`, wherever it is done.
    """
    files = list({f.file_id: f for f in files}.values())
    grid = read(files, terms.limits)
    layout = recognise(grid)
    answers = widen(grid, layout)
    cleaned = clean({**answers.wide, COVER: covers.cover_answers(answers)})
    cover = covers.covers(answers, cleaned)
    bench = _Bench(grid, layout, answers, cover, terms)
    bench.check_each_family(cleaned)
    bench.check_rules()
    return Prepared(
        files, grid, layout, answers, cover, bench.typed, bench.data, bench.covered, bench.findings
    )


class _Bench:
    """One batch on its way through the first checks: typed rows, and the findings so far."""

    def __init__(
        self, grid: Grid, layout: Layout, answers: Answers, cover: pl.DataFrame, terms: Terms
    ) -> None:
        self.grid, self.layout, self.answers, self.cover, self.terms = grid, layout, answers, cover, terms
        self.typed: dict[str, pl.DataFrame] = {}
        self.found: list[pl.DataFrame] = [grid.findings, layout.findings]
        self.covered = layout.sheets.join(cover, on="file_id", how="semi").select("sheet_no")
        self.absent = _absent_columns(layout)
        self.data = pl.concat(
            [f.filter(pl.col("kind") == "data").drop("kind") for f in (layout.rows, answers.rows)]
        )

    @property
    def findings(self) -> pl.DataFrame:
        return pl.concat([no_findings(), *self.found])

    def check_each_family(self, cleaned: Cleaned) -> None:
        """What can be said of a row by itself."""
        serials = pl.col("code").eq("D15") & pl.col("verdict").eq("A")
        self.found.append(cleaned.findings.filter(~serials))
        self.found.append(privacy.find_personal(self.answers))
        self.found.append(consistency.ragged(self.answers.loose, self._csv_widths()))
        self.typed = covers.apply_cover(cleaned.typed, self.cover, self.layout.sheets)
        dated = cleaned.findings.filter(serials)
        for name in tuple(self.typed):
            contract = families()[name]
            serials_here = dated.filter(pl.col("family") == name)
            frame, settled = consistency.settle_serials(self.typed[name], contract, serials_here)
            self.found.append(settled)
            wide = covers.cover_answers(self.answers) if name == COVER else self.answers.wide[name]
            self.found.extend(consistency.blanks(wide, contract, self._not_asked(contract)))
            self.found.extend(consistency.future_dates(frame, contract, self.terms.today))
            if name != COVER:
                frame, amounts = consistency.settle_units(frame, contract, self.layout.columns)
                self.found.append(amounts)
                self.found.extend(consistency.implausible_amounts(frame, contract))
                frame = privacy.hash_keys(_with_defaults(frame, contract), name, self.terms.salt)
                self.found.append(self._misplaced(frame, contract))
                self.found.append(self._missing_columns(contract))
            self.typed[name] = frame
        self.found.append(covers.check_covers(self.cover, self.layout, self.answers.cover))
        faulty = (
            self.findings.filter(pl.col("verdict").is_in(["R", "Q"])).select("sheet_no", "field").drop_nulls()
        )
        self.found.append(check_totals(self.grid, self.layout, self.typed, faulty.unique()))

    def check_rules(self) -> None:
        """Rules over cover and row, and keys that a file repeats."""
        files = self.layout.sheets.select("sheet_no", "file_id")
        for name, contract in load_contracts().items():
            if name in self.typed:
                self.found.extend(consistency.rules(self.typed[name], contract))
                self.found.extend(consistency.views_as_people(self.typed[name], contract))
                self.found.append(consistency.repeated_keys(self.typed[name], contract, files))
        self.found.append(covers.follow_cover(self.findings, self.data, self.layout.sheets, self.cover))

    def _csv_widths(self) -> pl.DataFrame:
        """sheet_no, width: the last header column of each delimited file."""
        tables = self.layout.sheets.filter("is_csv").select("sheet_no", row="first_header")
        return self.grid.cells.join(tables, on=AT).group_by("sheet_no").agg(width=pl.col("col").max())

    def _not_asked(self, contract: Contract) -> dict[str, pl.DataFrame]:
        """Of each field the sheets in which a blank is no omission: answered by the cover, or no column."""
        if contract.name == COVER:
            return {}
        absent = self.absent.get(contract.name, {})
        skipped = dict(absent)
        for f in contract.fields:
            if f.from_cover:
                skipped[f.name] = (
                    pl.concat([absent[f.name], self.covered]) if f.name in absent else self.covered
                )
        return skipped

    def _missing_columns(self, contract: Contract) -> pl.DataFrame:
        """D01 for tables that lack a column whose answer is due."""
        found: list[pl.DataFrame] = []
        for name, sheets in self.absent.get(contract.name, {}).items():
            f = contract.field(name)
            if not (f.required or f.must_answer) or f.default is not None:
                continue
            lacking = sheets
            if f.from_cover:
                if contract.origins == frozenset({"society"}):
                    continue  # without a cover: S02 says so
                lacking = lacking.join(self.covered, on="sheet_no", how="anti")
            found.append(lacking.select("sheet_no", field=pl.lit(name), b=pl.lit(f.zh)))
        if not found:
            return no_findings()
        return as_findings(
            deviations.room_for_columns(
                self.grid, self.layout.sheets, self.layout.rows, pl.concat(found)
            ),
            family=contract.name, code="D01", verdict="R", variant="missing",
            a=workbook_layout()["template_version"],
        )  # fmt: skip

    def _misplaced(self, frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        """S10 for authority tables in a society's file, and for entries only a commissioner may make."""
        inside = frame.join(self.covered, on="sheet_no", how="semi", maintain_order="left")
        found = [no_findings()]
        if "society" not in contract.origins:
            found.append(
                as_findings(
                    inside.select(AT),
                    family=contract.name,
                    code="S10",
                    verdict="R",
                    a=contract.zh,
                    b=contract.en,
                )
            )
        elif "recorded_by" in frame.columns:
            own = next(v.zh for v in contract.field("recorded_by").enum if v.code != COMMISSIONER)
            posing = inside.filter(pl.col("recorded_by") == COMMISSIONER).select(AT)
            found.append(
                as_findings(
                    posing, family=contract.name, field="recorded_by", code="S10", verdict="R",
                    variant="commissioner", a=own,
                )
            )  # fmt: skip
        return pl.concat(found)


def _with_defaults(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    given = [f for f in contract.fields if f.default is not None]
    return frame.with_columns(pl.col(f.name).fill_null(pl.lit(f.default)) for f in given) if given else frame


def _absent_columns(layout: Layout) -> dict[str, dict[str, pl.DataFrame]]:
    """By family and field, the sheets of the family (sheet_no) that have no such column."""
    fields = pl.DataFrame(
        [(n, f.name) for n, c in load_contracts().items() for f in c.fields],
        schema={"family": pl.String, "field": pl.String},
        orient="row",
    )
    tables = layout.sheets.filter(pl.col("first_header").is_not_null()).select("sheet_no", "family")
    absent = tables.join(fields, on="family").join(layout.columns, on=["sheet_no", "field"], how="anti")
    found: dict[str, dict[str, pl.DataFrame]] = {}
    for (family, name), part in absent.partition_by("family", "field", as_dict=True).items():
        found.setdefault(str(family), {})[str(name)] = part.select("sheet_no")
    return found
