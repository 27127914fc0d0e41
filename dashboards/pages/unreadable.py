"""What is shown in place of a run that cannot be read, or of a page that could not be drawn."""

from __future__ import annotations

import streamlit as st

from dashboards.i18n import Texts
from dashboards.tables import cell
from models.clock import utc_now
from models.errors import FengqingError


def render(texts: Texts, error: FengqingError) -> None:
    """Say why, and what to do; the choice of runs beside it still works."""
    st.html(
        f'<section class="fq-empty" role="alert"><h1>{cell(texts("unreadable.title"))}</h1>'
        f"<p>{cell(error.text(texts.lang))}</p><p>{cell(texts('unreadable.next'))}</p></section>"
    )


def fault(texts: Texts) -> None:
    """A fault of ours: say so, when it was, and what to do; the server's log has the rest."""
    said = texts("fault.lead", at=texts.moment(utc_now()))
    st.html(
        f'<section class="fq-empty fq-fault" role="alert"><h1>{cell(texts("fault.title"))}</h1>'
        f"<p>{cell(said)}</p></section>"
    )
