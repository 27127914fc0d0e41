import json

import pytest
from typer.testing import CliRunner

from models.errors import FengqingError
from models.publication.explain import explain


@pytest.fixture
def figure(con):
    return con.sql(
        "select society_id, indicator, score, numerator, denominator from indicators "
        "where state = 'reported' and indicator = '5.2' order by 1 limit 1"
    ).fetchone()


def test_the_figure_and_its_rows(con, figure):
    society, indicator, score, numerator, denominator = figure
    one = explain(con, society, indicator)
    assert (one.score, one.numerator, one.denominator) == (score, numerator, denominator)
    assert [source.row for source in one.sources] == [7, 8]
    assert one.sources[0].file == f"{society}_2025_r1.xlsx"
    assert one.sources[0].sheet == "表5宣讲教育"
    assert one.title_zh == "会员参训覆盖率"


def test_unknown_codes_say_so(con, figure):
    with pytest.raises(FengqingError) as society:
        explain(con, "51990000000000000X", "5.2")
    with pytest.raises(FengqingError) as indicator:
        explain(con, figure[0], "9.9")
    assert (society.value.code, indicator.value.code) == ("SOCIETY_UNKNOWN", "INDICATOR_UNKNOWN")
    assert "5.2" in indicator.value.zh


@pytest.fixture
def run():
    import typer

    from pipelines.commands.explain import explain as command

    app = typer.Typer()
    app.command()(command)
    return lambda *args: CliRunner().invoke(app, list(args))


def test_the_command_prints_file_sheet_and_line(run, published, figure):
    result = run("--society", figure[0], "--indicator", "5.2", "--home", str(published.root))
    assert result.exit_code == 0
    assert (
        "会员参训覆盖率" in result.output
        and "本项目建议值" in result.output
        and "表5宣讲教育" in result.output
    )


def test_the_command_speaks_english_and_json(run, published, figure):
    arguments = ("--society", figure[0], "--indicator", "5.2", "--home", str(published.root))
    assert "Members trained" in run(*arguments, "--lang", "en").output
    found = json.loads(run(*arguments, "--json").output)
    assert found["denominator"] == figure[4]
    assert len(found["sources"]) == 2


def test_the_export_command_lists_what_it_wrote(published, tmp_path):
    import typer

    from pipelines.commands.export import export as command

    app = typer.Typer()
    app.command()(command)
    arguments = ["--home", str(published.root), "--out", str(tmp_path / "x"), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert len(json.loads(result.output)) == 7
