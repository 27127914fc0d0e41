"""Uploaded files: judged in a private folder that is removed at once, kept only when submitted."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import secrets
import tempfile
import traceback
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore

import polars as pl

from dashboards import access
from models.clock import utc_now
from models.errors import FengqingError
from models.home import Home
from models.intake.check import FileReport, check
from models.publication.returns import write_return
from models.publication.returns.findings import GRAVE
from models.publication.returns.words import words
from models.publication.returns.writing import MARKED_SUFFIXES
from models.publication.snapshot import current, resolve

# Judging takes a core and memory: those who come at the same time wait for their turn.
TURNS = BoundedSemaphore(2)
# Bytes of UTF-8: with hash and prefix a name stays under the 255 of a file system.
LONGEST_SUFFIX, LONGEST_NAME = 10, 150
HASH_LENGTH = 16
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]')
# Landing passes over names that begin so: a file half written is never taken in.
DRAFT_PREFIX = ".~"
# A column without a value would otherwise have no type.
FINDING_TYPES = {
    **dict.fromkeys(("row", "col", "report_year"), pl.Int64),
    **dict.fromkeys(("sheet", "header", "value", "repaired", "society_id"), pl.String),
}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Upload:
    """A file as the browser sent it. `name` is the sender's word and fit for nothing but `safe_name`."""

    name: str
    data: bytes

    @property
    def file_id(self) -> str:
        """The sha256 of the content, by which reports know the file."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """What the inbox holds of a file. `is_new`: False if the same content lay there before."""

    name: str
    bytes: int
    file_id: str
    received_at: datetime
    is_new: bool


def safe_name(name: str) -> str:
    """The last part of a name, without signs a file system or a shell could stumble over; never empty."""
    last = PurePosixPath(name.replace("\\", "/")).name
    clean = FORBIDDEN.sub("_", unicodedata.normalize("NFC", last)).strip(" .~")
    stem, dot, suffix = clean.rpartition(".")
    if not dot or len(suffix.encode()) > LONGEST_SUFFIX:
        stem, suffix = clean, ""
    short = stem.encode("utf-8", "ignore")[:LONGEST_NAME].decode("utf-8", "ignore").strip(" .~") or "file"
    return f"{short}.{suffix}" if suffix else short


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder only this process reads, gone afterwards, and silence about what the files hold.

    Raises:
        FengqingError: the work inside failed. What the files hold goes neither into it nor into the log.
    """
    try:
        with TURNS, tempfile.TemporaryDirectory(prefix="fengqing-check-") as folder:
            yield Path(folder)
    except FengqingError:
        raise
    except Exception as error:
        # The text of an exception may quote cells: only its kind and the lines of code are logged.
        frames = traceback.extract_tb(error.__traceback__)
        where = "".join(f"\n  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        log.error("working on uploaded files failed: %s%s", type(error).__name__, where)
        raise FengqingError(
            "CHECK_FAILED",
            f"检查未能完成（{type(error).__name__}）。文件没有保存，请将该文件交技术支持查看。",
            f"The check did not finish ({type(error).__name__}). Nothing was kept; show the file to support.",
        ) from None


def register(home: Home, scope: access.Scope) -> pl.DataFrame | None:
    """The register of the current run: society_id, report_year, name, former_names.

    None without a run, and for whoever may not see every society: what is said of a code would name others.
    """
    if scope.role != "national" or not current(home):
        return None
    with closing(access.connect(home, resolve(home), scope)) as con:
        return con.sql("select * from register").pl()


def judge(uploads: Sequence[Upload], known: pl.DataFrame | None = None) -> list[FileReport]:
    """Judge the files together, as `fengqing check` does without a warehouse.

    Args:
        uploads: the files.
        known: the register that a published run has, if there is one.

    Raises:
        FengqingError: judging failed.
    """
    with private_folder() as folder:
        reports = check([_place(folder, n, one) for n, one in enumerate(uploads)], register=known)
        return [_without_place(one, folder) for one in reports]


def _without_place(report: FileReport, folder: Path) -> FileReport:
    """The report with the sender's names: a file in an archive as “archive.zip/name”, no path of ours."""
    number, *parts = report.path.relative_to(folder).parts
    own = f"{folder / number}{os.sep}"
    findings = tuple(
        {name: value.replace(own, "") if isinstance(value, str) else value for name, value in one.items()}
        for one in report.findings
    )
    return replace(report, path=Path(*parts), findings=findings)


def stem_of(report: FileReport) -> str:
    """A file's name without its ending, fit for the name of a download."""
    return os.path.splitext(safe_name(report.path.name))[0]


def is_markable(one: Upload, report: FileReport) -> bool:
    """Whether there is something to mark in the file, and a workbook to mark it in."""
    is_zip = zipfile.is_zipfile(io.BytesIO(one.data))
    return is_zip and any(f["verdict"] in GRAVE for f in report.findings)


def return_name(one: Upload) -> str:
    """What the marked workbook is called."""
    stem, suffix = os.path.splitext(safe_name(one.name))
    ending = suffix.lower() if suffix.lower() in MARKED_SUFFIXES else MARKED_SUFFIXES[0]
    return f"{stem}{words()['suffix']['workbook']}{ending}"


def return_workbook(one: Upload, report: FileReport, lang: str) -> bytes:
    """The sender's own workbook with the faulty cells marked, or the list where nothing can be marked.

    Raises:
        FengqingError: it failed, or there is nothing to return.
    """
    made = None
    if any(f["verdict"] in GRAVE for f in report.findings):
        findings = pl.DataFrame(report.findings, schema_overrides=FINDING_TYPES, infer_schema_length=None)
        with private_folder() as folder:
            path = write_return(
                _place(folder, 0, one), findings, folder / "out", lang, name=safe_name(one.name)
            )
            made = path.read_bytes() if path else None
    if made is None:
        raise FengqingError(
            "NOTHING_TO_RETURN",
            "没有需要退回的内容，无需退回件。",
            "Nothing is returned, so there is no workbook to mark.",
        )
    return made


def _place(folder: Path, number: int, one: Upload) -> Path:
    """Each in a folder of its own: two files may bear one name."""
    own = folder / str(number)
    own.mkdir()
    path = own / safe_name(one.name)
    path.write_bytes(one.data)
    return path


def inbox_of(home: Home) -> Path | None:
    """The home's inbox if there is one that can be written to."""
    inbox = home.root / "inbox"
    return inbox if inbox.is_dir() and os.access(inbox, os.W_OK | os.X_OK) else None


def submit(one: Upload, inbox: Path) -> Receipt:
    """Write the file's bytes into the inbox under its own name and a short hash; nothing is overwritten.

    Raises:
        FengqingError: the inbox cannot be written to.
    """
    stem, dot, suffix = safe_name(one.name).rpartition(".")
    stem, suffix = (stem, suffix) if dot else (suffix, "")
    name = f"{stem}_{one.file_id[:HASH_LENGTH]}" + (f".{suffix}" if suffix else "")
    final = inbox / name
    draft = inbox / f"{DRAFT_PREFIX}{secrets.token_hex(8)}"
    try:
        is_new = not final.exists()
        if is_new:
            with draft.open("xb") as file:
                file.write(one.data)
                file.flush()
                os.fsync(file.fileno())
            # The name holds the hash: whoever came first wrote the same bytes.
            draft.rename(final)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise FengqingError(
            "INBOX_UNWRITABLE",
            f"不能写入收件箱（{error.strerror}），文件没有保存。请联系管理员检查收件箱目录。",
            f"Cannot write to the inbox ({error.strerror}); nothing was kept. Tell the administrator.",
        ) from error
    return Receipt(name, len(one.data), one.file_id, utc_now(), is_new)
