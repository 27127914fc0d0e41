"""What a reader is told who asks for what is not there, not theirs, or not to be understood."""

import re
from pathlib import Path

import pytest

from dashboards import gate, navigation
from dashboards.access import Scope, connect
from dashboards.permission import Permission
from models.publication.snapshot import resolve

APP = str(Path(__file__).parents[2] / "dashboards" / "app.py")
REGION = Scope("line", "110000")


def script():
    import os

    import streamlit as st

    from dashboards import app, navigation, state, view
    from dashboards.i18n import Texts

    texts = Texts(view.choose_language())
    page = next(page for page in navigation.PAGES if page.path == os.environ["FENGQING_TEST_PAGE"])
    app.draw(page, view.open_view(texts))
    view.tell_left_aside(texts, st)
    state.write()


@pytest.fixture
def shown(published, monkeypatch):
    """The text of a page, or of the app's first one, with an address; no exception may come of it."""
    from streamlit.testing.v1 import AppTest

    def shown(page=None, **parameters):
        monkeypatch.setenv("FENGQING_HOME", str(published.root))
        monkeypatch.setenv("FENGQING_RUN", "")
        monkeypatch.setenv("FENGQING_TEST_PAGE", page or "")
        make = AppTest.from_function(script, default_timeout=60)
        app = make if page else AppTest.from_file(APP, default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, [e.message for e in app.exception]
        html = "\n".join(element.proto.body for element in app.get("html"))
        assert "<script>" not in html
        return re.sub(r"<[^>]+>", " ", html) + "\n".join(element.value for element in app.text)

    return shown


@pytest.mark.parametrize(
    ("lang", "told", "heading"), [("zh", "未采用", "2025 年度学术自律自净总览"), ("en", "left aside", "2025")]
)
def test_an_address_that_does_not_fit_is_told_and_the_rest_is_shown(shown, lang, told, heading):
    """Unknown run, year and filters: nobody takes the current run for the one that a link named."""
    wrong = {"run": "2025-0000000000", "year": "1999", "level": "zzz", "line": "<script>x</script>"}
    found = shown(lang=lang, **wrong)
    assert told in found and heading in found
    for value in ("2025-0000000000", "1999", "zzz", "&lt;script&gt;x&lt;/script&gt;"):
        assert value in found, value
    assert told not in shown(lang=lang, year="2024", level="national")


def test_what_is_left_aside_is_not_counted_as_a_filter(published, monkeypatch):
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    labels, drawn = [], st.popover

    def popover(label, **given):
        labels.append(label)
        return drawn(label, **given)

    monkeypatch.setattr(st, "popover", popover)
    monkeypatch.setenv("FENGQING_HOME", str(published.root))
    monkeypatch.setenv("FENGQING_RUN", "")
    monkeypatch.setenv("FENGQING_TEST_PAGE", "overview")
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["level"], app.query_params["band"] = "zzz", "good"
    app.run()
    assert labels == ["筛选（1 项）"]


@pytest.mark.parametrize(
    ("page", "parameters", "named"),
    [
        ("what_if", {"w1": "abc", "w2": "999"}, ("abc", "999")),
        ("compare", {"s1": "nobody", "s2": "\u202eX"}, ("nobody", "[U+202E]X")),
        ("assessment", {"sort": "zzz", "decision": "yes"}, ("zzz", "yes")),
        ("society", {"indicator": "99.9"}, ("99.9",)),
    ],
)
def test_a_broken_parameter_of_a_page_is_told(shown, page, parameters, named):
    found = shown(page, **parameters)
    assert "未采用" in found
    assert all(value in found for value in named)


def test_a_reader_of_a_part_is_told_what_is_not_theirs(shown, monkeypatch, published):
    monkeypatch.setattr(gate, "permission", lambda: Permission("someone", REGION))
    for page in ("units", "quality", "investigation", "overview"):
        found = shown(page)
        assert "仅限全国范围的用户" in found, page
        assert "没有主管单位登记" not in found and "共 0 项" not in found, page
    con = connect(published, resolve(published), Scope())
    query = "select society_id, name from societies where reporting_line <> $1 order by 1"
    code, name = con.sql(query, params=[REGION.value]).fetchone()
    con.close()
    found = shown("society", society=code)
    assert f"没有信用代码为 {code}" in found and name not in found
    assert "310000" in (found := shown("assessment", line="310000")) and "未采用" in found


@pytest.mark.parametrize(("lang", "said"), [("zh", "页面未能显示"), ("en", "The page could not be shown")])
def test_a_fault_of_ours_is_a_page_in_words_and_a_trace_in_the_log(shown, monkeypatch, caplog, lang, said):
    def broken(_page):
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(navigation.Page, "render", broken)
    found = shown(lang=lang)
    assert said in found
    assert "secret detail" not in found and "Traceback" not in found
    assert "a secret detail" in caplog.text and "Traceback" in caplog.text


@pytest.mark.parametrize("page", ["overview", "quality"])
def test_sums_of_rows_say_what_they_leave_out(shown, monkeypatch, page):
    assert "不含案件行" in shown(page)
    monkeypatch.setattr(gate, "permission", lambda: Permission("officer", Scope(cases=True)))
    assert "不含案件行" not in shown(page)
