"""A home with two fabricated runs, made once."""

import json
import shutil
import sys

import pytest

from dashboards import plots


@pytest.fixture(autouse=True)
def own_main(monkeypatch):
    """A page under test becomes `__main__`; a process started afterwards would run it again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """No browser reads the first charts of a page under test."""
    monkeypatch.setattr(plots, "LATE_SECONDS", 0)


@pytest.fixture
def empty_home(tmp_path, fabricated):
    return fabricated.Home(tmp_path)


@pytest.fixture(scope="session")
def address(screenshots, published):
    with screenshots.served(published.root) as found:
        yield found


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """The inbox of a small sample, half of whose rows carry a defect."""
    from models.sample.generate import generate

    out = tmp_path_factory.mktemp("sample")
    generate(6, [2025], 3, 0.5, out)
    return out / "inbox" / "2025"


@pytest.fixture(scope="session")
def messy(sample):
    """A workbook with rows returned and rows set aside."""
    return chosen(sample, lambda r: r.status != "refused" and r.rows["returned"] and r.rows["quarantined"])


@pytest.fixture(scope="session")
def flawless(sample):
    """A workbook with nothing found in it."""
    return chosen(sample, lambda r: not r.findings)


def chosen(sample, condition):
    from models.intake.check import check

    return next(r.path for r in check(sorted(sample.glob("5*.xlsx"))) if condition(r))


@pytest.fixture(scope="session")
def publish_anew():
    """A function that adds another run of the year to a home: the present one under a new number."""
    import duckdb

    from models.publication.snapshot import resolve

    def publish(home):
        now = resolve(home)
        new = f"{now[:5]}{'0' * 9}1"
        shutil.copy(home.snapshots / f"{now}.duckdb", home.snapshots / f"{new}.duckdb")
        with duckdb.connect(str(home.snapshots / f"{new}.duckdb")) as con:
            con.execute("update run set run_id = ?", [new])
        book = home.snapshots / "current.json"
        known = json.loads(book.read_text(encoding="utf-8"))
        known["latest"] = known["years"][now[:4]] = new
        book.write_text(json.dumps(known), encoding="utf-8")
        return now, new

    return publish
