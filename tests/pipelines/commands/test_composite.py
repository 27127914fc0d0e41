"""The command on files: outputs, options, languages, and one clear line on what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from models.errors import FengqingError
from pipelines.commands.composite import composite

META = """\ufeffLevel,iCode,iName,Direction,Weight,Parent,Type,Denominator,goalpost_lower,goalpost_upper
1,a,甲,1,3,P,Indicator,size,0,10
1,b,乙,1,1,P,Indicator,,0,100
1,c,丙,-1,1,Q,Indicator,,0,5
2,P,,1,1,T,Aggregate,,,
2,Q,,1,2,T,Aggregate,,,
3,T,,1,,,Aggregate,,,
,size,规模,,,,Denominator,,,
,side,,,,,Group,,,
"""
DATA = """uCode,uName,side,size,a,b,c
y,学会乙,左,1,1,10,4
x,学会甲,左,2,4,30,3
z,学会丙,右,1,3,20,2
w,学会丁,右,5,25,,0
"""
FILES = ["aggregated.csv", "imputed.csv", "normalised.csv", "ranks.csv", "treated.csv"]

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Run the command on DATA and META (or other bytes) with further options."""
    app = typer.Typer()
    app.command()(composite)

    def run(*options: str, data: bytes = DATA.encode(), meta: bytes = META.encode()) -> Result:
        (tmp_path / "iData.csv").write_bytes(data)
        (tmp_path / "iMeta.csv").write_bytes(meta)
        paths = ["--data", str(tmp_path / "iData.csv"), "--meta", str(tmp_path / "iMeta.csv")]
        return CliRunner().invoke(app, [*paths, "--out", str(tmp_path / "out"), *options])

    return run


def _ranks(tmp_path: Path) -> dict[str, int]:
    frame = pl.read_csv(tmp_path / "out" / "ranks.csv")
    return dict(zip(frame["uCode"], frame["Rank"], strict=True))


def test_writes_five_files_ucode_first(call: Call, tmp_path: Path) -> None:
    assert call("--no-treat").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    frames = {name: pl.read_csv(tmp_path / "out" / name) for name in FILES}
    assert all(frame.columns[0] == "uCode" and frame.height == 4 for frame in frames.values())
    assert frames["imputed.csv"]["a"].to_list() == [5.0, 2.0, 1.0, 3.0]
    assert _ranks(tmp_path) == {"w": 1, "z": 2, "x": 3, "y": 4}


