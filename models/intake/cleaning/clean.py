"""Wide text frames to typed frames, by way of the distinct answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from data_contracts.contract import Contract
from models.intake.cleaning.choices import clean_booleans, clean_choice_lists, clean_choices, clean_free_lists
from models.intake.cleaning.dates import clean_dates
from models.intake.cleaning.numbers import clean_numbers
from models.intake.cleaning.specs import ODD, VALUES, specs, spellings
from models.intake.cleaning.texts import clean_codes, clean_texts
from models.intake.cleaning.tidying import tidy, words
from models.intake.frames import ITEM_MARK, TEXT_MARK, as_findings, no_findings, workbook_layout
from models.intake.headers import families, normalised

Cleaner = Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame]]

CLEANERS: dict[str, Cleaner] = {
    "code": clean_codes,
    "text": clean_texts,
    "prose": clean_texts,
    "list": clean_free_lists,
    "choice": clean_choices,
    "choices": clean_choice_lists,
    "integer": clean_numbers,
    "number": clean_numbers,
    "date": clean_dates,
    "boolean": clean_booleans,
}
# Coded answers are looked up before the ambiguous words are: 无 can be a permitted value.
ANSWERED_WORDS = ("not_applicable", "not_counted")
CASTS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "string": lambda e: e,
    "integer": lambda e: e.cast(pl.Int64),
    "number": lambda e: e.cast(pl.Float64),
    "date": lambda e: e.str.to_date("%Y-%m-%d"),
    "boolean": lambda e: e == "true",
    "array": lambda e: e.str.split(ITEM_MARK),
}


@dataclass(frozen=True)
class Cleaned:
    """Typed frames by family (sheet_no, row, fields, the two lists of answered words) and findings."""

    typed: dict[str, pl.DataFrame]
    findings: pl.DataFrame


def clean(wide: Mapping[str, pl.DataFrame]) -> Cleaned:
    """Clean wide text frames (sheet_no, row, one text column a field) of several families."""
    distinct = _distinct(wide)
    values, found = clean_distinct(distinct)
    lookup = distinct.join(values, on="key", how="left", maintain_order="left")
    told = found.join(distinct.select("key", "family", "field", "raw"), on="key", maintain_order="left")
    answers = {key: part for key, part in _parts(lookup)}
    typed: dict[str, pl.DataFrame] = {}
    for name, frame in wide.items():
        typed[name] = _typed(families()[name], frame, answers)
    findings = [_placed(wide[key[0]], *key, part) for key, part in _parts(told)]
    return Cleaned(typed, pl.concat([no_findings(), *findings]))


def _parts(frame: pl.DataFrame) -> list[tuple[tuple[str, str], pl.DataFrame]]:
    parts: Any = frame.partition_by("family", "field", as_dict=True, maintain_order=True)
    return list(parts.items())


def _distinct(wide: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """key, family, field, raw: every distinct answer of every field."""
    parts = [
        frame.select(
            pl.col(f.name).drop_nulls().unique(maintain_order=True).implode() for f in families()[name].fields
        )
        .unpivot(variable_name="field", value_name="raw")
        .select(pl.lit(name).alias("family"), "field", "raw")
        for name, frame in wide.items()
    ]
    schema = pl.Schema([("family", pl.String()), ("field", pl.String()), ("raw", pl.List(pl.String()))])
    lists = pl.concat([pl.DataFrame(schema=schema), *parts])
    return lists.explode("raw").drop_nulls("raw").with_row_index("key")


def clean_distinct(distinct: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Clean distinct answers.

    Args:
        distinct: key, family, field, raw.

    Returns:
        key, canon (text of the value: ISO date, digits, code, items joined by ITEM_MARK), state
        (value, blank, not_applicable, not_counted, serial, bad); and the findings by key.
    """
    frame = distinct.join(specs(), on=["family", "field"], maintain_order="left")
    frame, found = tidy(frame)
    # Nothing more is said of an answer that is a formula's error or cannot be shown.
    hopeless = found.filter(pl.col("verdict") == "R").select("key").unique()
    bad = hopeless.select("key", canon=pl.lit(None, pl.String), state=pl.lit("bad"))
    frame = frame.join(hopeless, on="key", how="anti", maintain_order="left")
    frame = frame.with_columns(is_choice=_is_permitted(frame))
    frame, apart, vague = words(frame)
    values, findings = [pl.DataFrame(schema=VALUES), bad, apart], [pl.DataFrame(schema=ODD), found, vague]
    for key, part in frame.partition_by("shape", as_dict=True, maintain_order=True).items():
        some, told = CLEANERS[str(key[0])](part)
        values.append(some.select(VALUES.names()))
        findings.append(told)
    return pl.concat(values), pl.concat(findings)


def _is_permitted(frame: pl.DataFrame) -> pl.Series:
    """Whether an ambiguous word is a permitted value of this very field."""
    said = workbook_layout()["words"]
    listed = (
        frame.select("family", "field", label=normalised(pl.col("text")))
        .join(spellings(), on=["family", "field", "label"], how="left", maintain_order="left")["code"]
        .is_not_null()
    )
    spoken = frame.select(
        (pl.col("shape") == "boolean") & pl.col("text").is_in(said["yes"] + said["no"])
    ).to_series()
    return listed | spoken


def _typed(
    contract: Contract, frame: pl.DataFrame, answers: dict[tuple[str, str], pl.DataFrame]
) -> pl.DataFrame:
    schema = contract.polars_schema()
    columns: list[pl.Expr] = []
    marks: dict[str, list[pl.Expr]] = {state: [] for state in ANSWERED_WORDS}
    for f in contract.fields:
        lookup = answers.get((contract.name, f.name))
        if lookup is None:
            columns.append(pl.lit(None, schema[f.name]).alias(f.name))
            continue
        canon = pl.col(f.name)
        # Most columns need no repair at all: then nothing has to be looked up.
        if not lookup["raw"].eq_missing(lookup["canon"]).all():
            canon = canon.replace_strict(lookup["raw"], lookup["canon"], default=None, return_dtype=pl.String)
        columns.append(CASTS[f.kind](canon).alias(f.name))
        for state, named in marks.items():
            said = lookup.filter(pl.col("state") == state)["raw"]
            if said.len():
                named.append(pl.when(pl.col(f.name).is_in(said.implode())).then(pl.lit(f.name)))
    nothing = pl.lit([], dtype=pl.List(pl.String))
    lists = [
        (pl.concat_list(named).list.drop_nulls() if named else nothing).alias(f"{state}_fields")
        for state, named in marks.items()
    ]
    return frame.select("sheet_no", "row", *columns, *lists)


def _placed(frame: pl.DataFrame, family: str, field: str, told: pl.DataFrame) -> pl.DataFrame:
    """Findings about distinct answers, once for each row that gave the answer."""
    rows = frame.select("sheet_no", "row", raw=field).join(
        told.drop("key", "family", "field"), on="raw", maintain_order="left"
    )
    shown = rows.with_columns(value=pl.col("raw").str.strip_prefix(TEXT_MARK))
    return as_findings(shown, family=family, field=field)
