"""Killed at any moment, intake goes on where it was, and ends as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from itertools import count
from pathlib import Path

import duckdb
import pytest

from data_contracts.contract import load_contracts
from models import warehouse
from models.home import Home
from models.intake.batch import ingest
from models.intake.limits import ENVIRONMENT_VARIABLE
from models.sample.generate import generate

SOCIETIES, BATCH = 10, 6
SALT = b"s" * 32
TODAY = date(2026, 6, 1)
# The first file that a child prints says that it is up; it is killed so long after that.
INGEST = """
import sys
from datetime import date
from itertools import count
from pathlib import Path
from models.home import Home
from models.intake.batch import ingest
from models.intake.limits import ENVIRONMENT_VARIABLE

def told(stage, done, total):
    print(stage, done, total, flush=True)

ingest(Path(sys.argv[1]), Home(Path(sys.argv[2])), told, int(sys.argv[3]), today=date(2026, 6, 1))
"""
# When things happened is all that may differ.
TIMES = {"landed_at", "superseded_at", "batch_id"}


@pytest.fixture(scope="module")
def inbox(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nation")
    generate(SOCIETIES, [2025], 3, 0.3, folder)
    return folder / "inbox"


@pytest.fixture(scope="module")
def undisturbed(inbox, tmp_path_factory):
    """The home of a run that nobody disturbed, and the seconds from its first word to its end."""
    home = Home(tmp_path_factory.mktemp("undisturbed"))
    child, started = start(inbox, home)
    with child:
        child.stdout.read()
    assert child.returncode == 0
    return home, time.perf_counter() - started


def start(inbox, home):
    (home.secrets / "salt").write_bytes(SALT)
    child = subprocess.Popen(
        [sys.executable, "-c", INGEST, str(inbox), str(home.root), str(BATCH)],
        cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True,
        # As with a nation's files: read in a process of its own.
        env={**os.environ, ENVIRONMENT_VARIABLE: '{"apart_files": 1}'},
    )  # fmt: skip
    assert child.stdout.readline()
    # Drained by nobody, a pipe holds 64 KB: far more than a run prints.
    return child, time.perf_counter()


def contents(home):
    """Every table of the warehouse as sorted rows, without times."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        tables = con.sql(
            "select table_schema, table_name from information_schema.tables "
            "where table_name <> 'batches' order by all"
        ).fetchall()
        found = {}
        for schema, name in tables:
            table = con.sql(f"from {schema}.{name}")
            columns = [c for c in table.columns if c not in TIMES]
            found[schema, name] = table.select(*map('"{}"'.format, columns)).pl()
    return {
        key: sorted(map(repr, frame.select(sorted(frame.columns)).iter_rows()))
        for key, frame in found.items()
    }


def killed(inbox, home, moments):
    """Start an ingest for each moment, kill it so long after its first word; how many were still at work."""
    kills = 0
    for moment in moments:
        child, _ = start(inbox, home)
        with child:
            try:
                child.wait(moment)
            except subprocess.TimeoutExpired:
                child.kill()
        kills += child.returncode == -signal.SIGKILL
    return kills


def settled(inbox, home):
    ingest(inbox, home, batch_size=BATCH, today=TODAY)
    return contents(home)


def check(inbox, undisturbed, home, moments):
    reference, _ = undisturbed
    kills = killed(inbox, home, moments)
    assert kills >= len(moments) / 3
    expected = contents(reference)
    assert set(expected) >= {("main", n) for n in load_contracts()} | {("main", "rows"), ("main", "findings")}
    assert expected["main", "education_attendance"]
    assert expected["main", "rows"]
    found = settled(inbox, home)
    for table, rows in expected.items():
        assert found[table] == rows, table
    # And nothing that is left over stands in the way of a second, idle run.
    assert settled(inbox, home) == found
    with warehouse.open_reader(home) as con:
        assert con.sql("select count(*) from batches where committed_at < started_at").fetchall() == [(0,)]


def test_killed_three_times(inbox, undisturbed, tmp_path):
    rng = random.Random(1)
    check(inbox, undisturbed, Home(tmp_path), [rng.uniform(0, undisturbed[1]) for _ in range(3)])


@pytest.mark.slow
def test_killed_twenty_times(inbox, undisturbed, tmp_path):
    """Ten homes, killed twice each: were it one home, its work would soon be done."""
    rng = random.Random(2)
    kills = 0
    for k in range(10):
        home = Home(tmp_path / str(k))
        home.root.mkdir()
        kills += killed(inbox, home, [rng.uniform(0, undisturbed[1] * share) for share in (0.8, 0.5)])
        found = settled(inbox, home)
        expected = contents(undisturbed[0])
        for table, rows in expected.items():
            assert found[table] == rows, (k, table)
    for k in count():  # those that ended before their moment came
        if kills >= 20:
            break
        home = Home(tmp_path / f"more{k}")
        home.root.mkdir()
        kills += killed(inbox, home, [undisturbed[1] * rng.uniform(0, 0.4)])
        assert settled(inbox, home) == contents(undisturbed[0])
