"""A run published while somebody browses: they stay on theirs, a line says so, one click changes."""

import re
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from models.home import Home
from models.publication.snapshot import resolve

NOTE = "已有更新的评估结果"


def script():
    """The first page without the navigation, which the test runner cannot drive."""
    from dashboards import app, navigation, state, view
    from dashboards.i18n import Texts

    app.draw(navigation.PAGES[0], view.open_view(Texts(view.choose_language())))
    state.write()


@pytest.fixture
def home(published, tmp_path, monkeypatch):
    shutil.copytree(published.root / "snapshots", tmp_path / "snapshots")
    monkeypatch.setenv("FENGQING_HOME", str(tmp_path))
    monkeypatch.setenv("FENGQING_RUN", "")
    return Home(tmp_path)


def words(app):
    assert not app.exception, [one.message for one in app.exception]
    return re.sub(r"<[^>]+>", " ", "\n".join(one.proto.body for one in app.get("html")))


def test_a_session_stays_on_its_run_until_it_asks(home, publish_anew):
    app = AppTest.from_function(script, default_timeout=60)
    assert NOTE not in words(app.run())
    old, new = publish_anew(home)
    text = words(app.run())
    # The URL names the run, so that a link opens it again; the newer one is only offered in the choice.
    assert NOTE in text and f"运行 {old}" in text and f"运行 {new}" not in text
    assert app.query_params["run"] == old
    app.button(key="newer_run").click()
    text = words(app.run())
    assert f"运行 {new}" in text and NOTE not in text
    assert app.query_params["run"] == new


def test_a_link_opens_the_run_it_was_taken_from(home, publish_anew):
    old, _ = publish_anew(home)
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["run"] = old
    text = words(app.run())
    assert f"运行 {old}" in text and NOTE in text
    (year,) = [box for box in app.selectbox if box.key.startswith("year_")]
    year.select("2024")
    assert "运行 2024-" in words(app.run())
    (year,) = [box for box in app.selectbox if box.key.startswith("year_")]
    year.select("2025")
    text = words(app.run())
    assert "2025 年度学术自律自净总览" in text
    # A link to a run of another year needs no year beside it.
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["run"] = resolve(home, year=2024)
    assert f"运行 {resolve(home, year=2024)}" in words(app.run())


def test_a_session_begun_afterwards_sees_the_newer_run(home, publish_anew):
    _, new = publish_anew(home)
    text = words(AppTest.from_function(script, default_timeout=60).run())
    assert new in text and NOTE not in text


def test_a_damaged_run_is_named_and_the_others_stay_choosable(home):
    good = resolve(home)
    damaged = f"{good[:4]}-0000000000"
    (home.snapshots / f"{damaged}.duckdb").write_bytes(b"not a database")
    app = AppTest.from_function(script, default_timeout=60)
    text = words(app.run())
    assert f"运行 {good}" in text
    (box,) = [box for box in app.selectbox if box.key.startswith("run_")]
    assert f"{damaged}（无法读取）" in box.options and len(box.options) == 2
    assert box.value == good
