import csv
import io
import json
from itertools import pairwise

import openpyxl
import pytest

from models.publication import exports, listings, snapshot
from models.publication.sheets import columns

# domain.md §4; the seven dimensions stand under their names.
ANNUAL = [
    "序号",
    "统一社会信用代码",
    "社会团体名称",
    "登记层级",
    "业务主管单位",
    "学科类别",
    "规模组",
    "职责入章",
    "公约准则",
    "学术调查",
    "评价规范",
    "宣讲教育",
    "青年支持",
    "社会监督",
    "综合得分",
    "区间下限",
    "区间上限",
    "等次",
    "适用权重",
    "未报项",
    "核验率",
    "备注",
]
FIGURES = ("得分", "名次", "区间", "等次", "稳定", "核验率")


@pytest.fixture(params=[False, True], ids=["handed out", "restricted"])
def restricted(request):
    return request.param


@pytest.fixture
def written(published, tmp_path):
    return {path.name: path for path in exports.export(published, out=tmp_path / "out")}


def book(path):
    return openpyxl.load_workbook(path)


def test_everything_is_written(written):
    assert set(written) == {
        "年度指标一览表.xlsx",
        "年度指标一览表.csv",
        "典型经验推荐名单.xlsx",
        "典型经验推荐名单.csv",
        "典型经验公示稿（不排名）.xlsx",
        "典型经验公示稿（不排名）.csv",
        "manifest.json",
    }


def test_by_default_it_goes_below_the_run(published):
    run_id = snapshot.resolve(published, year=2024)
    paths = exports.export(published, year=2024)
    assert {path.parent for path in paths} == {published.exports / run_id}
    manifest = json.loads((published.exports / run_id / "manifest.json").read_text("utf-8"))
    assert manifest["run_id"] == run_id
    assert manifest["methodology"]["version"] == "1.0.0"


def test_the_yearly_table(published, tmp_path, restricted, con):
    paths = exports.export(published, out=tmp_path, restricted=restricted)
    page = book(next(path for path in paths if path.name == "年度指标一览表.xlsx"))["年度指标一览表"]
    assert [cell.value for cell in page[1]] == ANNUAL
    assert page.max_row == 45
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:V45"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr.fitToPage and page.page_setup.fitToHeight == 0
    assert page.print_title_rows == "$1:$1"
    assert "&P" in page.oddFooter.center.text
    exact = dict(con.sql("select society_id, score from composite").fetchall())
    ranges = 0
    for row in page.iter_rows(min_row=2):
        by = dict(zip(ANNUAL, row, strict=True))
        assert by["统一社会信用代码"].data_type == "s"
        score, shown = exact[by["统一社会信用代码"].value], by["综合得分"].value
        if "得分为范围中点" in (by["备注"].value or ""):
            ranges += 1
            assert by["区间下限"].value < shown < by["区间上限"].value
        else:
            assert shown == score or abs(shown - score) < 1e-9
        assert by["综合得分"].number_format == "0.0"
        assert by["核验率"].number_format == "0.0%"
    assert (ranges == 0) == restricted


def test_not_filed_is_blank_not_zero(written):
    page = book(written["年度指标一览表.xlsx"])["年度指标一览表"]
    unfiled = [row for row in page.iter_rows(min_row=2, values_only=True) if row[17] == "不予评级"]
    assert len(unfiled) == 4
    for row in unfiled:
        assert row[7:17] == (None,) * 10
        assert row[21] == "未报送"


def test_the_remarks_name_bars(con):
    remarks = listings.annual(con)["remarks"].drop_nulls().to_list()
    assert any("否决评优：违规评奖收费" in text for text in remarks)
    assert any("暂缓：严重案件在办" in text for text in remarks)
    assert any("项待核实" in text for text in remarks)


def test_a_name_that_looks_like_a_formula_is_disarmed(written):
    with written["年度指标一览表.csv"].open(encoding="utf-8-sig", newline="") as file:
        names = [row["社会团体名称"] for row in csv.DictReader(file)]
    assert "'=虚构<b>脚本</b>*学会*" in names
    page = book(written["年度指标一览表.xlsx"])["年度指标一览表"]
    cell = next(row[2] for row in page.iter_rows(min_row=2) if row[2].value.startswith("="))
    assert cell.data_type == "s"


