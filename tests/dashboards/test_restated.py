"""运行比较 lists the year's runs, and what a run restates of the one it replaced."""

import re
import shutil

import pytest

from dashboards import access
from dashboards.filters import ALL, Filters
from dashboards.queries import changes
from models import warehouse
from models.assessment.methodology import load
from models.home import Home
from models.publication import manifest as manifests
from models.publication import snapshot


@pytest.fixture(scope="module")
def restated(fabricated, published, tmp_path_factory):
    """The home, its run of 2025 and the run that replaced it with other figures."""
    root = tmp_path_factory.mktemp("restated") / "home"
    shutil.copytree(published.root, root)
    home = Home(root)
    old = snapshot.resolve(home)
    made = fabricated.frames(44, 2025, seed=31)
    with warehouse.open_reader(home) as con:
        new = snapshot.publish(home, made, made, manifests.build(con, load(2025), 2025, 31), con).stem
    return home, old, new


@pytest.fixture
def con(restated):
    home, _, new = restated
    found = access.connect(home, new, access.Scope(cases=True))
    yield found
    found.close()


def test_the_log_follows_items_and_filters(con):
    every = changes.restatements(con, "zh", None).frame
    assert every.height == con.sql("select count(*) from restatements").fetchone()[0] > 0
    bands = changes.restatements(con, "zh", "band").frame
    assert set(bands["item"]) == {"等次"} and set(bands["before"]) <= {
        "优秀",
        "良好",
        "合格",
        "待改进",
        "不予评级",
    }
    some = Filters(level="provincial")
    few = changes.restatements(con, "zh", None, some).frame
    assert 0 < few.height < every.height
    for filters, frame in ((ALL, every), (some, few)):
        assert changes.restated_figures(con, filters)["societies_n"] == frame["society_id"].n_unique()


def test_without_the_permission_for_cases_the_log_names_none(restated):
    home, _, new = restated
    con = access.connect(home, new, access.Scope())
    of_cases = {"3.2", "3.3", "3.4", "3.5"}
    assert not of_cases & set(changes.restatements(con, "zh", None).frame["item_of"].drop_nulls())
    con.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_lists_runs_and_leads_to_figures(restated, monkeypatch, lang):
    from streamlit.testing.v1 import AppTest

    def script():
        from dashboards import app, navigation, state, view
        from dashboards.i18n import Texts

        shown = view.open_view(Texts(view.choose_language()))
        app.draw(next(page for page in navigation.PAGES if page.path == "changes"), shown)
        state.write()

    home, old, new = restated
    monkeypatch.setenv("FENGQING_HOME", str(home.root))
    monkeypatch.setenv("FENGQING_RUN", "")
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["lang"] = lang
    app.run()
    assert not app.exception, [one.message for one in app.exception]
    bodies = [one.proto.body for one in app.get("html")]
    (runs,) = [body for body in bodies if f"run={old}" in body and f"run={new}" in body]
    rows = re.findall(r"<tr>(.*?)</tr>", runs)[1:]
    assert new in rows[0] and old in rows[0] and old in rows[1] and len(rows) == 2
    assert ("未取代其他运行" in rows[1]) == (lang == "zh")
    log = next(body for body in bodies if "#sources" in body and ("更正前" in body or "Before" in body))
    assert re.search(r'href="society\?[^"]*indicator=[\d.]+#sources"', log)
