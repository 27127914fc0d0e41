"""300 spoilt files: none stops intake, every row is accounted for, no personal number comes out."""

import io
import zipfile

import polars as pl
import pytest

from models.intake.judging import judge, source_file
from tests.fuzz import mutate, trial

MUTANTS, BATCH, SEED = 300, 50, 20230090
SECONDS_A_BATCH = 60.0  # what might be a bomb is given up after some seconds, and machines are busy
PERSONAL = ["13800138000", "999999199001011239", "９９９９９９１９９００１０１１２３９"]


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    return trial.originals(tmp_path_factory.mktemp("originals") / "sample")


@pytest.fixture(scope="module")
def outcome(originals, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutants")
    found = trial.Outcome()
    made = list(mutate.mutants(originals, MUTANTS, SEED))
    for start in range(0, MUTANTS, BATCH):
        trial.try_batch(made[start : start + BATCH], folder, found)
    return found


def test_no_mutant_stops_intake(outcome):
    assert outcome.mutants == MUTANTS
    assert not outcome.crashes, "\n".join(outcome.crashes)


def test_the_rows_of_every_mutant_add_up(outcome):
    assert not outcome.uneven
    assert all(outcome.rows[v] for v in ("accepted", "returned", "quarantined", "non_data"))
    assert outcome.statuses["current"] > MUTANTS / 4
    assert outcome.statuses["refused"] > MUTANTS / 20


def test_no_personal_number_comes_out(outcome):
    assert outcome.personal > 20
    assert not outcome.leaks


def test_no_mutant_takes_long(outcome):
    assert outcome.slowest < SECONDS_A_BATCH


def test_mutants_depend_on_the_seed_only(originals):
    one, again, other = (
        [(m.name, m.content, m.how) for m in mutate.mutants(originals, 40, seed)] for seed in (1, 1, 2)
    )
    assert one == again != other


def test_the_leak_is_seen_where_there_is_one(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("行为代码\nx\n", encoding="utf-8")
    judged = judge([source_file(path)], trial.CONTEXT)
    judged.findings.insert_column(0, pl.Series("extra", ["电话 138-0013 8000"] * judged.findings.height))
    assert list(trial.leaks(judged, ["13800138000"])) == [("13800138000", "findings.extra")]


def _workbook(originals, change):
    """A good sample workbook, one of its parts changed."""
    good = next(p for p in originals if p.suffix == ".xlsx" and p.name[0] == "5")
    out = io.BytesIO()
    with zipfile.ZipFile(good) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in archive.namelist():
            if (data := change(name, archive.read(name))) is not None:
                made.writestr(name, data)
    return out.getvalue()


def _judge(folder, content, name="x.xlsx"):
    path = folder / name
    path.write_bytes(content)
    return judge([source_file(path)], trial.CONTEXT)


def test_two_cells_far_apart_end_nothing(originals, tmp_path):
    def far(name, data):
        return data.replace(b'r="B4"', b'r="XFD1048576"') if name == "xl/worksheets/sheet1.xml" else data

    judged = _judge(tmp_path, _workbook(originals, far))
    assert judged.findings["code"].to_list() == ["S13"]


def test_a_workbook_without_its_relations_is_damaged(originals, tmp_path):
    def lost(name, data):
        if name.endswith("workbook.xml.rels"):
            return None
        return data.replace(b"<row ", b'<row hidden="1" ', 1)

    judged = _judge(tmp_path, _workbook(originals, lost))
    assert judged.findings["code"].to_list() == ["D30"]


def test_sheets_of_one_name_keep_their_rows_apart(originals, tmp_path):
    def alike(name, data):
        return data.replace("表6青年".encode(), "表3宣讲教育".encode()) if name == "xl/workbook.xml" else data

    rows = _judge(tmp_path, _workbook(originals, alike)).rows
    assert rows.select("file_id", "sheet", "row").is_unique().all()
    assert rows["row_id"].drop_nulls().is_unique().all()


def test_a_quote_never_closed_in_a_long_file(originals, tmp_path):
    export = next(p for p in originals if p.name.startswith("签到") and p.stat().st_size > 1000)
    lines = export.read_bytes().splitlines()
    content = b"\n".join([lines[0], b'"' + lines[1], *lines[2:] * (200_000 // len(export.read_bytes()) + 2)])
    judged = _judge(tmp_path, content, "签到.csv")
    assert judged.files["rows_read"].to_list() == [2]


@pytest.mark.parametrize("number", PERSONAL)
def test_a_personal_number_in_place_of_a_credit_code_is_masked(originals, tmp_path, number):
    export = next(p for p in originals if p.name.startswith("签到"))
    header, row, *_ = export.read_bytes().splitlines()
    cells = row.split(b",")
    cells[0] = number.encode("gb18030" if b"\xcd\xb3" in header else "utf-8")
    judged = _judge(tmp_path, b"\n".join([header, b",".join(cells)]), "签到.csv")
    assert judged.files["returned"][0] + judged.files["quarantined"][0] == 1
    assert not list(trial.leaks(judged, ["13800138000", "999999199001011239"]))