def test_selected_and_not_selected_are_everybody(written, con):
    opened = book(written["典型经验推荐名单.xlsx"])
    assert opened.sheetnames == [
        "推荐名单", "候补名单", "现场核名单", "报送口径推荐情况", "未入选原因", "说明",
    ]  # fmt: skip
    chosen, others = opened["推荐名单"], opened["未入选原因"]
    assert chosen.max_row - 1 + others.max_row - 1 == 44
    ranks = [(row[0], row[1]) for row in chosen.iter_rows(min_row=2, values_only=True)]
    expected = con.sql("select count(*) from exemplars where decision = 'selected'").fetchone()[0]
    assert len(ranks) == expected
    groups = [group for group, _ in ranks]
    assert len(set(groups)) == sum(a != b for a, b in zip(groups, [None, *groups], strict=False))
    assert all(a[1] < b[1] for a, b in pairwise(ranks) if a[0] == b[0])
    assert all(row[11] for row in others.iter_rows(min_row=2, values_only=True))


def test_the_public_list_has_no_figure_and_no_order(written):
    page = book(written["典型经验公示稿（不排名）.xlsx"])["公示稿"]
    titles = [cell.value for cell in page[1]]
    assert not any(word in title for title in titles for word in (*FIGURES, "序号"))
    rows = list(page.iter_rows(min_row=2, values_only=True))
    assert rows == sorted(rows, key=lambda row: (row[0], row[1]))
    assert not any(isinstance(value, int | float) for row in rows for value in row)


def test_a_ranked_public_list_needs_an_approval_number(published, tmp_path):
    names = {path.name for path in exports.export(published, out=tmp_path, approval_no=" 国评办〔2026〕0号 ")}
    assert "典型经验公示稿（排名）.xlsx" in names
    assert "典型经验公示稿（不排名）.xlsx" not in names
    notes = book(tmp_path / "典型经验公示稿（排名）.xlsx")["说明"]
    assert ("批准文号", "国评办〔2026〕0号") in list(notes.iter_rows(values_only=True))
    assert json.loads((tmp_path / "manifest.json").read_text("utf-8"))["approval_no"] == "国评办〔2026〕0号"


def test_the_environment_may_name_the_approval(published, tmp_path, monkeypatch):
    monkeypatch.setenv("FENGQING_APPROVAL_NO", "号")
    assert any("（排名）" in path.name for path in exports.export(published, out=tmp_path))
    monkeypatch.setenv("FENGQING_APPROVAL_NO", "  ")
    assert not any("（排名）" in path.name for path in exports.export(published, out=tmp_path))


@pytest.mark.parametrize("table", ["annual", "exemplars", "public", "public_ranked"])
def test_every_workbook_says_what_it_rests_on(con, table):
    notes = openpyxl.load_workbook(io.BytesIO(exports.workbook(con, table)))["说明"]
    rows = {row[0]: row[1] for row in notes.iter_rows(min_row=2, values_only=True)}
    run_id = con.sql("select run_id from run").fetchone()[0]
    assert rows["运行编号"] == run_id
    assert "1.0.0" in rows["方法版本"]
    assert "本项目建议值" in rows["本项目建议值"]


@pytest.mark.parametrize("table", ["annual", "exemplars", "not_selected", "public"])
def test_english_and_chinese_have_the_same_columns(con, table):
    zh, en = (getattr(listings, table)(con, lang) for lang in ("zh", "en"))
    assert zh.columns == en.columns
    assert {c.key for c in columns(table)} <= set(zh.columns)
    assert not zh.equals(en)


def test_export_twice_gives_the_same_bytes(published, tmp_path):
    first = {p.name: p.read_bytes() for p in exports.export(published, out=tmp_path / "a")}
    second = {p.name: p.read_bytes() for p in exports.export(published, out=tmp_path / "b")}
    assert first == second


def test_an_unknown_language_is_refused(con):
    with pytest.raises((ValueError, KeyError)):
        listings.public(con, "fr; drop table run")


def test_a_provisional_run_says_so_wherever_it_is_handed_out(fabricated, tmp_path):
    home = fabricated.publish(tmp_path / "home", (2025,), n=22, is_provisional=True)
    (run,) = snapshot.list_runs(home)
    assert run["is_provisional"]
    written = {path.name: path for path in exports.export(home, out=tmp_path / "out")}
    lists = ("年度指标一览表", "典型经验推荐名单", "典型经验公示稿（不排名）")
    assert set(written) == {"manifest.json", *(f"{n}（试评）.{e}" for n in lists for e in ("xlsx", "csv"))}
    for name in lists:
        sheets = book(written[f"{name}（试评）.xlsx"])
        first = sheets.worksheets[0]
        assert first.title.endswith("（试评）") and first.oddHeader.center.text.endswith("（试评）")
        notes = {row[0].value: row[1].value for row in sheets.worksheets[-1].iter_rows(min_row=2)}
        assert notes["状态"].startswith("试评：")


def test_a_final_run_is_not_marked(published, written):
    assert not any(run["is_provisional"] for run in snapshot.list_runs(published))
    notes = book(written["年度指标一览表.xlsx"]).worksheets[-1]
    assert {row[0].value: row[1].value for row in notes.iter_rows(min_row=2)}["状态"].startswith("正式")
