"""Filters that leave nobody: every page says so, names them and offers to clear them; none is lost."""

import duckdb
import pytest

from dashboards import navigation
from dashboards.filters import NO_UNIT
from dashboards.pages import quality
from models.publication.snapshot import resolve
from tests.dashboards.test_pages import PAGES, settled, start, widget, words  # noqa: F401 - a fixture

OF_SOCIETIES = [p.path for p in navigation.PAGES if p.filters == navigation.SOCIETIES and p.path in PAGES]
NOBODY = "没有符合筛选条件的学会。"


@pytest.fixture(scope="module")
def codes(published):
    """Level and class of which there is no society together, and a line that has societies and no units."""
    with duckdb.connect(str(published.snapshots / f"{resolve(published)}.duckdb"), read_only=True) as con:
        nobody = con.sql(
            "select l.level, c.cast_class from societies l cross join societies c "
            "where c.cast_class is not null except select level, cast_class from societies order by all"
        ).fetchone()
        lines = con.sql(
            "select reporting_line from societies except select reporting_line from units order by 1"
        ).fetchone()
    return {"level": nobody[0], "class": nobody[1], "line": lines[0]}


@pytest.mark.parametrize("page", OF_SOCIETIES)
def test_a_page_of_nobody_names_the_filters_and_clears_them(start, published, codes, page):  # noqa: F811
    app = start(published, page, level=codes["level"], **{"class": codes["class"]})
    said = words(app)
    assert NOBODY in said and "当前筛选：登记层级：" in said and "学科类别：" in said
    for wrong in ("本次评估没有", "— 行", "— 天", "— 分"):
        assert wrong not in said, wrong
    app.button(key="clear_nobody").click()
    said = words(settled(app.run()))
    assert NOBODY not in said and "全部学会" in said
    assert "level" not in app.query_params and "class" not in app.query_params


def test_who_searches_is_told_apart_from_who_filters(start, published, codes):  # noqa: F811
    app = start(published, "society", level=codes["level"], **{"class": codes["class"]})
    assert not [e for e in app.text if "更换查找内容" in e.value]
    app = start(published, "society", level=codes["level"])
    widget(app.text_input, "society_text").input("没有这样的名称")
    assert [e for e in settled(app.run()).text if "更换查找内容" in e.value]
    assert NOBODY not in words(app)


def test_a_choice_among_societies_stays_on_the_page_of_units(start, published, codes):  # noqa: F811
    """It leaves no unit, which is said; the other pages still go by it."""
    for kept in ({"line": codes["line"]}, {"unit": NO_UNIT}):
        app = start(published, "units", **kept)
        assert "没有符合筛选条件的单位" in words(app) and "当前筛选：" in words(app)
        assert {name: app.query_params[name] for name in kept} == kept
    app.button(key="clear_nobody").click()
    assert "没有符合筛选条件的单位" not in words(settled(app.run()))


def test_a_duty_that_nobody_has_is_not_told_as_undone():
    from dashboards.i18n import Texts
    from dashboards.pages.units import _card

    t = Texts("zh", {("completeness", "idle"): "无此事项"})
    one = {"indicator": "U1", "complete_n": 0, "units_n": 0}
    assert _card(t, one)[1:] == ("—", "无此事项")
    assert _card(t, {**one, "units_n": 6})[1:] == ("0 / 6", "6 家尚未完成")


def test_no_count_at_hand_is_not_told_as_nought():
    """A unit whose every file's counts are withheld has none, and has not sent nought rows back."""
    assert quality._of_rows(None, None, 0) == ""
