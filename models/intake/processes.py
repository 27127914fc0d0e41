"""Modules of ours run as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def start(module: str, *arguments: str, **given: Any) -> subprocess.Popen[bytes]:
    """The module under the same interpreter, wherever this process was started; `given` is for Popen."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], env={**os.environ, "PYTHONPATH": path}, **given
    )
