"""Who is signed in and what they may see: claims → permission, and the server's own table of sessions."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.access import SAFE_VALUE, Scope
from dashboards.signin import Access

# Clocks of provider and server may differ; a cookie older than this that we do not know is of the past.
FRESH_SECONDS = 300
# In Streamlit's cookie or in `st.user`, not from the provider.
ADDED = frozenset({"origin", "is_logged_in", "tokens"})


@dataclass(frozen=True)
class Permission:
    """A person's name for the audit log, and the rows they may see."""

    who: str
    scope: Scope


def permit(claims: Mapping[str, Any], access: Access) -> Permission | None:
    """What the claims allow: the first rule with a scope that fits, and cases if a rule says so; else None.

    A scope claim that is missing, a list or strange gives nothing: it never widens to another rule.
    """
    fitting = [rule for rule in access.roles if _values(claims.get(rule.claim)) & set(rule.values)]
    is_case_officer = any(rule.role == "cases" for rule in fitting)
    first = next((rule for rule in fitting if rule.role != "cases"), None)
    who = str(claims.get("sub") or "")
    if first is None or first.role == "cases" or not who:
        return None
    if first.scope_claim is None:
        return Permission(who, Scope(cases=is_case_officer))
    value = claims.get(first.scope_claim)
    if not isinstance(value, str) or not SAFE_VALUE.fullmatch(value):
        return None
    return Permission(who, Scope(first.role, value, cases=is_case_officer))


def _values(claim: Any) -> set[str]:
    if isinstance(claim, str):
        return {claim}
    return {str(one) for one in claim} if isinstance(claim, list | tuple) else set()


def session_key(claims: Mapping[str, Any]) -> str:
    """What one sign-in is known by: all that the provider said at it, without what Streamlit adds."""
    said = {name: value for name, value in claims.items() if name not in ADDED}
    told = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(told.encode("utf-8")).hexdigest()


class Sessions:
    """Sign-ins this server knows. Streamlit's cookie lives 30 days and outlasts signing out; this does not.

    Held in memory: after a restart everybody signs in again.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, float]] = {}
        self._ended: dict[str, float] = {}

    def admit(self, claims: Mapping[str, Any], access: Access) -> bool:
        """Whether the sign-in still holds; notes that it was used now."""
        key, now = session_key(claims), self._clock()
        with self._lock:
            if key in self._ended:
                return False
            if key not in self._seen:
                issued = claims.get("iat")
                if not isinstance(issued, int | float) or abs(now - issued) > FRESH_SECONDS:
                    return False
                self._seen[key] = (now, now)
            if not self._lasts(key, now, access):
                self._end(key, now)
                return False
            self._seen[key] = (self._seen[key][0], now)
            return True

    def holds(self, claims: Mapping[str, Any], access: Access) -> bool:
        """Whether the sign-in was admitted and still holds; does not count as using it."""
        key, now = session_key(claims), self._clock()
        with self._lock:
            return key in self._seen and self._lasts(key, now, access)

    def _lasts(self, key: str, now: float, access: Access) -> bool:
        began, last = self._seen[key]
        return now - last <= access.idle_minutes * 60 and now - began <= access.longest_hours * 3600

    def is_known(self, claims: Mapping[str, Any]) -> bool:
        """Whether the sign-in was admitted before."""
        with self._lock:
            return session_key(claims) in self._seen

    def end(self, claims: Mapping[str, Any]) -> None:
        """Sign out: in every tab, at its next rerun."""
        with self._lock:
            self._end(session_key(claims), self._clock())

    def _end(self, key: str, now: float) -> None:
        self._seen.pop(key, None)
        self._ended[key] = now
        # A cookie that old is refused as not fresh anyway.
        self._ended = {k: at for k, at in self._ended.items() if now - at <= 2 * FRESH_SECONDS or k == key}


SESSIONS = Sessions()
