"""Checks of one typed row against its contract: answers due, units, dates, rules, repeated keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import polars as pl

from data_contracts.contract import Contract, Field, Rule
from data_contracts.defects import Lang, facts, load_defects
from models.intake.cleaning.dates import DAYS_1904
from models.intake.frames import ITEM_MARK, as_findings

AT = ["sheet_no", "row"]
# A serial number far from the report year is a slip, not a date.
YEARS_BACK, YEARS_AHEAD = 40, 1
# From this size on, as many unique viewers as views can only be the views again (defect 26).
VIEWS_FLOOR = 20


def settle_serials(
    typed: pl.DataFrame, contract: Contract, cleaned: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decide for each Excel serial between the 1900 and the 1904 system by the report year.

    `cleaned` holds the D15 findings of the family. Returns the typed frame, and the findings that
    replace them: A with the date chosen, or R where neither fits.
    """
    done: list[pl.DataFrame] = []
    strict = {f for r in contract.rules if r.defect == "D18" for f in r.fields}
    for name in cleaned["field"].unique(maintain_order=True):
        mine = cleaned.filter(pl.col("field") == name)
        rows = mine.join(typed.select(*AT, "report_year", then=name), on=AT, maintain_order="left")
        year = pl.col("report_year")
        old, new = pl.col("then"), pl.col("then") + pl.duration(days=DAYS_1904)

        def fits(day: pl.Expr, is_strict: bool = name in strict, year: pl.Expr = year) -> pl.Expr:
            if is_strict:
                return day.dt.year() == year
            return day.dt.year().is_between(year - YEARS_BACK, year + YEARS_AHEAD)

        # Without a usable year the row is returned with its cover anyway.
        chosen = rows.with_columns(
            day=pl.when(fits(old) | year.is_null()).then(old).when(fits(new)).then(new)
        ).with_columns(
            repaired=pl.col("day").dt.strftime("%Y-%m-%d"),
            verdict=pl.when(pl.col("day").is_null()).then(pl.lit("R")).otherwise(pl.lit("A")),
        )
        patch = chosen.select(*AT, "day", is_serial=pl.lit(True)).unique(AT)
        typed = (
            typed.join(patch, on=AT, how="left", maintain_order="left")
            .with_columns(pl.when("is_serial").then("day").otherwise(name).alias(name))
            .drop("day", "is_serial")
        )
        done.append(as_findings(chosen))
    return typed, pl.concat([cleaned.clear(), *done])


