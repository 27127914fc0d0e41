"""The manifest of a run: everything its numbers depend on, and the run's name made from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from models.assessment.methodology import Methodology

ROOT = Path(__file__).parents[2]
# The packages whose code decides the numbers, and the libraries that do the arithmetic.
CODE = ("data_contracts", "models")
CODE_SUFFIXES = (".py", ".sql", ".yaml")
LIBRARIES = ("duckdb", "numpy", "polars", "scipy")

# Files of later years cannot bear on this one, so that they do not rename an old run.
INPUTS = """
select file_id from files
where status = 'current' and (report_year is null or report_year <= $1)
order by file_id
"""


@dataclass(frozen=True)
class Manifest:
    """What a run was made from. `methodology` is the whole method as plain data, for the snapshot."""

    year: int
    seed: int
    inputs_hash: str
    methodology_id: str
    methodology_version: str
    methodology_hash: str
    code_version: str
    libraries: dict[str, str]
    past_hash: str
    methodology: dict[str, Any]

    @property
    def digest(self) -> str:
        """Hash of everything but the methodology's text, which its own hash stands for."""
        return _sha256(json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=False).encode())

    @property
    def run_id(self) -> str:
        """Year and the first ten digits of the digest: the same manifest has the same name."""
        return f"{self.year}-{self.digest[:10]}"

    def as_dict(self) -> dict[str, Any]:
        """The manifest as written to `manifest.json` and into the snapshot."""
        return {
            "year": self.year,
            "seed": self.seed,
            "inputs_hash": self.inputs_hash,
            "methodology": {
                "id": self.methodology_id,
                "version": self.methodology_version,
                "sha256": self.methodology_hash,
            },
            "code_version": self.code_version,
            "libraries": self.libraries,
            "past_hash": self.past_hash,
        }


def build(
    con: DuckDBPyConnection, methodology: Methodology, year: int, seed: int, past: pl.DataFrame | None = None
) -> Manifest:
    """The manifest of a run over the warehouse that `con` reads.

    `past` is what was given to `assess`: earlier selections (society_id, year), on which rotation depends.
    """
    earlier = [] if past is None else sorted(past.select("year", "society_id").rows())
    plain = methodology.model_dump(mode="json")
    return Manifest(
        year=year,
        seed=seed,
        inputs_hash=inputs_hash(con, year),
        methodology_id=methodology.id,
        methodology_version=methodology.version,
        # Of the content, so that a method built in code is told apart too.
        methodology_hash=_sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()),
        code_version=code_version(),
        libraries={name: version(name) for name in LIBRARIES},
        past_hash=_sha256(json.dumps(earlier).encode()),
        methodology=plain,
    )


def inputs_hash(con: DuckDBPyConnection, year: int) -> str:
    """Hash of the sha256 of every current file up to `year`, in order."""
    found = con.sql(INPUTS, params=[year]).fetchall()
    return _sha256("\n".join(file_id for (file_id,) in found).encode())


@cache
def code_version() -> str:
    """Package version and a digest of the code, its SQL and its YAML; needs no git."""
    digest = hashlib.sha256()
    for package in CODE:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in CODE_SUFFIXES and path.is_file():
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return f"{version('fengqing')}+{digest.hexdigest()[:12]}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
