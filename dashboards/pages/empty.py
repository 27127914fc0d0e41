"""What is shown before anything has been published."""

from __future__ import annotations

import streamlit as st

from dashboards.i18n import Texts
from dashboards.tables import cell


def render(texts: Texts) -> None:
    """Say that there is no run yet, and how to make one."""
    steps = "".join(
        f"<li><span>{cell(texts(f'empty.step{n}'))}</span><code>{cell(texts(f'empty.command{n}'))}</code></li>"
        for n in (1, 2, 3)
    )
    st.html(
        f'<section class="fq-empty"><h1>{cell(texts("empty.title"))}</h1><p>{cell(texts("empty.lead"))}</p>'
        f"<ol>{steps}</ol><p>{cell(texts('empty.note'))}</p></section>"
    )
