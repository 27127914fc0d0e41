"""The command line: every command is there, and a failure is one line in the user's language."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from models.errors import FengqingError
from pipelines.cli import COMMANDS, app, speaks_plainly
from pipelines.options import JsonOption, LangOption

ISSUE_COMMANDS = {"run", "sample", "check", "export", "explain", "runs", "template", "dictionary", "serve"}


def test_every_promised_command_is_there():
    assert {command.__name__ for command in COMMANDS} >= ISSUE_COMMANDS


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.__name__)
def test_help_says_what_it_does(command):
    result = CliRunner().invoke(app, [command.__name__, "--help"])
    assert result.exit_code == 0
    assert command.__doc__.split()[0] in result.output


@pytest.fixture
def failing():
    def fails(lang: LangOption = "zh", as_json: JsonOption = False) -> None:
        """Fail."""
        raise FengqingError("E1", "坏了，请修。", "It broke; mend it.")

    one = typer.Typer()
    one.command()(speaks_plainly(fails))
    return one


@pytest.mark.parametrize(("lang", "line"), [("zh", "坏了，请修。"), ("en", "It broke; mend it.")])
def test_a_failure_is_one_line(failing, lang, line):
    result = CliRunner().invoke(failing, ["--lang", lang])
    assert result.exit_code == 1
    assert result.stderr == line + "\n"
    assert result.stdout == ""


def test_a_failure_for_machines_is_json_too(failing):
    result = CliRunner().invoke(failing, ["--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"error": "E1", "zh": "坏了，请修。", "en": "It broke; mend it."}


def test_a_bug_is_not_dressed_up_as_an_answer():
    def breaks() -> None:
        """Break."""
        raise ZeroDivisionError

    one = typer.Typer()
    one.command()(speaks_plainly(breaks))
    assert isinstance(CliRunner().invoke(one, []).exception, ZeroDivisionError)


def test_no_run_yet_says_what_to_do(tmp_path):
    result = CliRunner().invoke(
        app, ["explain", "--society", "x", "--indicator", "5.2", "--home", str(tmp_path)]
    )
    assert result.exit_code == 1
    assert "fengqing run" in result.stderr


def test_both_readmes_list_every_command_alike():
    root = Path(__file__).parents[2]
    listed = []
    for name in ("README.md", "README.zh-CN.md"):
        rows = re.findall(r"^\| `(\w+)((?: [^`]*)?)` \|", (root / name).read_text("utf-8"), re.MULTILINE)
        listed.append([(command, re.findall(r"--[\w-]+", options)) for command, options in rows])
    assert listed[0] == listed[1]
    assert {command for command, _ in listed[0]} == {command.__name__ for command in COMMANDS}
