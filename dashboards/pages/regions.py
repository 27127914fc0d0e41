"""区域与学科: the 37 reporting lines as a grid of tiles, and the classes of disciplines side by side."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts, ranges, state
from dashboards.charts.tiles import shade
from dashboards.filters import COLUMNS
from dashboards.i18n import Texts
from dashboards.plots import chart
from dashboards.queries import regions as queries
from dashboards.tables import Head, Html, cell, share_bar, table
from dashboards.view import View, heading, run_line, section

TILES = Path(__file__).parents[1] / "tiles.yaml"
# Figures a tile may show, and whether they are shares (0–1) or scores (0–100).
MEASURES = {"filed_share": True, "best_share": True, "verified_share": True, "median": False}
OTHERS: tuple[queries.Column, ...] = ("cast_class", "level", "size_class")
FEW = 10  # societies: fewer say little about a region, and are shown so


@cache
def tiles() -> dict[str, tuple[int, int]]:
    """Column and row of each reporting line."""
    import yaml

    return {code: (x, y) for code, (x, y) in yaml.safe_load(TILES.read_text(encoding="utf-8")).items()}


def render(view: View) -> None:
    """The whole page."""
    t = view.texts
    heading(t("regions.title", year=view.run["year"]), run_line(view), proposed=True)
    ranges.note(view)
    found = queries.summary(view.con, "reporting_line", view.filters)
    measure = state.pick(
        "by", t("regions.measure"), list(MEASURES), lambda name: t(f"regions.measure.{name}"),
        default="filed_share",
    ) or "filed_share"  # fmt: skip
    section(t("regions.tiles.title"), t("regions.tiles.lead", few=FEW))
    chart(
        charts.tile_grid(_placed(found, measure, t), MEASURES[measure], t), "tiles", t("regions.tiles.title")
    )
    st.html(_key(t, MEASURES[measure]))
    section(t("regions.table.title"), t("regions.table.lead", few=FEW))
    _table(view, found, "reporting_line", t("regions.table.title"))
    for kind in OTHERS:
        lead = t("disciplines.lead") if kind == "cast_class" else t("regions.table.lead", few=FEW)
        section(t(f"regions.{kind}.title"), lead)
        _table(view, queries.summary(view.con, kind, view.filters), kind, t(f"regions.{kind}.title"))


def _key(t: Texts, is_share: bool) -> str:
    """What the tiles' shades mean."""
    unit = "%" if is_share else ""
    shades = f"background: linear-gradient(90deg, {shade(0)}, {shade(1)})"
    return (
        f'<p class="fq-legend fq-key"><span>0{unit} <i style="{shades}"></i> 100{unit}</span>'
        f'<span><i class="few"></i> {cell(t("regions.key.few", few=FEW))}</span>'
        f'<span><i class="nobody"></i> {cell(t("regions.key.nobody"))}</span></p>'
    )


def _placed(found: pl.DataFrame, measure: str, t: Texts) -> pl.DataFrame:
    """Every tile with its place, its name and its figure; lines without societies have none."""
    places = pl.DataFrame(
        [(code, x, y, t.label("reporting_line", code)) for code, (x, y) in tiles().items()],
        schema={"code": pl.String, "x": pl.Int64, "y": pl.Int64, "name": pl.String},
        orient="row",
    )
    counted = "societies_n" if measure == "filed_share" else "rated_n"
    return places.join(
        found.select("code", value=measure, n=counted), on="code", how="left", maintain_order="left"
    ).with_columns(pl.col("n").fill_null(0), is_few=pl.col("n").fill_null(0) < FEW)


def _table(view: View, found: pl.DataFrame, kind: queries.Column, caption: str) -> None:
    t = view.texts
    heads = [
        Head(t(f"filter.{kind}"), css="name"),
        Head(t("column.due"), True),
        Head(t("regions.measure.filed_share"), css="wide"),
        Head(t("card.rated"), True),
        Head(t("regions.median"), True),
        Head(t("regions.spread"), css="bar"),
        Head(t("regions.measure.best_share"), True),
        Head(t("regions.measure.verified_share"), True),
        Head(t("card.selected"), True),
    ]
    st.html(table(heads, [_row(view, one, kind) for one in found.iter_rows(named=True)], caption))


def _row(view: View, one: dict[str, Any], kind: str) -> tuple[str | None, ...]:
    t = view.texts
    few = one["rated_n"] < FEW
    middle = "" if one["median"] is None else f"{t.decimal(one['p25'])}–{t.decimal(one['p75'])}"
    return (
        t("regions.unknown")
        if one["code"] is None
        else view.link(t.label(kind, one["code"]), "assessment", **{COLUMNS[kind][0]: one["code"]}),
        t.integer(one["societies_n"]),
        share_bar(one["filed_share"], t.percent(one["filed_share"])),
        t.integer(one["rated_n"]),
        _faint(t.decimal(one["median"]), few),
        _faint(middle, few),
        _faint(t.percent(one["best_share"]), few),
        _faint(t.percent(one["verified_share"]), few),
        t.integer(one["selected_n"]),
    )


def _faint(text: str, few: bool) -> str:
    return Html(f'<span class="fq-few">{cell(text)}</span>') if few and text else text
