"""The exports of the run in one place: every file that `fengqing export` writes, as far as the reader may."""

from __future__ import annotations

from itertools import groupby

import streamlit as st

from dashboards import gate
from dashboards.gate import recorded
from dashboards.grid import XLSX
from dashboards.tables import cell
from dashboards.view import View, section
from models.publication.exports import RunFile, run_files

MIMES = {"xlsx": XLSX, "csv": "text/csv", "json": "application/json"}
ANCHOR = "exports"


def render(view: View) -> None:
    """The section: a line a list, with what it is, and its files; each download is recorded."""
    t = view.texts
    is_part = gate.permission().scope.role != "national"
    section(t("exports.title"), t("exports.part") if is_part else t("exports.lead"), anchor=ANCHOR)
    files = run_files(view.con.cursor(), is_part=is_part, about=view.run)
    # Laid out by app.css: columns of Streamlit would be thirty elements more to send at every rerun.
    with st.container(key="exports"):
        for table, group in groupby(files, key=lambda one: one.table):
            _line(view, table, list(group))


def _line(view: View, table: str, files: list[RunFile]) -> None:
    t = view.texts
    st.html(f"<p><b>{cell(t(f'exports.{table}'))}</b> {cell(t(f'exports.{table}.what'))}</p>")
    for one in files:
        kind = one.name.rpartition(".")[2]
        st.download_button(
            one.name,
            recorded(one.make, f"{table}.{kind}", view.run["run_id"]),
            file_name=one.name,
            mime=MIMES[kind],
            key=f"export_{table}_{kind}",
            on_click="ignore",
            width="stretch",
        )
