from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipelines.commands.sample import sample

ARGUMENTS = ["--societies", "8", "--year", "2024", "--year", "2025", "--seed", "3", "--mess", "0.1"]


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(sample)
    return app


def test_json_tells_what_was_written(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*ARGUMENTS, "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["years"] == [2024, 2025] and told["societies"] == 8
    assert told["workbooks"] == len(list((tmp_path / "inbox").rglob("51*.xlsx")))


@pytest.mark.parametrize(("lang", "word"), [("zh", "虚构学会"), ("en", "fictitious societies")])
def test_the_summary_is_in_the_language_asked_for(
    app: typer.Typer, tmp_path: Path, lang: str, word: str
) -> None:
    result = CliRunner().invoke(app, [*ARGUMENTS, "--out", str(tmp_path), "--lang", lang])
    assert result.exit_code == 0, result.output
    assert word in result.stdout
