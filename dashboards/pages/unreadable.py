"""What is shown in place of a run whose snapshot this version cannot read."""

from __future__ import annotations

import streamlit as st

from dashboards.i18n import Texts
from dashboards.tables import cell
from models.errors import FengqingError


def render(texts: Texts, error: FengqingError) -> None:
    """Say why, and what to do; the choice of runs beside it still works."""
    st.html(
        f'<section class="fq-empty" role="alert"><h1>{cell(texts("unreadable.title"))}</h1>'
        f"<p>{cell(error.text(texts.lang))}</p></section>"
    )
