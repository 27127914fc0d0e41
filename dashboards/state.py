"""The state that the URL carries, as codes: any view can be linked to, reloaded, and read in both languages.

Streamlit writes labels, not codes, where it binds a widget to the URL, and clears the URL at every change of
page. So the widgets' values live here, in the session, and are written to the URL at the end of a rerun.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from models.visible import visible

# Kept from page to page; whatever else a page reads stands in the URL of that page only.
SHARED = ("lang", "year", "run", "level", "line", "unit", "class", "size", "band", "decision")
VALUES, USED, TURN = "url_values", "url_used", "url_turn"
ASIDE = "url_left_aside"
LONGEST = 200


def begin() -> None:
    """Take over what the URL says: in a new session (a link), and when its reader goes back or forth.

    At any other rerun it says what `write` put there, or for a moment still what stood there before: a choice
    made before the browser has the new URL must not undo the last one.
    """
    state = st.session_state
    if VALUES not in state or _is_back_or_forth():
        state[VALUES] = {name: value[:LONGEST] for name, value in st.query_params.to_dict().items()}
        state[TURN] = turn() + 1
    state[USED] = set()
    state.pop(ASIDE, None)


def _is_back_or_forth() -> bool:
    """Whether this rerun was asked for by the browser's back or forward button."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def turn() -> int:
    """Counts the changes from outside: widgets named with it start anew."""
    return int(st.session_state.get(TURN, 0))


def get(name: str) -> str | None:
    """The value of a parameter; it is kept in the URL of this page."""
    st.session_state.setdefault(USED, set()).add(name)
    return st.session_state.setdefault(VALUES, {}).get(name) or None


def put(name: str, value: str | None) -> None:
    """Set a parameter, or take it away."""
    st.session_state.setdefault(USED, set()).add(name)
    known = st.session_state.setdefault(VALUES, {})
    if value:
        known[name] = value[:LONGEST]
    else:
        known.pop(name, None)


def clear(names: Sequence[str]) -> None:
    """Take parameters away and start their widgets anew."""
    for name in names:
        put(name, None)
    st.session_state[TURN] = turn() + 1


def write() -> None:
    """Write the shared parameters and those this page has read to the URL."""
    known = st.session_state.get(VALUES, {})
    wanted = {n: known[n] for n in (*SHARED, *sorted(st.session_state.get(USED, ()))) if n in known}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def leave_aside(title: str, value: str) -> None:
    """Note that the URL says something that does not apply here; the page tells it when it has been drawn."""
    st.session_state.setdefault(ASIDE, []).append((title, value))


def left_aside() -> list[tuple[str, str]]:
    """What was left aside since the last call: (title, value as the URL has it)."""
    return list(dict.fromkeys(st.session_state.pop(ASIDE, [])))


def shared() -> dict[str, str]:
    """The shared parameters, for links to other pages."""
    known = st.session_state.get(VALUES, {})
    return {name: known[name] for name in SHARED if name in known}


def key(name: str) -> str:
    """A widget's key: it changes with the language and with each change from outside."""
    return f"{name}_{st.session_state.get(VALUES, {}).get('lang', 'zh')}_{turn()}"


def pick(  # noqa: PLR0913 - a widget's options
    name: str,
    title: str,
    codes: Sequence[str],
    show: Callable[[str], str],
    *,
    placeholder: str | None = None,
    default: str | None = None,
) -> str | None:
    """A select box over codes whose choice the URL keeps; None where nothing is chosen.

    With a `default` something always is chosen, and the default is left out of the URL.
    """
    current = get(name)
    if current and current not in codes:
        leave_aside(title, current)
        current = None
    current = current or (default if default in codes else (codes[0] if default and codes else None))
    index = list(codes).index(current) if current else None
    chosen = st.selectbox(
        title,
        list(codes),
        index=index,
        key=key(name),
        format_func=lambda code: visible(show(code)),
        placeholder=placeholder,
    )
    put(name, None if chosen == default else chosen)
    return chosen


def text(name: str, title: str, hint: str) -> str:
    """A text box whose content the URL keeps."""
    found = st.text_input(title, value=get(name) or "", key=key(name), placeholder=hint, max_chars=LONGEST)
    put(name, found.strip() or None)
    return found.strip()


def number(name: str, title: str, most: int) -> int:
    """A whole number from 1 to `most` that the URL keeps."""
    given = get(name) or "1"
    is_number = given.isascii() and given.isdigit()
    if not is_number:
        leave_aside(title, given)
    # A page beyond the last one is the last one: filters make lists shorter.
    start = min(max(int(given) if is_number else 1, 1), most)
    widget = f"{key(name)}_{most}"
    chosen = st.number_input(title, min_value=1, max_value=most, value=start, key=widget, disabled=most == 1)
    put(name, None if chosen == 1 else str(chosen))
    return int(chosen)
