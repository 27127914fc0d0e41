"""The sizes past which intake refuses, all in one place, and the refusal itself."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields

from models.errors import FengqingError

ENVIRONMENT_VARIABLE = "FENGQING_LIMITS"


class Refusal(Exception):
    """Why a file is not read: the defect code, the wording, and what its message names."""

    def __init__(self, code: str, variant: str = "", a: object = "", b: object = "") -> None:
        super().__init__(code, variant, a, b)
        self.code, self.variant, self.a, self.b = code, variant, str(a), str(b)


def _setting(name: str, default: int) -> int:
    """A field whose default the environment may override."""
    made: int = field(default_factory=lambda: _overrides().get(name, default))
    return made


@dataclass(frozen=True)
class Limits:
    """Sizes past which a file is refused. Bytes unless said otherwise.

    Each may be overridden by JSON in the environment variable FENGQING_LIMITS, such as
    `{"cells_a_sheet": 1000000}`.
    """

    file_bytes: int = _setting("file_bytes", 1_000_000_000)
    workbook_bytes: int = _setting("workbook_bytes", 100_000_000)
    # What a workbook or an archive may swell to, and any one part of it.
    unpacked_bytes: int = _setting("unpacked_bytes", 400_000_000)
    part_bytes: int = _setting("part_bytes", 200_000_000)
    archive_bytes: int = _setting("archive_bytes", 2_000_000_000)
    compression_ratio: int = _setting("compression_ratio", 500)
    parts: int = _setting("parts", 5_000)
    # Files in an archive, archives within archives, and their names (characters, folders).
    members: int = _setting("members", 5_000)
    nesting: int = _setting("nesting", 1)
    path_length: int = _setting("path_length", 240)
    path_depth: int = _setting("path_depth", 10)
    sheets: int = _setting("sheets", 255)
    rows_a_sheet: int = _setting("rows_a_sheet", 1_048_576)
    rows_a_text: int = _setting("rows_a_text", 20_000_000)
    cells_a_sheet: int = _setting("cells_a_sheet", 5_000_000)
    cells_a_workbook: int = _setting("cells_a_workbook", 10_000_000)
    # The process that parses what might be a bomb: its address space, and seconds for one file.
    confined_bytes: int = _setting("confined_bytes", 2_000_000_000)
    confined_seconds: int = _setting("confined_seconds", 60)
    # Past these a workbook is parsed in that process; below them it cannot do much harm.
    trusted_bytes: int = _setting("trusted_bytes", 1_000_000)
    trusted_unpacked_bytes: int = _setting("trusted_unpacked_bytes", 16_000_000)
    batch_files: int = _setting("batch_files", 1_000)
    batch_bytes: int = _setting("batch_bytes", 256_000_000)
    # From so many new files on they are read in a process of its own, which takes a second to start.
    apart_files: int = _setting("apart_files", 500)


def _overrides() -> dict[str, int]:
    """The environment's limits by name.

    Raises:
        FengqingError: it is no JSON object of known names and positive whole numbers.
    """
    text = os.environ.get(ENVIRONMENT_VARIABLE)
    if not text:
        return {}
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise _invalid(str(error)) from error
    if not isinstance(given, dict):
        raise _invalid(text)
    known = {f.name for f in fields(Limits)}
    for name, value in given.items():
        if name not in known or type(value) is not int or value < 0:
            raise _invalid(f"{name}: {value}")
    return given


def _invalid(reason: str) -> FengqingError:
    return FengqingError(
        "limits_invalid",
        f'环境变量 {ENVIRONMENT_VARIABLE} 有误（{reason}），应为 JSON，如 {{"sheets": 100}}。',
        f"The environment variable {ENVIRONMENT_VARIABLE} is wrong ({reason}); it should be JSON such as "
        '{"sheets": 100}.',
    )
