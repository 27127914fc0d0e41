"""Where everything the system keeps lives: one folder, its parts, and the salt for person keys."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from models.errors import FengqingError

ENVIRONMENT_VARIABLE = "FENGQING_HOME"
DEFAULT_ROOT = Path("var")
SALT_BYTES = 32


@dataclass(frozen=True)
class Home:
    """The home folder. Its parts are made when they are first asked for, never before."""

    root: Path

    @classmethod
    def resolve(cls, option: str | Path | None = None) -> Home:
        """The home named by the option, else by the environment variable, else `./var`."""
        chosen = option or os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_ROOT
        return cls(Path(chosen).expanduser().resolve())

    @property
    def warehouse(self) -> Path:
        """The DuckDB file of accepted facts and intake's books (the file need not exist)."""
        return self._made("") / "warehouse.duckdb"

    @property
    def landing(self) -> Path:
        """Received files as they were sent, each under its sha256: for the owner alone."""
        return self._made("landing", mode=0o700)

    @property
    def snapshots(self) -> Path:
        """Published runs, one immutable DuckDB file each."""
        return self._made("snapshots")

    @property
    def exports(self) -> Path:
        """Tables and documents handed out, one folder a run."""
        return self._made("exports")

    @property
    def runs(self) -> Path:
        """What is kept about each run beside its snapshot."""
        return self._made("runs")

    @property
    def secrets(self) -> Path:
        """The folder only the owner may read."""
        return self._made("secrets", mode=0o700)

    @property
    def logs(self) -> Path:
        """Log files."""
        return self._made("logs")

    @property
    def salt(self) -> bytes:
        """The 32 random bytes under which person numbers are hashed, made once.

        Kept outside the warehouse: a copy of the warehouse alone tells nothing about persons.

        Raises:
            FengqingError: the file holds something else, or cannot be read.
        """
        path = self.secrets / "salt"
        if not path.exists():
            _make_salt(path)
        return _read_salt(path)

    def _made(self, part: str, mode: int = 0o777) -> Path:
        path = self.root / part if part else self.root
        try:
            path.mkdir(mode=mode, parents=True, exist_ok=True)
        except OSError as error:
            raise FengqingError(
                "home_unusable",
                f"无法建立目录 {path}（{error.strerror}），请用 --home 指定可写的目录。",
                f"Cannot make the folder {path} ({error.strerror}); name a writable one with --home.",
            ) from error
        return path


def _make_salt(path: Path) -> None:
    draft = path.with_name(f"salt.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(SALT_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link is made whole or not at all: of two processes that start together the first wins.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _read_salt(path: Path) -> bytes:
    try:
        salt = path.read_bytes()
    except OSError as error:
        raise FengqingError(
            "salt_unreadable",
            f"无法读取 {path}（{error.strerror}），请检查文件权限。",
            f"Cannot read {path} ({error.strerror}); check the file's permissions.",
        ) from error
    if len(salt) != SALT_BYTES:
        raise FengqingError(
            "salt_invalid",
            f"{path} 应为 {SALT_BYTES} 字节，实为 {len(salt)} 字节；请从备份恢复，"
            "否则同一人员前后编号将不一致。",
            f"{path} should hold {SALT_BYTES} bytes but holds {len(salt)}; restore it from a backup, "
            "or the same person will get different keys.",
        )
    return salt