def settle_units(
    typed: pl.DataFrame, contract: Contract, columns: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Amounts under a heading in 万元 become yuan (D22). `columns` holds sheet_no, field, factor."""
    found: list[pl.DataFrame] = []
    scaled = columns.filter((pl.col("family") == contract.name) & (pl.col("factor") != 1))
    for f in contract.fields if scaled.height else ():
        factors = scaled.filter(pl.col("field") == f.name).select("sheet_no", "factor")
        if factors.is_empty():
            continue
        typed = typed.join(factors, on="sheet_no", how="left", maintain_order="left")
        changed = typed.filter(pl.col("factor").is_not_null() & pl.col(f.name).is_not_null())
        amount = pl.col(f.name) * pl.col("factor")
        found.append(
            as_findings(
                changed.select(*AT, value=_shown(pl.col(f.name)), repaired=_shown(amount.round(2))),
                family=contract.name,
                field=f.name,
                code="D22",
                verdict="A",
                a="万" + (f.unit or ""),
                b=f.unit or "",
            )
        )
        typed = typed.with_columns(
            pl.when(pl.col("factor").is_not_null()).then(amount.round(2)).otherwise(f.name).alias(f.name)
        ).drop("factor")
    return typed, pl.concat(found) if found else as_findings(typed.select(AT).clear(), code="", verdict="")


def implausible_amounts(typed: pl.DataFrame, contract: Contract) -> Iterator[pl.DataFrame]:
    """D22: amounts too small or too large to be in yuan. Nil is an amount."""
    for f in contract.fields:
        if f.plausible_minimum is None or f.plausible_maximum is None:
            continue
        amount = pl.col(f.name)
        odd = typed.filter((amount != 0) & ~amount.is_between(f.plausible_minimum, f.plausible_maximum))
        if odd.height:
            yield as_findings(
                odd.select(*AT, value=_shown(amount)),
                family=contract.name, field=f.name, code="D22", verdict="R",
            )  # fmt: skip


def _shown(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.String).str.strip_suffix(".0")


def blanks(
    wide: pl.DataFrame, contract: Contract, skipped: Mapping[str, pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """D20 for answers that are due and missing; `skipped` names the sheets where a field is not asked."""
    gaps = dict(zip(wide.columns, wide.null_count().row(0), strict=True))
    for f in contract.fields:
        if not gaps[f.name] or not (f.required or f.must_answer) or f.default is not None:
            continue
        empty = wide.filter(pl.col(f.name).is_null()).select(AT)
        if f.name in skipped:
            empty = empty.join(skipped[f.name], on="sheet_no", how="anti", maintain_order="left")
        if empty.height:
            variant = "blank" if f.must_answer else "due"
            yield as_findings(
                empty, family=contract.name, field=f.name, code="D20", verdict="R", variant=variant
            )


def future_dates(typed: pl.DataFrame, contract: Contract, today: date) -> Iterator[pl.DataFrame]:
    """D17 for dates that record what has happened and lie ahead of today."""
    names = [f.name for f in contract.fields if f.kind == "date" and not f.may_be_future]
    latest = typed.select(pl.col(names).max()).row(0) if names else ()
    for name, last in zip(names, latest, strict=True):
        if last is not None and last > today:
            yield as_findings(
                typed.filter(pl.col(name) > today).select(*AT, value=pl.col(name).cast(pl.String)),
                family=contract.name, field=name, code="D17", verdict="R", variant="future",
            )  # fmt: skip


def rules(typed: pl.DataFrame, contract: Contract) -> Iterator[pl.DataFrame]:
    """The contract's rules; a null in one lets the row pass."""
    if not contract.rules:
        return
    holds = typed.select(pl.sql_expr(r.holds).alias(r.name) for r in contract.rules)
    for rule in contract.rules:
        if not holds[rule.name].all():
            yield _broken(typed.filter(~holds[rule.name]), contract, rule)


def _broken(broken: pl.DataFrame, contract: Contract, rule: Rule) -> pl.DataFrame:
    """A finding a row, about every field of the rule: what is filed (a, b) and what must hold (c, d)."""
    defect = load_defects()[rule.defect]
    verdict = defect.default if rule.is_hard else "W"
    fields = [contract.field(n) for n in rule.fields]
    # The year comes from the cover: it is told of, and not marked on every row that lies outside it.
    shown = [*fields, contract.field("report_year")] if "report_year" in rule.holds else fields
    values = pl.concat_str((_as_filed(f, "zh") for f in fields), separator="、", ignore_nulls=True)
    return as_findings(
        broken.select(
            *AT,
            value=pl.when(values != "").then(values),
            a=_facts(shown, "zh"),
            b=_facts(shown, "en"),
        ),
        family=contract.name,
        field=fields[0].name,
        also=ITEM_MARK.join(rule.fields[1:]) or None,
        c=rule.zh,
        d=rule.en,
        code=rule.defect,
        verdict=verdict,
        variant="rule" if ("rule", verdict) in defect.messages else "",
    )


def _as_filed(f: Field, lang: Lang) -> pl.Expr:
    """A typed value as text; of a code its label."""
    labels = {v.code: v.en if lang == "en" else v.zh for v in f.enum}
    value = pl.col(f.name)
    if f.kind == "array":
        return value.list.eval(pl.element().replace(labels)).list.join("、")
    return value.cast(pl.String).replace(labels) if labels else value.cast(pl.String)


def _facts(fields: Sequence[Field], lang: Lang) -> pl.Expr:
    """What stands in the fields, in words."""
    said = facts(lang)
    parts = []
    for f in fields:
        before, after = said["filled"].replace("{label}", f.en if lang == "en" else f.zh).split("{value}")
        told = pl.concat_str(pl.lit(before), _as_filed(f, lang), pl.lit(after))
        blank = said["blank"].replace("{label}", f.en if lang == "en" else f.zh)
        parts.append(told.fill_null(pl.lit(blank)))
    return pl.concat_str(parts, separator=said["between"])


def views_as_people(typed: pl.DataFrame, contract: Contract) -> Iterator[pl.DataFrame]:
    """D26: the number of unique viewers is the number of views, or more."""
    names = {f.name for f in contract.fields}
    if {"online_unique_n", "views_n"} <= names:
        same = typed.filter(
            (pl.col("online_unique_n") >= pl.col("views_n")) & (pl.col("views_n") >= VIEWS_FLOOR)
        )
        if same.height:
            yield as_findings(
                same.select(*AT, value=pl.col("online_unique_n").cast(pl.String)),
                family=contract.name, field="online_unique_n", also="views_n", code="D26", verdict="Q",
                a=contract.field("online_unique_n").zh,
            )  # fmt: skip


def ragged(loose: pl.DataFrame, widths: pl.DataFrame) -> pl.DataFrame:
    """S14 for rows of delimited files with text beyond the header's last column.

    `loose` holds sheet_no, row, col, text of cells without a field; `widths` sheet_no, width.
    """
    beyond = loose.join(widths, on="sheet_no", maintain_order="left").filter(pl.col("col") > pl.col("width"))
    return as_findings(
        beyond.unique(AT, keep="first", maintain_order=True).select(
            *AT, "col", value=pl.col("text"), a=pl.col("width").cast(pl.String)
        ),
        code="S14",
        verdict="R",
    )


def repeated_keys(typed: pl.DataFrame, contract: Contract, file_ids: pl.DataFrame) -> pl.DataFrame:
    """S01 for rows of a file whose key an earlier row of the file has.

    `file_ids` maps sheet_no to file_id. The last part of the key is named and quoted.
    """
    key = list(contract.key)
    # Of the hashes first, whatever the file: nearly all keys stand once, and are then no more looked at.
    likely = typed.select(*AT, *key).filter(pl.struct(key).hash().is_duplicated())
    keyed = likely.drop_nulls(key).join(file_ids, on="sheet_no", maintain_order="left")
    repeats = keyed.filter(pl.struct("file_id", *key).is_duplicated()).sort("file_id", "sheet_no", "row")
    later = repeats.with_columns(a=pl.col("row").first().over("file_id", *key).cast(pl.String)).filter(
        pl.int_range(pl.len()).over("file_id", *key) > 0
    )
    return as_findings(
        later.select(*AT, "a", value=pl.col(key[-1]).cast(pl.String)),
        family=contract.name, field=key[-1], code="S01", verdict="R",
    )  # fmt: skip
