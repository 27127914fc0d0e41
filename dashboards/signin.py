"""Settings of sign-in: one TOML file outside the repository; Streamlit reads [auth], we read [access]."""

from __future__ import annotations

import os
import stat
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.errors import FengqingError

VARIABLE = "FENGQING_SIGN_IN"
CALLBACK = "/oauth2callback"
SHORTEST_SECRET = 32
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Auth(_Strict):
    """What Streamlit reads. `expose_tokens` is no field: tokens never reach a page."""

    redirect_uri: str
    cookie_secret: str = Field(min_length=SHORTEST_SECRET)
    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1)
    server_metadata_url: str = Field(pattern=r"^https?://")
    client_kwargs: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _addresses(self) -> Auth:
        address = urlsplit(self.redirect_uri)
        if address.path != CALLBACK or not address.hostname:
            raise ValueError(f"redirect_uri must end in {CALLBACK} 须以 {CALLBACK} 结尾")
        for given in (self.redirect_uri, self.server_metadata_url):
            parts = urlsplit(given)
            # Over plain http anybody on the way could take the cookie.
            if parts.scheme != "https" and parts.hostname not in LOOPBACK:
                raise ValueError(f"{given} must be https 须为 https")
        return self

    @property
    def origin(self) -> str:
        """Scheme, host and port by which browsers reach the dashboard."""
        return self.redirect_uri.removesuffix(CALLBACK)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the dashboard over https."""
        return self.redirect_uri.startswith("https:")


class Rule(_Strict):
    """Who has `claim` with one of `values` has `role`; `scope_claim` holds the region, unit or society."""

    role: Literal["national", "line", "supervisor", "society", "cases"]
    claim: str = Field(min_length=1)
    values: tuple[str, ...] = Field(min_length=1)
    scope_claim: str | None = None

    @model_validator(mode="after")
    def _scope(self) -> Rule:
        if (self.scope_claim is None) != (self.role in {"national", "cases"}):
            raise ValueError("line, supervisor and society need scope_claim, others must not have it "
                             "（line、supervisor、society 须有 scope_claim，其余不得有）")  # fmt: skip
        return self


class Access(_Strict):
    """Hosts by which the dashboard may be called, limits of a session, and the rules in order."""

    hosts: tuple[str, ...] = ()
    idle_minutes: int = Field(default=30, ge=1, le=480)
    longest_hours: int = Field(default=10, ge=1, le=24)
    roles: tuple[Rule, ...] = Field(min_length=1)


class SignIn(_Strict):
    """The whole file."""

    auth: Auth
    access: Access


def path() -> Path | None:
    """The file that `FENGQING_SIGN_IN` names; None: no sign-in."""
    given = os.environ.get(VARIABLE)
    return Path(given).expanduser().resolve() if given else None


def load() -> SignIn | None:
    """The settings of sign-in; None without any. Raises FengqingError naming everything that is amiss."""
    found = path()
    return None if found is None else _read(str(found))


@lru_cache(maxsize=4)
def _read(name: str) -> SignIn:
    file = Path(name)
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise _wrong(file, "其他用户可以读取，请执行 chmod 600", "others can read it: chmod 600")
        return SignIn.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        if isinstance(error, ValidationError):
            # Names of settings and what is amiss, never the values: they are secrets.
            told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        else:
            told = type(error).__name__
        raise _wrong(file, told, told) from None


def _wrong(file: Path, zh: str, en: str) -> FengqingError:
    return FengqingError(
        "SIGN_IN_INCOMPLETE",
        f"登录配置 {file} 不可用：{zh}。请按 docs/access.md 补全后重新启动。",
        f"The settings of sign-in in {file} cannot be used: {en}. Complete them as docs/access.md says "
        "and start again.",
    )
