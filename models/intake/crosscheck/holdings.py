"""What the warehouse holds already that a new batch is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from data_contracts.contract import load_contracts
from models.intake.crosscheck.fingerprints import Fingerprints
from models.intake.crosscheck.settings import settings

if TYPE_CHECKING:
    import duckdb

KEY = ("society_id", "report_year")
SESSION = (*KEY, "session_id", "name", "held_on", "mode", "role", "onsite_n", "online_unique_n")
DOCUMENT = (*KEY, "doc_id", "doc_type", "title", "doc_sha256")
REGISTER = (*KEY, "name", "reporting_line", "source_file")
FILE = ("file_id", "name", *KEY, "status")


@dataclass(frozen=True)
class Holdings:
    """Accepted rows of earlier batches, only the columns that are compared.

    `registers`, `sessions` and `documents` as in their contracts; `texts`: society_id, report_year,
    family, field, text; `files`: file_id, name, society_id, report_year, status; `units`: name.
    `fingerprints`: of texts, this batch's and earlier ones'.
    """

    registers: pl.DataFrame
    sessions: pl.DataFrame
    documents: pl.DataFrame
    texts: pl.DataFrame
    files: pl.DataFrame
    units: pl.DataFrame
    fingerprints: Fingerprints = field(default_factory=Fingerprints)

    @classmethod
    def load(cls, con: duckdb.DuckDBPyConnection, fingerprints: Fingerprints | None = None) -> Holdings:
        """Read them from an open warehouse.

        Args:
            con: the warehouse.
            fingerprints: what earlier batches knew of their texts, and this one will add to.
        """
        shortest = settings()["similarity"]["minimum_length"]
        prose = " union all ".join(
            f"select society_id, report_year, '{family}' as family, '{name}' as field, {name} as text "
            f"from main.{family} where length({name}) >= {shortest}"
            for family, name in text_fields()
        )
        queries = {
            "registers": f"select {', '.join(REGISTER)} from main.societies",
            "sessions": f"select {', '.join(SESSION)} from main.education_sessions",
            "documents": f"select {', '.join(DOCUMENT)} from main.documents where doc_sha256 is not null",
            "texts": prose,
            "files": f"select {', '.join(FILE)} from files where status <> 'container'",
            "units": "select distinct name from main.units order by name",
        }
        schemas = _schemas()
        rows: dict[str, Any] = {n: con.sql(q).pl().cast(schemas[n]) for n, q in queries.items()}
        return cls(**rows, fingerprints=fingerprints or Fingerprints())

    @classmethod
    def nothing(cls) -> Holdings:
        """An empty warehouse's."""
        rows: dict[str, Any] = {name: pl.DataFrame(schema=schema) for name, schema in _schemas().items()}
        return cls(**rows)


def text_fields() -> list[tuple[str, str]]:
    """Family and field of the texts that are compared."""
    return [(family, f) for family, names in settings()["similarity"]["fields"].items() for f in names]


@cache
def _schemas() -> dict[str, pl.Schema]:
    def part(family: str, names: tuple[str, ...]) -> pl.Schema:
        schema = load_contracts()[family].polars_schema()
        return pl.Schema({n: schema[n] for n in names})

    own = {n: t for n, t in load_contracts()["societies"].polars_schema().items() if n in KEY}
    return {
        "registers": part("societies", REGISTER),
        "sessions": part("education_sessions", SESSION),
        "documents": part("documents", DOCUMENT),
        "texts": pl.Schema({**own, **dict.fromkeys(("family", "field", "text"), pl.String())}),
        "files": pl.Schema({n: own.get(n, pl.String()) for n in FILE}),
        "units": pl.Schema({"name": pl.String()}),
    }
