"""`fengqing audit`: what it lists, that it checks the whole chain, and what a changed line does."""

import json

import pytest
from typer.testing import CliRunner

from models import audit
from models.home import Home
from pipelines.cli import app


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    audit.record(home, "a", "national", "sign_in", "-")
    audit.record(home, "b", "line:110000", "view", "society?society=[red]\x1b[2J\u202eX", "2025-0123456789")
    audit.record(home, "a", "national", "download", "annual", "2025-0123456789")
    return home


def invoked(home, *options):
    return CliRunner().invoke(app, ["audit", "--home", str(home.root), *options])


def test_the_newest_lines_are_listed_and_the_chain_is_said_to_hold(home):
    shown = invoked(home)
    assert shown.exit_code == 0
    assert "共 3 行，逐行核对无误" in shown.stdout
    assert all(word in shown.stdout for word in ("line:110000", "download", "2025-0123456789"))
    # What stands in an address is text on a terminal, too.
    assert "[red][U+001B][2J[U+202E]X" in shown.stdout and "\x1b[2J" not in shown.stdout
    assert "3 lines in all; the chain holds." in invoked(home, "--lang", "en").stdout


def test_one_person_and_the_last_lines_can_be_asked_for(home):
    entries = json.loads(invoked(home, "--who", "a", "--last", "1", "--json").stdout)
    assert [(one["number"], one["action"]) for one in entries] == [(3, "download")]


def test_no_log_is_no_error(tmp_path):
    assert "共 0 行" in invoked(Home(tmp_path)).stdout


@pytest.mark.parametrize("options", [(), ("--who", "b"), ("--last", "1"), ("--json",)])
def test_a_changed_line_is_told_with_its_number(home, options):
    lines = audit.log_path(home).read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace("annual", "public")
    audit.log_path(home).write_text("\n".join(lines) + "\n", encoding="utf-8")
    shown = invoked(home, *options)
    assert shown.exit_code == 1
    assert "审计日志第 3 行" in shown.stderr
    assert "Line 3" in invoked(home, *options, "--lang", "en").stderr
    if "--json" in options:
        assert json.loads(shown.stdout)["error"] == "AUDIT_TAMPERED"
    else:
        assert shown.stdout == ""
