"""Servers for the dashboard's benchmark, a process each on this machine, with memory and processor time."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 120
SERVE = (
    "import sys; from pathlib import Path; from models.home import Home; "
    "from dashboards.server import serve; serve(Home(Path(sys.argv[1])), port=int(sys.argv[2]))"
)
BARE = Path(__file__).with_name("_bare.py")


@dataclass(frozen=True)
class Server:
    """A server under way: its port and process."""

    port: int
    pid: int

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def resident_mb(self) -> float:
        """Memory that is resident now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def processor_seconds(self) -> float:
        """Processor time used so far, by all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def dashboard(home: Path) -> Iterator[Server]:
    """The dashboard over a home."""
    port = _free_port()
    with _running([sys.executable, "-c", SERVE, str(home), str(port)], port, "healthz") as server:
        yield server


@contextmanager
def bare() -> Iterator[Server]:
    """The bare page, as `streamlit run` serves it."""
    port = _free_port()
    command = [
        sys.executable, "-m", "streamlit", "run", str(BARE), "--server.address", "127.0.0.1",
        "--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false",
        "--server.fileWatcherType", "none",
    ]  # fmt: skip
    with _running(command, port, "_stcore/health") as server:
        yield server


@contextmanager
def _running(command: list[str], port: int, health: str) -> Iterator[Server]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    server = Server(port, process.pid)
    try:
        _wait(process, f"{server.address}/{health}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start within {START_SECONDS} s 服务未能启动")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
