"""Who is signed in and what they may see: claims → permission, and the server's own table of sessions."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboards.access import SAFE_VALUE, Scope
from dashboards.signin import Access

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


@dataclass
class _SignIn:
    """When a sign-in began and was last used (seconds), whether it was used for a page, what it was given."""

    began: float
    last: float
    is_used: bool = False
    files: set[bytes] = field(default_factory=set)

    def lasts(self, now: float, access: Access) -> bool:
        is_idle = now - self.last > access.idle_minutes * 60
        return not is_idle and now - self.began <= access.longest_hours * 3600


class Sessions:
    """Sign-ins this server knows. Streamlit's cookie lives 30 days and outlasts signing out; this does not.

    A sign-in is known from the provider's answer to this process on, and from nothing else: a cookie alone
    opens nothing. Held in memory: after a restart everybody signs in again.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _SignIn] = {}

    def begin(self, claims: Mapping[str, Any], access: Access) -> None:
        """The provider has just answered; sign-ins that are over are forgotten."""
        now = self._clock()
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if one.lasts(now, access)}
            self._known[session_key(claims)] = _SignIn(now, now)

    def admit(self, claims: Mapping[str, Any], access: Access) -> bool:
        """Whether the sign-in still holds; notes that it was used now."""
        key, now = session_key(claims), self._clock()
        with self._lock:
            one = self._known.get(key)
            if one is None:
                return False
            if not one.lasts(now, access):
                del self._known[key]
                return False
            one.last, one.is_used = now, True
            return True

    def holds(self, claims: Mapping[str, Any], access: Access) -> bool:
        """Whether the sign-in was admitted and still holds; does not count as using it."""
        now = self._clock()
        with self._lock:
            one = self._known.get(session_key(claims))
            return one is not None and one.is_used and one.lasts(now, access)

    def hand_out(self, claims: Mapping[str, Any], data: bytes) -> None:
        """A file was made for this sign-in; no other may take it."""
        with self._lock:
            one = self._known.get(session_key(claims))
            if one is not None:
                one.files.add(hashlib.sha256(data).digest())

    def owns(self, claims: Mapping[str, Any], access: Access, data: bytes) -> bool:
        """Whether the file was made for this sign-in, and it still holds."""
        if not self.holds(claims, access):
            return False
        with self._lock:
            one = self._known.get(session_key(claims))
            return one is not None and hashlib.sha256(data).digest() in one.files

    def is_used(self, claims: Mapping[str, Any]) -> bool:
        """Whether the sign-in was admitted before."""
        with self._lock:
            one = self._known.get(session_key(claims))
            return one is not None and one.is_used

    def end(self, claims: Mapping[str, Any]) -> None:
        """Sign out: in every tab, at its next rerun."""
        with self._lock:
            self._known.pop(session_key(claims), None)


SESSIONS = Sessions()
