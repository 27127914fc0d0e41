"""Each page, in both languages, with and without runs, through Streamlit's own test runner."""

import re
from pathlib import Path

import pytest

from dashboards import navigation

APP = str(Path(__file__).parents[2] / "dashboards" / "app.py")
PAGES = tuple(page.path for page in navigation.PAGES if page.needs_run)


def script():
    """A page without the navigation, which the test runner cannot drive."""
    import os

    from dashboards import app, navigation, state, view
    from dashboards.i18n import Texts

    shown = view.open_view(Texts(view.choose_language()))
    wanted = os.environ["FENGQING_TEST_PAGE"]
    app.draw(next(page for page in navigation.PAGES if page.path == wanted), shown)
    state.write()


@pytest.fixture
def start(monkeypatch):
    from streamlit.testing.v1 import AppTest

    def run(home, page=None, **parameters):
        monkeypatch.setenv("FENGQING_HOME", str(home.root))
        monkeypatch.setenv("FENGQING_RUN", parameters.pop("run", ""))
        monkeypatch.setenv("FENGQING_TEST_PAGE", page or "")
        app = (
            AppTest.from_function(script, default_timeout=60)
            if page
            else AppTest.from_file(APP, default_timeout=60)
        )
        for name, value in parameters.items():
            app.query_params[name] = value
        return settled(app.run())

    return run


def settled(app):
    assert not app.exception, [e.message for e in app.exception]
    assert "fq-fault" not in html(app)  # what app.py draws in place of an exception
    return app


def html(app):
    return "\n".join(element.proto.body for element in app.get("html"))


def widget(found, name):
    """The one widget whose key begins with a name: keys also hold the language."""
    (one,) = [w for w in found if w.key and w.key.startswith(f"{name}_")]
    return one


def words(app):
    return re.sub(r"<[^>]+>", " ", html(app).replace("<wbr>", ""))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_before_the_first_run_the_page_says_what_to_do(start, empty_home, lang):
    app = start(empty_home, lang=lang)
    assert "fengqing run" in words(app)
    assert ("尚无已发布的评估" in words(app)) == (lang == "zh")


def test_a_link_restores_the_view_in_either_language(start, published):
    """The URL holds codes: switching the language keeps filters, page and indicator."""
    for lang, level in (("zh", "登记层级：全国"), ("en", "Level: National")):
        app = start(published, "assessment", lang=lang, level="national", sort="name", q="虚构")
        assert level in words(app) and ("共 8" in words(app) or "of 8" in words(app)), words(app)[:500]
        assert widget(app.text_input, "q").value == "虚构"
    code = society_of(published, "s.filed")
    app = start(published, "society", society=code, indicator="5.2")
    assert widget(app.selectbox, "indicator").value == "5.2"


def test_filters_can_be_cleared(start, published):
    app = start(published, "overview", level="national")
    assert "登记层级：全国" in words(app)
    app.button(key="clear_filters").click()
    assert "全部学会" in words(settled(app.run()))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_its_language(start, published, page, lang):
    app = start(published, page, lang=lang)
    headings = re.findall(r"<h2>(.*?)</h2>", html(app))
    assert headings or page == "compare"
    for text in headings:
        title = re.sub(r"<.*", "", text)
        assert bool(re.search(r"[\u4e00-\u9fff]", title)) == (lang == "zh"), title
    assert "本项目建议值" in html(app) or page in {"quality", "issues", "changes"}


def test_the_app_opens_on_the_overview(start, published):
    app = start(published)
    assert "2025 年度学术自律自净总览" in words(app)
    assert app.get("plotly_chart")


def test_the_overview_shows_the_numbers_of_the_snapshot(start, published):
    text = words(start(published, "overview"))
    for figure in (
        "44",
        "90.9%",
        "已报送 40，未报送 4",
        "文件 40 个，读取 2,400 行",
        "行数变化过大",
        "不属报告年度",
    ):
        assert figure in text, figure


def test_another_year_can_be_chosen(start, published):
    app = start(published, "overview")
    widget(app.selectbox, "year").select("2024")
    text = words(settled(app.run()))
    assert "2024 年度学术自律自净总览" in text
    assert "没有上一年度的已发布结果" in text


def test_a_fixed_run_leaves_no_choice(start, published):
    from models.publication.snapshot import current

    app = start(published, "overview", run=current(published)["years"]["2024"])
    assert "2024 年度" in words(app)
    assert not any(box.key.startswith("year_") for box in app.selectbox)


