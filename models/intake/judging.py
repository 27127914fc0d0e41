"""Judge a batch of files: each row accepted, returned, quarantined or not data, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_contracts.contract import Contract, load_contracts
from models.intake import covers, crosscheck, register, relations
from models.intake.frames import SourceFile
from models.intake.outcome import Judged, assemble, verdicts
from models.intake.preparing import Prepared, Terms, prepare

__all__ = ["Context", "Judged", "SourceFile", "judge", "settle", "source_file"]

AT = ["sheet_no", "row"]


@dataclass(frozen=True, kw_only=True)
class Context(Terms):
    """What is known besides the files.

    `register`: accepted rows of `societies`, None where there is no register (its checks are then
    left out). `known_keys`: of each parent family the key columns accepted before, None where there is
    no warehouse. `held`: rows of other societies and years to compare with, None where there is no
    warehouse.
    """

    register: pl.DataFrame | None
    known_keys: Mapping[str, pl.DataFrame] | None
    held: crosscheck.Holdings | None = None


def judge(files: Sequence[SourceFile], context: Context) -> Judged:
    """Judge many files together.

    Registers in the batch are settled before the reports that name their societies, and parents
    before children, whatever the order of `files`.

    Raises:
        FengqingError: rows read and rows judged do not add up, which is a fault of the program.
    """
    return settle(prepare(files, context), context)


def settle(prepared: Prepared, context: Context) -> Judged:
    """The second half of judging: what needs other rows, of the batch and of the warehouse.

    Raises:
        FengqingError: as `judge`.
    """
    bench = _Bench(prepared, context)
    bench.check_together()
    return assemble(
        prepared.files,
        prepared.grid,
        prepared.layout,
        prepared.answers,
        bench.cover,
        bench.typed,
        bench.findings,
        bench.accepted,
    )


class _Bench:
    """One batch on its way through the checks that take in other rows."""

    def __init__(self, prepared: Prepared, context: Context) -> None:
        self.layout, self.cover, self.data = prepared.layout, prepared.cover, prepared.data
        self.covered, self.context = prepared.covered, context
        self.typed = dict(prepared.typed)
        self.accepted: dict[str, pl.DataFrame] = {}
        self.found: list[pl.DataFrame] = [prepared.findings]
        self.held = context.held or crosscheck.Holdings.nothing()
        self.names = pl.DataFrame(
            [(f.file_id, f.name) for f in prepared.files],
            schema={"file_id": pl.String, "name": pl.String},
            orient="row",
        )

    @property
    def findings(self) -> pl.DataFrame:
        return pl.concat(self.found)

    def check_together(self) -> None:
        """What needs other rows: the register, parents, what other files say."""
        order = [n for n in load_contracts() if n in self.typed]
        for name in ("societies", *(n for n in order if n != "societies")):
            if name in self.typed:
                self._settle(name, load_contracts()[name])
        files = self.layout.sheets.select("sheet_no", "file_id")
        self.found.append(crosscheck.warnings(self.accepted, files, self.names, self.held))

    def _settle(self, name: str, contract: Contract) -> None:
        """Check the register and the parents of one family, then take in what is accepted."""
        sheets = self.layout.sheets.select("sheet_no", "file_id")
        if name == "societies":
            self.found.append(crosscheck.register_lines(self.typed[name], sheets, self.held))
        if name == "annual_reports":
            self._check_names()
            units = self.accepted.get("units", self.held.units)
            self.found.append(crosscheck.two_channels(self.cover, self.names, units, self.held))
        # What follows its cover has no parents to miss.
        following = self.findings.filter(pl.col("code") == "S02").select(AT)
        alone = self.typed[name].join(following, on=AT, how="anti", maintain_order="left")
        known = self.context.known_keys
        self.found.append(relations.missing_parents(alone, contract, self.accepted, known, self.covered))
        if name == "annual_reports":
            before = pl.col("code") == "S02"
            self.found = [f.filter(~before) for f in self.found]
            self.found.append(covers.follow_cover(self.findings, self.data, self.layout.sheets, self.cover))
        judged = verdicts(self.findings, self.data.filter(pl.col("family") == name), self.layout.sheets)
        self.accepted[name] = self.typed[name].join(
            judged.filter(pl.col("verdict") == "accepted").select(AT),
            on=AT,
            how="semi",
            maintain_order="left",
        )

    def _check_names(self) -> None:
        names = register.register_of(self.context.register, self.accepted.get("societies"))
        self.found.append(register.branches(self.cover, names))
        if names is None:
            return
        renamed, found = register.check_names(self.cover, names)
        self.found.append(found)
        if renamed.height:
            files = (
                self.layout.sheets.select("sheet_no", "file_id").join(renamed, on="file_id").drop("file_id")
            )
            reports = self.typed["annual_reports"]
            self.typed["annual_reports"] = (
                reports.join(files, on="sheet_no", how="left", maintain_order="left")
                .with_columns(name=pl.coalesce("registered", "name"))
                .select(reports.columns)
            )


def source_file(path: Path) -> SourceFile:
    """A file on disk as judging takes it, known by its sha256."""
    import hashlib

    with path.open("rb") as stream:
        return SourceFile(hashlib.file_digest(stream, "sha256").hexdigest(), path, path.name)
