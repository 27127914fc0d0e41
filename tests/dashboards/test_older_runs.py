"""A snapshot of an older version: the page says so and what to do, and other runs can still be chosen."""

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from models.home import Home
from models.publication.files import snapshot_path
from models.publication.snapshot import current, open_snapshot

APP = str(Path(__file__).parents[2] / "dashboards" / "app.py")
OLDER = "由较早版本发布"


@pytest.fixture
def home(published, tmp_path, monkeypatch):
    shutil.copytree(published.root / "snapshots", tmp_path / "snapshots")
    monkeypatch.setenv("FENGQING_HOME", str(tmp_path))
    monkeypatch.setenv("FENGQING_RUN", "")
    return Home(tmp_path)


@pytest.fixture
def altered(home):
    def alter(year, *statements):
        with duckdb.connect(str(snapshot_path(home, current(home)["years"][year]))) as con:
            for statement in statements:
                con.execute(statement)

    return alter


def script():
    import os

    from dashboards import app, navigation, state, view
    from dashboards.i18n import Texts

    shown = view.open_view(Texts(view.choose_language()))
    app.draw(navigation.PAGES[int(os.environ["FENGQING_TEST_PAGE"])], shown)
    state.write()


def words(app):
    assert not app.exception, [one.message for one in app.exception]
    html = "\n".join(one.proto.body for one in app.get("html"))
    assert "fq-fault" not in html
    return re.sub(r"<[^>]+>", " ", html)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_older_run_is_named_with_the_command_and_another_can_be_chosen(altered, lang):
    altered("2025", "drop table decision_gates")
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["lang"] = lang
    text = words(app.run())
    assert "fengqing run --year 2025" in text
    assert (OLDER in text) == (lang == "zh") and ("earlier version" in text) == (lang == "en")
    assert [box.options for box in app.selectbox if box.key.startswith("year_")] == [["2025", "2024"]]
    app = AppTest.from_file(APP, default_timeout=60)
    app.query_params["year"] = "2024"
    text = words(app.run())
    assert "fengqing run" not in text and "2024" in text


def test_without_a_readable_year_before_the_page_stands_and_says_why(altered, monkeypatch):
    altered("2024", "drop table decision_gates")
    monkeypatch.setenv("FENGQING_TEST_PAGE", "0")
    text = words(AppTest.from_function(script, default_timeout=60).run())
    assert "2025 年度学术自律自净总览" in text and OLDER in text


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_column_that_is_not_there_is_our_own_fault_or_an_older_run(home, altered, monkeypatch, is_ours):
    monkeypatch.setenv("FENGQING_TEST_PAGE", "2")
    statements = ["alter table detail_practice_nominations drop column publicity_from"]
    if not is_ours:
        with open_snapshot(home, year=2025) as con:
            manifest = json.loads(con.sql("select manifest from run").fetchone()[0])
        manifest["code_version"] = "0.1+ofyore"
        statements.append(f"update run set manifest = '{json.dumps(manifest)}'")
    altered("2025", *statements)
    app = AppTest.from_function(script, default_timeout=60).run()
    if is_ours:
        assert "publicity_from" in app.exception[0].message
    else:
        assert OLDER in words(app)
