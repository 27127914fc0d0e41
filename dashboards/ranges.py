"""How pages show a score that is only told as a range, and that they say so."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.i18n import DASH, Texts
from dashboards.tables import SIGNS, Html, cell
from dashboards.view import View
from models.publication.coarse import rules
from models.publication.disclosure import SMALLEST_COUNT, SUPPRESSED_STATE

SIGN = SIGNS[SUPPRESSED_STATE]


def told(t: Texts, one: dict[str, Any]) -> str:
    """A score in words: itself, or the range that stands for it with its sign."""
    if not one["is_coarse"]:
        return t.score(one["score"])
    return f"{SIGN}{t.decimal(one['low'])}–{t.decimal(one['high'])}"


def score(view: View, one: dict[str, Any]) -> str:
    """A society's score, or its range, that leads to the reasons."""
    return DASH if one["score"] is None else view.why(told(view.texts, one), one["society_id"])


def note(view: View) -> None:
    """What the sign means, where the session sees such a society."""
    ((societies_n,),) = view.con.sql("select count(*) from cohort where is_coarse").fetchall()
    if societies_n:
        t = view.texts
        step = rules()["rank_step"]
        text = t("ranges.note", n=SMALLEST_COUNT, societies=t.integer(societies_n), step=step)
        st.html(Html(f'<p class="fq-none" role="note">{SIGN} {cell(text)}</p>'))
