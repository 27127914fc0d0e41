"""Databases in memory beside a snapshot: what does not fit goes to a folder of their own."""

import subprocess
import sys
from pathlib import Path

from models.publication.files import beside

# In a process of its own: with a folder in common the interpreter itself breaks down.
BOTH = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from models.publication.files import beside

ROWS = 1_000_000

def sort(path, name):
    con = beside(path)
    con.execute("set memory_limit = '100MB'")
    con.execute("set threads = 1")
    # On a slow machine it would draw one into what this prints.
    con.execute("set enable_progress_bar = false")
    text = f"hash(i)::varchar || '-{name}-' || repeat('x', 30)"
    for _ in range(2):
        con.execute(f"create or replace table t as select i, {text} as s from range({ROWS}) r(i)")
        right = f"count(*) filter (s = {text}), sum(i)::bigint"
        found = con.execute(f"select {right} from (from t order by s)").fetchone()
        assert found == (ROWS, ROWS * (ROWS - 1) // 2)
    aside = list(path.parent.glob(f"{path.name}.*.tmp"))
    con.close()
    return len(aside) > 0

path = Path(sys.argv[1])
with ThreadPoolExecutor() as pool:
    print(*pool.map(sort, [path, path], ["one", "other"]))
"""


def test_two_that_put_aside_do_not_meet(tmp_path):
    snapshot = tmp_path / "it's a run.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", BOTH, str(snapshot)], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "True True"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_made_until_it_is_needed(tmp_path):
    beside(tmp_path / "run.duckdb").close()
    assert list(tmp_path.iterdir()) == []
