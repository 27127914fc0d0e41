"""The audit log: who saw or took what, one JSON line each, only ever appended, chained by hashes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.clock import utc_now
from models.errors import FengqingError
from models.visible import visible

if TYPE_CHECKING:
    from models.home import Home

FILE = "audit.jsonl"
# The hash before the first line.
START = "0" * 64
# A line is shorter than this; the last one is found in the file's tail.
LONGEST_LINE = 16_384


@dataclass(frozen=True)
class Entry:
    """One line: its number from 1, when (UTC), who, what was done, to what, and the chain's two hashes."""

    number: int
    at: str
    who: str
    role: str
    action: str
    what: str
    run_id: str | None
    previous: str
    digest: str

    def as_dict(self) -> dict[str, Any]:
        """The line as it stands in the file."""
        return asdict(self)


# What a line is about: codes, or words that somebody typed.
About = str | Sequence[str] | None
# Signs of a value; a line holds a few of them.
LONGEST_VALUE = 200


def subject(name: str, **about: About) -> str:
    """A page's or file's name and what it shows, as `compare?society=A,B`; what is empty is left out.

    Values may be anybody's words: personal numbers in them are masked, signs that act unseen are written out.
    """
    given = {key: [value] if isinstance(value, str) else list(value or ()) for key, value in about.items()}
    parts = [f"{key}={','.join(map(_told, values))}" for key, values in given.items() if any(values)]
    return f"{name}?{'&'.join(parts)}" if parts else name


def _told(value: str) -> str:
    from models.intake.privacy import hide_any_number, hide_numbers

    # Masked before it is cut, or half a number would pass.
    (hidden,) = hide_numbers([value])
    shown = visible(hide_any_number(hidden))
    return shown.replace("%", "%25").replace("&", "%26").replace(",", "%2C")[:LONGEST_VALUE]


def log_path(home: Home) -> Path:
    """Where the log lies: in the home, outside every snapshot."""
    return home.root / "audit" / FILE


def record(  # noqa: PLR0913, PLR0917 - the columns of the log
    home: Home, who: str, role: str, action: str, what: str, run_id: str | None = None
) -> Entry:
    """Append one line and bring it to the disk before returning.

    Raises:
        FengqingError: it cannot be written. What was to be recorded must then not be shown.
    """
    path = log_path(home)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            number, previous = _last(handle)
            told: dict[str, Any] = {
                "number": number + 1, "at": utc_now().isoformat(timespec="milliseconds"), "who": who,
                "role": role, "action": action, "what": what, "run_id": run_id, "previous": previous,
            }  # fmt: skip
            entry = Entry(**told, digest=_digest(told))
            line = (json.dumps(entry.as_dict(), ensure_ascii=False) + "\n").encode("utf-8")
            if len(line) > LONGEST_LINE:
                raise ValueError("the line is too long")
            if os.write(handle, line) != len(line):
                raise OSError(28, "No space left on device")
            os.fsync(handle)
        finally:
            os.close(handle)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FengqingError(
            "AUDIT_UNWRITABLE",
            f"审计日志无法写入（{type(error).__name__}），因此不予显示或下载。"
            f"请管理员检查 {path} 的权限与磁盘空间。",
            f"The audit log cannot be written ({type(error).__name__}), so nothing is shown or handed out. "
            f"The administrator should check the permissions of {path} and the space on the disk.",
        ) from error
    return entry


def entries(home: Home) -> Iterator[Entry]:
    """Every line in order, checked against the chain as it is read.

    Raises:
        FengqingError: a line was changed, left out or cannot be read; it names the line. A log whose last
            lines were cut off cannot be told from a shorter one: copy it off the machine regularly.
    """
    path = log_path(home)
    if not path.exists():
        return
    previous = START
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            try:
                entry = Entry(**json.loads(line))
                told = entry.as_dict()
                digest = told.pop("digest")
                sound = (entry.number, entry.previous, digest) == (number, previous, _digest(told))
            except (ValueError, TypeError):
                sound = False
            if not sound:
                raise FengqingError(
                    "AUDIT_TAMPERED",
                    f"审计日志第 {number} 行与前后不符，可能被改动；请保留 {path} 原件并报告管理员。",
                    f"Line {number} of the audit log does not fit the chain: it may have been changed. "
                    f"Keep {path} as it is and tell the administrator.",
                )
            previous = digest
            yield entry


def _last(handle: int) -> tuple[int, str]:
    size = os.fstat(handle).st_size
    if size == 0:
        return 0, START
    tail = os.pread(handle, LONGEST_LINE * 2, max(size - LONGEST_LINE * 2, 0))
    last = json.loads(tail.rstrip(b"\n").rsplit(b"\n", 1)[-1])
    if not tail.endswith(b"\n"):
        raise ValueError("the last line is cut off")
    return int(last["number"]), str(last["digest"])


def _digest(told: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode("utf-8")).hexdigest()