def society_of(published, condition):
    from models.publication.snapshot import open_snapshot

    with open_snapshot(published) as con:
        return con.sql(
            "select s.society_id from societies s join composite c using (society_id) "
            f"where {condition} order by 1"
        ).fetchone()[0]


def test_a_profile_shows_every_indicator_with_its_state(start, published):
    code = society_of(published, "s.filed")
    app = start(published, "society", society=code)
    text = words(app)
    for figure in (code, "1.1 章程条款状态", "7.5 重复问题率", "同组名次区间"):
        assert figure in text, figure
    assert html(app).count('class="fq-state ') == 37 + 6  # and the legend


def test_a_profile_names_file_sheet_and_line(start, published):
    code = society_of(published, "s.filed")
    app = start(published, "society", society=code)
    widget(app.selectbox, "indicator").select("5.2")
    text = words(settled(app.run()))
    assert f"{code}_2025_r1.xlsx" in text
    assert "表5宣讲教育" in text


def test_few_cases_are_withheld(start, published):
    from dashboards import access
    from models.publication.snapshot import resolve

    con = access.connect(published, resolve(published), access.Scope())
    code, indicator = con.sql(
        "select society_id, indicator from indicators where is_suppressed order by 1, 2"
    ).fetchone()
    app = start(published, "society", society=code)
    widget(app.selectbox, "indicator").select(indicator)
    settled(app.run())
    assert "※" in html(app)
    assert any("案件数少于 5" in element.value for element in app.text)


def test_data_never_becomes_markup(start, published):
    code = society_of(published, "s.name like '=%'")
    made = html(start(published, "society", society=code))
    assert "=虚构&lt;b&gt;脚本&lt;/b&gt;*学会*" in made
    assert "<b>脚本</b>" not in made


def test_a_society_that_did_not_file_is_not_rated(start, published):
    code = society_of(published, "not s.filed")
    text = words(start(published, "society", society=code))
    assert "不予评级" in text and "未报送" in text
    assert "未评级的学会不归入同类组" in text and "以免透露" not in text


def test_an_unknown_code_says_so(start, published):
    app = start(published, "society", society="51990000000000000X")
    assert any("51990000000000000X" in element.value for element in app.text)
    # None is chosen in its place, and a choice takes the reader out of it.
    box = widget(app.selectbox, "society_choice")
    assert box.value is None
    box.select(box.options[0])
    settled(app.run())
    assert f"{app.query_params['society']} ·" in words(app) and not [
        element for element in app.text if "51990000000000000X" in element.value
    ]


def test_searching_narrows_the_choice(start, published):
    app = start(published, "society")
    widget(app.text_input, "society_text").input("海洋信息")
    settled(app.run())
    choice = next(box for box in app.selectbox if "society_choice" in box.key)
    assert choice.options and all("海洋信息" in option for option in choice.options)
    widget(app.text_input, "society_text").input("没有这样的名称")
    settled(app.run())
    assert any("没有符合的学会" in element.value for element in app.text)


def test_one_society_after_another_is_chosen(start, published):
    app = start(published, "society")
    options = widget(app.selectbox, "society_choice").options
    for option in (options[3], options[1], options[4], options[1], options[0]):
        widget(app.selectbox, "society_choice").select(option)
        settled(app.run())
        code = option.split("　")[-1]
        assert widget(app.selectbox, "society_choice").value == code
        assert f"{code} ·" in words(app)
        assert app.query_params["society"] == code


def test_the_table_is_filtered(start, published):
    app = start(published, "assessment")
    assert "共 44" in words(app)
    widget(app.selectbox, "level").select("national")
    settled(app.run())
    assert "共 8" in words(app)
    widget(app.text_input, "q").input("没有这样的名称")
    settled(app.run())
    assert "没有符合筛选条件的学会" in words(app)


def test_the_table_is_paged_on_the_server(start, published, monkeypatch):
    from dashboards.pages import assessment

    monkeypatch.setattr(assessment, "ROWS", 10)
    app = start(published, "assessment")
    first = html(app)
    widget(app.number_input, "p_societies").set_value(5)
    settled(app.run())
    assert "第 41–44" in words(app)
    assert html(app) != first
    widget(app.selectbox, "band").select("unrated")
    settled(app.run())
    assert "第 1–4" in words(app)


