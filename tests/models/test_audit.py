import json
import threading

import pytest

from models import audit
from models.errors import FengqingError
from models.home import Home


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_lines_are_only_appended_and_chained(home):
    first = audit.record(home, "a", "national", "sign_in", "-")
    before = audit.log_path(home).read_bytes()
    second = audit.record(home, "b", "line:110000", "view", "society?society=X", "2025-0123456789")
    assert audit.log_path(home).read_bytes().startswith(before)
    assert (first.number, first.previous, second.previous) == (1, audit.START, first.digest)
    assert list(audit.entries(home)) == [first, second]
    assert audit.log_path(home).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", ["alter", "drop", "swap"])
def test_a_change_is_found_and_its_line_named(home, change):
    for n in range(4):
        audit.record(home, f"p{n}", "national", "view", "overview")
    lines = audit.log_path(home).read_text().splitlines()
    if change == "alter":
        lines[1] = json.dumps({**json.loads(lines[1]), "who": "nobody"})
    elif change == "drop":
        del lines[1]
    else:
        lines[1], lines[2] = lines[2], lines[1]
    audit.log_path(home).write_text("\n".join(lines) + "\n")
    with pytest.raises(FengqingError) as caught:
        list(audit.entries(home))
    assert caught.value.code == "AUDIT_TAMPERED"
    assert "2" in caught.value.zh


def test_many_writers_keep_one_chain(home):
    writers = [
        threading.Thread(target=audit.record, args=(home, f"p{n}", "national", "view", "x"))
        for n in range(20)
    ]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert sorted(e.who for e in audit.entries(home)) == sorted(f"p{n}" for n in range(20))


@pytest.mark.parametrize("obstacle", ["folder", "half a line"])
def test_what_cannot_be_recorded_is_an_error(home, obstacle):
    path = audit.log_path(home)
    path.parent.mkdir()
    if obstacle == "folder":
        path.mkdir()
    else:
        path.write_text('{"number": 1')
    with pytest.raises(FengqingError) as caught:
        audit.record(home, "a", "national", "view", "x")
    assert caught.value.code == "AUDIT_UNWRITABLE"
