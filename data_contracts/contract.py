"""Load the ODCS contracts: families, fields, headers, enum codes, rules, Polars schemas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

CONTRACTS_DIR = Path(__file__).parent

Kind = Literal["string", "integer", "number", "date", "boolean", "array"]
Origin = Literal["society", "authority", "checkin"]


@dataclass(frozen=True)
class EnumValue:
    """One allowed value: stored code, Chinese and English label, and spellings met in files."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every text that means this value: code, label, aliases."""
        return (self.code, self.zh, *self.aliases)


@dataclass(frozen=True)
class Field:
    """One column of a family.

    `required` columns are NOT NULL. `must_answer` columns may be null only where the society
    wrote 不适用 or 未统计 (a blank is returned, defect 20). `from_cover` columns are read from the
    workbook's cover and repeated on each row of the file. `header_group` is the upper cell of a
    two-row header. `may_be_future`: a date that can be a plan. `needs_day`: a date whose day may not be
    missing. An amount outside `plausible_minimum` and `plausible_maximum`, nil aside, is in the wrong unit.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    description: str
    header_aliases: tuple[str, ...]
    enum: tuple[EnumValue, ...]
    required: bool
    must_answer: bool
    key_position: int | None
    from_cover: bool
    header_group: str | None
    unit: str | None
    transform: str | None
    default: str | None
    minimum: float | None
    maximum: float | None
    max_length: int | None
    pattern: str | None
    format: str | None
    classification: str
    references: str | None
    example: Any
    may_be_future: bool = False
    needs_day: bool = False
    plausible_minimum: float | None = None
    plausible_maximum: float | None = None

    @property
    def is_key(self) -> bool:
        """Whether the column is part of the primary key."""
        return self.key_position is not None

    @property
    def sql_type(self) -> str:
        """The DuckDB type."""
        return SQL_TYPES[self.kind]

    @property
    def headers(self) -> tuple[str, ...]:
        """Every header under which this column is met, the contract's own first."""
        return (self.zh, *self.header_aliases)


@dataclass(frozen=True)
class Rule:
    """A rule over one row: the SQL expression must not be false (null passes).

    Written in the SQL that both Polars and DuckDB read alike. `zh` and `en` say what must hold. `fields` are
    the columns it relates, the society's year aside; the first is the one a finding is filed under.
    """

    name: str
    zh: str
    en: str
    holds: str
    fields: tuple[str, ...]
    defect: str
    is_hard: bool


@dataclass(frozen=True)
class Relationship:
    """Columns of this family that must be found in another family's columns."""

    columns: tuple[str, ...]
    to_family: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """One family: what it is called, where it is found, its columns, rules and relationships.

    `is_bulk`: millions of rows, so that a key enforced row by row would cost more than the load itself.
    """

    name: str
    zh: str
    en: str
    description: str
    version: str
    clause: str
    sheets: tuple[str, ...]
    origins: frozenset[str]
    classification: str
    is_bulk: bool
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    relationships: tuple[Relationship, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary-key columns, in order."""
        keyed = [f for f in self.fields if f.key_position is not None]
        return tuple(f.name for f in sorted(keyed, key=lambda f: f.key_position or 0))

    def field(self, name: str) -> Field:
        """The column of that name; KeyError if there is none."""
        for f in self.fields:
            if f.name == name:
                return f
        raise KeyError(f"{self.name} has no field {name!r} 合约“{self.zh}”没有字段 {name}")

    def polars_schema(self) -> pl.Schema:
        """Column names and Polars types of accepted rows, lineage columns last."""
        import polars as pl

        types: dict[str, Any] = {
            "string": pl.String,
            "integer": pl.Int64,
            "number": pl.Float64,
            "date": pl.Date,
            "boolean": pl.Boolean,
            "array": pl.List(pl.String),
        }
        return pl.Schema({f.name: types[f.kind] for f in (*self.fields, *LINEAGE)})


SQL_TYPES: dict[str, str] = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "boolean": "BOOLEAN",
    "array": "VARCHAR[]",
}


def _lineage(name: str, kind: Kind, zh: str, en: str, required: bool = True) -> Field:
    return Field(
        name=name, kind=kind, zh=zh, en=en, description="", header_aliases=(), enum=(), required=required,
        must_answer=False, key_position=None, from_cover=False, header_group=None, unit=None, transform=None,
        default=None, minimum=None, maximum=None, max_length=None, pattern=None, format=None,
        classification="internal", references=None, example=None,
    )  # fmt: skip


# Every accepted row carries these to the end. The last two keep “不适用” and “未统计” apart from blank.
LINEAGE: tuple[Field, ...] = (
    _lineage("row_id", "string", "行标识", "Row id"),
    _lineage("source_file", "string", "来源文件（sha256）", "Source file (sha256)"),
    _lineage("source_sheet", "string", "来源表", "Source sheet"),
    _lineage("source_row", "integer", "来源行号", "Source row"),
    _lineage("not_applicable_fields", "array", "填“不适用”的字段", "Fields answered “not applicable”", False),
    _lineage("not_counted_fields", "array", "填“未统计”的字段", "Fields answered “not counted”", False),
)


@cache
def load_contracts() -> dict[str, Contract]:
    """All contracts by family name, in the order a load must respect (parents first)."""
    from data_contracts.odcs import read_contract

    found = {c.name: c for c in map(read_contract, sorted(CONTRACTS_DIR.glob("*.odcs.yaml")))}
    ordered: dict[str, Contract] = {}

    def place(name: str) -> None:
        if name in ordered:
            return
        for rel in found[name].relationships:
            place(rel.to_family)
        ordered[name] = found[name]

    for name in found:
        place(name)
    return ordered


def load_contract(family: str) -> Contract:
    """The contract of one family; KeyError naming the known families if there is none."""
    contracts = load_contracts()
    if family not in contracts:
        raise KeyError(f"no contract {family!r}; known: {', '.join(contracts)} 没有名为 {family} 的合约")
    return contracts[family]
