"""The gate every rerun passes: who is here, may they still be, and what is written into the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboards import settings, signin
from dashboards.access import Scope
from dashboards.i18n import Texts
from dashboards.permission import SESSIONS, Permission, permit
from dashboards.tables import cell
from models import audit
from models.errors import FengqingError

# Without sign-in: whoever sits at this machine.
LOCAL = Permission("local", Scope())
HELD = "permission"
RECORDED = "recorded_views"


def enter(t: Texts) -> bool:  # noqa: PLR0911 - each way of not entering
    """Whether the page may be drawn; if not, what is drawn instead says why and what to do.

    Asked at every rerun: signing out in one tab ends the others at their next click.
    """
    known = signin.load()
    if known is None:
        st.session_state[HELD] = LOCAL
        return True
    held: Permission | None = st.session_state.get(HELD)
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        _forget()
        _wall(t("signin.title"), t("signin.lead"))
        st.button(t("signin.button"), key="sign_in", type="primary", on_click=st.login)
        return False
    is_new = not SESSIONS.is_used(claims)
    if not SESSIONS.admit(claims, known.access):
        _forget()
        _wall(t("signin.expired.title"), t("signin.expired.lead"))
        st.button(t("signin.again"), key="sign_in", type="primary", on_click=st.logout)
        return False
    found = permit(claims, known.access)
    if found != held:
        # What was worked out so far is for whoever it was worked out for.
        _forget()
    if found is None:
        if is_new and not _told(t, str(claims.get("sub")), "none", "refused", "sign_in"):
            return False
        _wall(t("no_permission.title"), t("no_permission.lead"))
        st.button(t("signin.out"), key="sign_out", on_click=_sign_out, args=(claims,))
        return False
    if is_new and not _told(t, found.who, _role(found.scope), "sign_in", "-"):
        SESSIONS.end(claims)
        return False
    st.session_state[HELD] = found
    with st.sidebar:
        st.html(f'<p class="fq-who">{cell(t("signin.who", who=_name(claims)))}</p>')
        st.button(t("signin.out"), key="sign_out", type="tertiary", on_click=_sign_out, args=(claims,))
    return True


def permission() -> Permission:
    """Whose session this is. With sign-in a KeyError before `enter`: nothing is shown to nobody."""
    if signin.load() is None:
        return LOCAL
    found: Permission = st.session_state[HELD]
    return found


def view_recorded(t: Texts, page: str, run_id: str | None, **about: audit.About) -> bool:
    """Write into the audit log that this page was seen, once for each run and all of `about` in a session.

    `about`: whom and what it shows, as it is about to be drawn, not as the URL had it. False if it cannot be
    written: then the page says so instead of showing anything.
    """
    if signin.load() is None:
        return True
    what = audit.subject(page, **about)
    if what in (done := st.session_state.setdefault(RECORDED, {})) and done[what] == run_id:
        return True
    who = permission()
    if not _told(t, who.who, _role(who.scope), "view", what, run_id):
        return False
    done[what] = run_id
    return True


def recorded(
    make: Callable[[], bytes], what: str, run_id: str | None, **about: audit.About
) -> Callable[[], bytes]:
    """`make`, which first writes into the audit log that `what` is taken away; raises if it cannot.

    `about`: whom and what it holds, as of a view.

    With sign-in only what this made opens at its address, for the sign-in it was made for (fileguard.py).
    """
    if signin.load() is None:
        return make
    who, home = permission(), settings.load().home
    claims = st.user.to_dict()

    def taken() -> bytes:
        known = signin.load()
        # The button may have been drawn long ago.
        if known is None or not SESSIONS.admit(claims, known.access):
            raise FengqingError(
                "SIGNED_OUT", "登录已失效，请重新登录。", "Sign in again: the session has ended."
            )
        audit.record(home, who.who, _role(who.scope), "download", audit.subject(what, **about), run_id)
        data = make()
        SESSIONS.hand_out(claims, data)
        return data

    return taken


def _role(scope: Scope) -> str:
    name = scope.role if scope.value is None else f"{scope.role}:{scope.value}"
    return f"{name}+cases" if scope.cases else name


def _name(claims: dict[str, Any]) -> str:
    return str(claims.get("name") or claims.get("preferred_username") or claims.get("sub"))


def _told(t: Texts, who: str, role: str, action: str, what: str, run_id: str | None = None) -> bool:  # noqa: PLR0913, PLR0917 - the columns of the log
    try:
        audit.record(settings.load().home, who, role, action, what, run_id)
    except FengqingError as error:
        st.html(f'<section class="fq-empty" role="alert"><h1>{cell(t("audit.failed"))}</h1>'
                f"<p>{cell(error.text(t.lang))}</p></section>")  # fmt: skip
        return False
    return True


def _sign_out(claims: dict[str, Any]) -> None:
    SESSIONS.end(claims)
    held: Permission | None = st.session_state.get(HELD)
    try:
        audit.record(settings.load().home, str(claims.get("sub")), "none" if held is None else
                     _role(held.scope), "sign_out", "-")  # fmt: skip
    finally:
        _forget()
        st.logout()


def _forget() -> None:
    """Drop what the session held of anybody: the permission, and results worked out under it."""
    for name in (HELD, RECORDED, "filing", "receipts", "pinned_runs"):
        st.session_state.pop(name, None)


def _wall(title: str, lead: str) -> None:
    st.html(f'<section class="fq-empty"><h1>{cell(title)}</h1><p>{cell(lead)}</p></section>')
