"""Reading in a process of its own: the same as here, and an end of either that the other learns of."""

import signal
import subprocess
import sys
import time
from dataclasses import fields
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.errors import FengqingError
from models.home import Home
from models.intake import limits, reading
from models.intake.apart import Reading
from models.intake.batch import ingest
from models.intake.frames import Limits
from models.intake.judging import source_file
from models.sample.generate import generate
from tests.models.intake.test_killed import contents

TODAY = date(2026, 6, 1)
SECONDS = 30
# Says who reads for it, and is killed then.
STARTER = """
import os, signal
from models.intake.apart import Reading
with Reading() as apart:
    apart.go_apart()
    print(apart._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def inbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nation")
    generate(8, [2025], 3, 0.3, folder)
    return folder / "inbox"


@pytest.fixture(scope="module")
def files(inbox):
    return [source_file(path) for path in sorted(inbox.rglob("*")) if path.is_file()]


@pytest.fixture
def apart():
    with Reading() as made:
        made.go_apart()
        yield made


def test_what_is_read_is_the_same(files, apart):
    here, there = reading.read(files, Limits()), apart.read(files, Limits())
    for one in fields(here):
        found, expected = getattr(there, one.name), getattr(here, one.name)
        if isinstance(expected, pl.DataFrame):
            assert_frame_equal(found, expected)
        elif one.name == "tables":
            assert len(found) == len(expected) > 0
            for table, same in zip(found, expected, strict=True):
                assert_frame_equal(table, same)
        else:
            assert found == expected


def test_what_goes_wrong_there_is_raised_here(files, apart, tmp_path):
    gone = source_file(files[0].path)
    gone = type(gone)(gone.file_id, tmp_path / "gone.xlsx", gone.name)
    with pytest.raises(FileNotFoundError):
        apart.read([gone], Limits())
    assert apart.read(files[:2], Limits()).sheets.height > 0


def test_an_error_for_the_user_comes_whole(apart):
    import pickle

    error = FengqingError("code", "中文", "English")
    found = pickle.loads(pickle.dumps(error))
    assert (found.code, found.zh, found.en, str(found)) == ("code", "中文", "English", str(error))


def test_an_end_before_its_time_is_told(files, apart):
    apart._process.kill()
    with pytest.raises(FengqingError) as raised:
        apart.read(files, Limits())
    assert raised.value.code == "reader_ended"


def test_it_does_not_outlive_the_one_it_reads_for():
    done = subprocess.run(
        [sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True, check=False,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    reader = int(done.stdout)
    deadline = time.monotonic() + SECONDS
    while is_running(reader) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(reader)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    # Nobody may be left to hear of its end: then it is a name without a process.
    return state != "Z"


def test_the_warehouse_is_the_same(inbox, tmp_path, monkeypatch):
    found = {}
    for name, given in (("here", 10_000), ("apart", 1)):
        monkeypatch.setenv(limits.ENVIRONMENT_VARIABLE, f'{{"apart_files": {given}, "batch_files": 5}}')
        home = Home(tmp_path / name)
        (home.secrets / "salt").write_bytes(b"s" * 32)
        ingest(inbox, home, today=TODAY)
        found[name] = contents(home)
    assert found["here"] == found["apart"]
    assert found["here"]["main", "education_attendance"]
