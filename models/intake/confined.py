"""Parse what might be a bomb in a process of its own, so that a bomb costs a message and not the run."""

from __future__ import annotations

import atexit
import io
import os
import pickle
import select
import struct
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

from models.intake import processes
from models.intake.limits import Limits, Refusal

if TYPE_CHECKING:
    from models.intake.kinds import Kind
    from models.intake.parsing import SheetCells

# Reply of the process: the sheets, a refusal, or that memory ran out.
SHEETS, REFUSED, NO_MEMORY = "sheets", "refused", "no_memory"
_LENGTH = struct.Struct("<Q")
_CHUNK = 1 << 20
# All that a reply may be made of, besides Python's own plain values.
_ALLOWED = {
    ("datetime", "date"), ("datetime", "datetime"), ("datetime", "time"), ("datetime", "timedelta"),
    ("models.intake.parsing", "SheetCells"), ("models.intake.sheetxml", "Oddities"),
}  # fmt: skip


def read_confined(data: bytes, kind: Kind, limits: Limits) -> list[SheetCells]:
    """The sheets of a workbook, read by a process with little memory and little time.

    Raises:
        Refusal: as `parsing.parse`; S13 when memory or time runs out.
    """
    return _WORKER.read(data, kind, limits)


class _Worker:
    """One such process, started when first needed and again whenever it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._memory = 0
        self._lock = threading.Lock()
        atexit.register(self.stop)

    def read(self, data: bytes, kind: Kind, limits: Limits) -> list[SheetCells]:
        with self._lock:
            try:
                process = self._started(limits.confined_bytes)
                assert process.stdin is not None and process.stdout is not None
                _send(process.stdin, pickle.dumps((data, kind, limits)))
                reply = _receive_in_time(process.stdout, limits.confined_seconds)
            except TimeoutError:
                self._kill()
                raise Refusal("S13", "time", limits.confined_seconds) from None
            except (EOFError, BrokenPipeError):
                # Rust ends its process when memory runs out, and so does the kernel.
                self._kill()
                raise Refusal("S13", "memory", f"{limits.confined_bytes / 1e6:.0f} MB") from None
            except BaseException:
                self._kill()  # a reply half read would be taken for the next one's
                raise
        outcome, value = _Plain(io.BytesIO(reply)).load()
        if outcome == REFUSED:
            raise Refusal(*value)
        if outcome == NO_MEMORY:
            raise Refusal("S13", "memory", f"{limits.confined_bytes / 1e6:.0f} MB")
        sheets: list[SheetCells] = value
        return sheets

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            self._kill()

    def _started(self, memory: int) -> subprocess.Popen[bytes]:
        if self._process is not None and (self._process.poll() is not None or self._memory != memory):
            self._kill()
        if self._process is None:
            self._process = processes.start(
                "models.intake.confined",
                str(memory),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._memory = memory
        return self._process

    def _kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                _close(stream)
        self._process = None


_WORKER = _Worker()
# A forked child must not write into its parent's pipe.
os.register_at_fork(after_in_child=lambda: globals().update(_WORKER=_Worker()))


class _Plain(pickle.Unpickler):
    """Takes nothing from the process but values: it has read what nobody vouches for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        return  # what was left in the buffer was for a process that is dead


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _receive_in_time(stream: IO[bytes], seconds: int) -> bytes:
    # The process replies in one go: waiting for its first byte is waiting for all its work.
    ready, _, _ = select.select([stream], [], [], seconds)
    if not ready:
        raise TimeoutError
    return _receive(stream)


def main() -> None:
    """The process: requests on standard input, replies on standard output, until the input ends."""
    import resource

    from models.intake.parsing import parse

    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            data, kind, limits = pickle.loads(_receive(requests))
        except EOFError:
            return
        reply: tuple[str, Any]
        try:
            message = pickle.dumps((SHEETS, parse(data, kind, limits)), protocol=5)
        except Refusal as refusal:
            reply = REFUSED, (refusal.code, refusal.variant, refusal.a, refusal.b)
            message = pickle.dumps(reply)
        except MemoryError:
            message = pickle.dumps((NO_MEMORY, None))
        _send(replies, message)
        del data, message


if __name__ == "__main__":
    main()