def test_every_decision_has_its_reason(start, published):
    text = words(start(published, "exemplars"))
    for reason in ("综合得分不足", "否决评优", "暂缓", "未报送", "入选"):
        assert reason in text


def test_what_the_page_hands_out_is_what_the_command_writes(published, tmp_path):
    from dashboards import access
    from models.publication.exports import export, run_files
    from models.publication.snapshot import resolve

    written = export(published, out=tmp_path)
    con = access.connect(published, resolve(published), access.Scope())
    files = run_files(con.cursor())
    assert [one.name for one in files] == [path.name for path in written]
    for one, path in zip(files, written, strict=True):
        assert one.make() == path.read_bytes(), one.name
    con.close()


def test_part_of_the_societies_is_never_a_public_list_and_says_that_it_is_a_part(
    start, published, monkeypatch
):
    import io

    import openpyxl

    from dashboards import access, gate
    from dashboards.permission import Permission
    from models.publication.exports import run_files
    from models.publication.snapshot import resolve

    def labels():
        return [one.proto.label for one in start(published, "overview").get("download_button")]

    assert {"年度指标一览表.xlsx", "典型经验公示稿（不排名）.csv", "manifest.json"} <= set(labels())
    scope = access.Scope("line", "110000")
    monkeypatch.setattr(gate, "permission", lambda: Permission("someone", scope))
    assert "年度指标一览表.xlsx" in labels() and not any("公示" in name for name in labels())
    con = access.connect(published, resolve(published), scope)
    (book,) = [one for one in run_files(con, is_part=True) if one.name == "年度指标一览表.xlsx"]
    made = openpyxl.load_workbook(io.BytesIO(book.make()))
    con.close()
    assert "只含下载人权限范围内的学会，不是全国清单。" in {row[1].value for row in made["说明"].iter_rows()}


def test_other_weights_are_not_tried_on_part_of_the_societies(start, published, monkeypatch):
    from dashboards import gate
    from dashboards.access import Scope
    from dashboards.permission import Permission

    assert "恢复原权重" in [button.label for button in start(published, "what_if").button]
    monkeypatch.setattr(gate, "permission", lambda: Permission("someone", Scope("line", "110000")))
    app = start(published, "what_if")
    assert "仅限全国范围的用户" in words(app)
    assert not app.slider


@pytest.mark.parametrize(
    ("page", "kept", "idle"),
    [
        ("society", "登记层级：省", ""),
        ("compare", "登记层级：省", ""),
        ("quality", "登记层级：省", ""),
        ("units", "报送口径：全国", "对本页不起作用：登记层级：省"),
        ("methods", "", "对本页不起作用：登记层级：省 · 报送口径：全国"),
    ],
)
def test_filters_work_where_they_have_a_meaning_and_are_said_to_do_nothing_elsewhere(
    start, published, page, kept, idle
):
    line = {"line": "000000"} if page in {"units", "methods"} else {}
    app = start(published, page, level="provincial", **line)
    text = words(app)
    assert kept in text and idle in text and ("对本页不起作用" in text) == bool(idle), text[:600]
    assert app.query_params["level"] == "provincial"


def test_filters_narrow_the_societies_to_choose_from(start, published):
    every = start(published, "society")
    few = start(published, "society", level="national")
    boxes = [next(b for b in app.selectbox if b.key.startswith("society_choice")) for app in (every, few)]
    assert [len(box.options) for box in boxes] == [44, 8]
    chosen = next(m for m in start(published, "compare", level="national").multiselect)
    assert len(chosen.options) == 8


def test_a_row_of_a_table_leads_to_what_it_counts(start, published):
    """From the overview to the findings of one kind; from a method to each society's figure."""
    code, n = re.findall(
        r'href="quality\?[^"]*code=(\w+)#rows"[^>]*>(\d+)<', html(start(published, "overview"))
    )[0]
    app = start(published, "quality", code=code)
    assert f"共 {n} 行" in words(app) and "_2025_r1.xlsx" in words(app)
    assert widget(app.selectbox, "code").value == code
    methods = start(published, "methods", indicator="5.2")
    assert widget(methods.selectbox, "indicator").value == "5.2"
    assert re.search(r'href="education\?[^"]*of=5.2#lowest"', html(methods))
    assert widget(start(published, "education", of="5.2").selectbox, "of").value == "5.2"