@pytest.mark.parametrize("name", ["minmax", "zscore", "goalposts", "prank", "borda"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_normalisation_in_both_languages(call: Call, name: str, lang: str) -> None:
    result = call("--normalise", name, "--lang", lang)
    assert result.exit_code == 0
    assert ("综合指标" if lang == "zh" else "Composite indicator") in result.stdout


@pytest.mark.parametrize("name", ["amean", "gmean", "hmean", "copeland", "amean,copeland"])
def test_every_aggregation(call: Call, tmp_path: Path, name: str) -> None:
    assert call("--aggregate", name, "--scale", "1,100", "--winmax", "2").exit_code == 0
    assert _ranks(tmp_path)["w"] == 1


def test_json_tells_what_was_done(call: Call, tmp_path: Path) -> None:
    result = call("--json", "--impute-group", "side", "--screen", "0.9")
    facts = json.loads(result.stdout)
    assert (facts["units"], facts["missing"], facts["imputed"], facts["removed"]) == (4, 1, 1, [])
    assert facts["ranking"][0]["uCode"] == "w"
    assert [issue["code"] for issue in facts["issues"]] == ["screen_after_impute"]
    assert sorted(Path(name).name for name in facts["files"]) == FILES
    raw = json.loads(call("--json", "--no-treat", "--screen", "0.9", "--screen-on", "raw").stdout)
    assert raw["removed"] == ["w"]


def test_a_panel_is_built_at_its_last_point(call: Call, tmp_path: Path) -> None:
    head, *lines = DATA.splitlines()
    now = [f"{line},2024" for line in lines]
    past = [f"{line},2023" for line in lines]
    past[3] = "w,学会丁,右,5,25,90,0,2023"
    data = "\n".join([f"{head},Time", *now, *past]).encode()
    result = call("--panel", "latest", data=data)
    assert result.exit_code == 0
    imputed = pl.read_csv(tmp_path / "out" / "imputed.csv")
    assert imputed.filter(uCode="w")["b"].to_list() == [90.0]


def test_gb18030_files_are_read(call: Call, tmp_path: Path) -> None:
    result = call("--impute-group", "side", data=DATA.encode("gb18030"), meta=META[1:].encode("gb18030"))
    assert result.exit_code == 0
    assert _ranks(tmp_path)["w"] == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--winmax", "five"], "option"),
        (["--winmax", "-1"], "option"),
        (["--screen", "most"], "option"),
        (["--screen", "nan"], "option"),
        (["--scale", "100"], "option"),
        (["--scale", "0,x"], "option"),
        (["--normalise", "softmax"], "option"),
        (["--aggregate", "median"], "option"),
        (["--panel", "nearest"], "option"),
        (["--panel", "latest"], "panel_times"),
        (["--on-constant", "zero"], "option"),
        (["--lang", "fr"], "option"),
        (["--impute-group", "hue"], "group_column"),
        (["--data", "absent.csv"], "file_read"),
    ],
)
def test_a_bad_option_is_one_clear_line(call: Call, tmp_path: Path, options: list[str], code: str) -> None:
    result = call(*options)
    assert result.exit_code != 0
    assert isinstance(result.exception, FengqingError)
    assert result.exception.code == code
    assert "\n" not in result.exception.zh + result.exception.en
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_read"),
        (b"uCode,a\n\xff\xff,1\n", "file_read"),
        (DATA.replace("side", "a").encode(), "file_header"),
        (DATA.replace("uCode", "unit").encode(), "data_columns"),
        (DATA.replace("w,学会丁,右,5", "w,学会丁,右,0").encode(), "denominator_zero"),
        (DATA.replace("10,4", "ten,4").encode(), "data_number"),
        (DATA.splitlines()[0].encode(), "data_empty"),
        ((DATA + "v,学会戊\n").encode(), None),
        ((DATA + "v,学会戊,右,1,1,1,1,1,1\n").encode(), "file_read"),
    ],
)
def test_a_bad_file_is_one_clear_line(call: Call, data: bytes, code: str | None) -> None:
    result = call("--no-treat", data=data)
    if code is None:  # a short line is a unit with missing values, and told
        assert result.exit_code == 0 and "v" in result.stdout
        return
    assert isinstance(result.exception, FengqingError)
    assert result.exception.code == code
    assert "\n" not in result.exception.zh


def test_an_unwritable_target_is_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    result = call()
    assert isinstance(result.exception, FengqingError)
    assert result.exception.code == "file_write"


def test_codes_that_look_like_formulas_are_escaped_and_read_back(call: Call, tmp_path: Path) -> None:
    codes = ["=1+1", "+x", "-y", "@z"]
    lines = DATA.splitlines()
    told = [code + line[1:] for code, line in zip(codes, lines[1:], strict=True)]
    given = "\n".join([lines[0], *told, ""]).encode()
    assert call("--no-treat", data=given).exit_code == 0
    written = (tmp_path / "out" / "imputed.csv").read_text("utf-8")
    assert not any(line[0] in "=+-@" for line in written.splitlines())
    ranks = _ranks(tmp_path)
    assert set(ranks) == {f"'{code}" for code in codes}
    # What was written may be data again: the units are the same ones, escaped once and not twice.
    again = [f"'{code}" + line[1:] for code, line in zip(codes, lines[1:], strict=True)]
    result = call("--no-treat", "--json", data="\n".join([lines[0], *again, ""]).encode())
    assert {row["uCode"] for row in json.loads(result.stdout)["ranking"]} == set(codes)
    assert _ranks(tmp_path) == ranks
