"""A snapshot whose names and texts are hostile: text on every page, and no formula in any file."""

import csv
import io
import json
import re
import shutil
import sys
from html.parser import HTMLParser

import duckdb
import openpyxl
import pytest

from dashboards import navigation
from models.home import Home
from models.publication.sheets import DANGEROUS
from models.publication.snapshot import resolve

MARK = "恶"
TEXTS = (
    f"<script>alert('{MARK}')</script>",
    f"<img src=x onerror=alert('{MARK}')>",
    f"[{MARK}](javascript:alert(1)) ![{MARK}](http://example.invalid/x.png)",
    f"${MARK}^2$ :red[{MARK}] **{MARK}** `{MARK}` # {MARK}",
    f"=cmd|' /C calc'!A0{MARK}",
    f"@SUM(1,{MARK})\t\"';--",
    f"\u202e{MARK}\u2066gpj.exe\x07\x1b[2J",
    f"<a href='http://example.invalid'>{MARK}</a><br>{{{{ {MARK} }}}} {{% raw %}} %{{x}}",
    f"{MARK}{'超长名称' * 200}",
)
# Free text of each table: what people write, not codes.
COLUMNS = {
    "societies": ("name", "supervisor_name"),
    "units": ("name", "plan_doc_no", "doc_no"),
    "unit_measures": ("name",),
    "files": ("name",),
    "contributions": ("source_sheet", "label"),
    "findings": ("sheet", "header", "value", "repaired", "message_zh", "message_en"),
    "exemplars": ("reason_zh", "reason_en"),
    "decision_gates": ("detail", "text_zh", "text_en"),
    "decision_outlook": ("next_zh", "next_en"),
    "decision_objections": ("subject",),
    "detail_documents": ("title", "version", "approval_no", "url", "evidence", "source_sheet"),
    "detail_education_sessions": ("name", "source_sheet"),
    "detail_evaluation_activities": ("name", "norm_doc_id", "source_sheet"),
    "detail_supervision_issues": ("plan", "verified_by", "recurrence_of", "source_sheet"),
    "expectation_results": ("description", "observed", "details"),
    "comparisons": ("note_zh", "note_en"),
}
# What our own mark-up consists of.
TAGS = {
    "a", "b", "br", "button", "caption", "div", "h1", "h2", "header", "i", "li", "ol", "p", "section",
    "small", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "wbr",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "aria-label", "class", "colspan", "data-chart", "data-format", "href", "id", "role",
    "scope", "style", "tabindex", "target", "title", "type",
}  # fmt: skip
ACTING = "[\x07\x1b\u202e\u2066]"


@pytest.fixture(scope="module")
def hostile(published, tmp_path_factory):
    """A copy of the home in which every free text of this year's run is hostile."""
    root = tmp_path_factory.mktemp("hostile")
    shutil.copytree(published.snapshots, root / "snapshots")
    home = Home(root)
    with duckdb.connect(str(home.snapshots / f"{resolve(home)}.duckdb")) as con:
        for table, columns in COLUMNS.items():
            told = ", ".join(
                f"{c} = list_extract($1, ((rowid + {n}) % {len(TEXTS)} + 1)::bigint)"
                for n, c in enumerate(columns)
            )
            con.execute(f"update {table} set {told}", [list(TEXTS)])
        con.execute("update society_names set former_names = $1", [list(TEXTS)])
    return home


def script():
    import os

    from dashboards import app, navigation, state, view
    from dashboards.i18n import Texts

    texts = Texts(view.choose_language())
    page = next(page for page in navigation.PAGES if page.path == os.environ["FENGQING_TEST_PAGE"])
    app.draw(page, view.open_view(texts))
    state.write()


class Markup(HTMLParser):
    """The tags and attributes of a piece of HTML, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.links, self.text = set(), set(), [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def files(monkeypatch):
    """What the page under test would hand out: made as a click makes it."""
    made = []

    def taken(make, what, _run_id, **_about):
        made.append((what, make()))
        return make

    for page in navigation.PAGES:
        page.render()
    for name, module in list(sys.modules.items()):
        if name.startswith("dashboards.") and hasattr(module, "recorded"):
            monkeypatch.setattr(module, "recorded", taken)
    return made


def codes(home):
    """Five societies that filed, that of the acting signs first."""
    with duckdb.connect(str(home.snapshots / f"{resolve(home)}.duckdb"), read_only=True) as con:
        query = "select society_id from societies where filed order by name = $1 desc, 1 limit 5"
        return [code for (code,) in con.sql(query, params=[TEXTS[6]]).fetchall()]


@pytest.mark.parametrize("page", [page.path for page in navigation.PAGES if page.needs_run])
def test_hostile_texts_stay_texts(hostile, page, monkeypatch, files):
    from streamlit.testing.v1 import AppTest

    for name, value in (("HOME", str(hostile.root)), ("RUN", ""), ("TEST_PAGE", page)):
        monkeypatch.setenv(f"FENGQING_{name}", value)
    app = AppTest.from_function(script, default_timeout=60)
    chosen = codes(hostile)
    app.query_params["society"] = chosen[0]
    for n, code in enumerate(chosen, 1):
        app.query_params[f"s{n}"] = code
    app.query_params["q"] = TEXTS[0] if page == "overview" else ""
    app.run()
    assert not app.exception, [e.message for e in app.exception]
    found = Markup("\n".join(element.proto.body for element in app.get("html")))
    assert found.tags <= TAGS and found.attributes <= ATTRIBUTES, (
        found.tags - TAGS,
        found.attributes - ATTRIBUTES,
    )
    assert not [link for link in found.links if re.match(r"\w+:|//", link)]
    shown = found.text + "".join(element.value for element in app.text)
    assert not re.search(ACTING, shown)
    # Labels are Markdown: nothing of the data may stand there. Options are not.
    widgets = (*app.button, *app.selectbox, *app.multiselect, *app.text_input)
    labels = [f"{one.label} {one.help}" for one in widgets]
    labels += [f"{one.proto.label} {one.proto.help}" for one in app.get("download_button")]
    labels += [one.value for one in (*app.markdown, *app.caption)]
    assert not [one for one in labels if MARK in one]
    options = [option for one in (*app.selectbox, *app.multiselect) for option in one.options]
    assert not [one for one in options if re.search(ACTING, one)]
    for element in app.get("plotly_chart"):
        for text in texts_of(json.loads(element.proto.spec)):
            assert MARK not in text or not re.search("<|%{", text), text
    for what, data in files:
        assert_no_formula(what, data)
    # They did stand there; the page on the method names nobody.
    assert (MARK in f"{shown}{options}") == (page != "methods")


def texts_of(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from texts_of(one)
    elif isinstance(value, str):
        yield value


def assert_no_formula(what, data):
    if what.endswith(".csv"):
        cells = [one for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for one in row]
        assert not [one for one in cells if MARK in one and re.match(DANGEROUS, one)], what
    elif what.endswith(".json"):
        json.loads(data)
    elif what.startswith("feedback"):
        import docx

        words = [one.text for one in docx.Document(io.BytesIO(data)).element.body.iter() if one.text]
        # Nothing after the control character is lost.
        assert any("[U+001B][2J" in one and what.split()[1] in one for one in words)
    else:
        book = openpyxl.load_workbook(io.BytesIO(data))
        cells = [one for sheet in book for row in sheet.iter_rows() for one in row]
        assert not [one for one in cells if one.data_type == "f" or one.hyperlink], what
        dangerous = [one for one in cells if isinstance(one.value, str) and re.match(DANGEROUS, one.value)]
        assert all(one.style and one.quotePrefix for one in dangerous), what


def test_a_browser_makes_nothing_of_them(hostile, screenshots):
    """The pages with most names: profile, comparison with its legend and chips, table of societies."""
    if not any(shutil.which(name) for name in screenshots.BROWSERS):
        pytest.skip("no Chromium: make browser")
    from playwright.sync_api import sync_playwright

    chosen = codes(hostile)
    compared = "&".join(f"s{n}={code}" for n, code in enumerate(chosen, 1))
    with screenshots.served(hostile.root) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=screenshots.browser_path(), args=screenshots.ARGUMENTS
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        acted, origins = [], set()
        page.on("dialog", lambda dialog: (acted.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: origins.add("/".join(request.url.split("/")[:3])))
        for path in (f"society?society={chosen[0]}", f"compare?{compared}", "assessment"):
            page.goto(f"{address}/{path}")
            page.wait_for_selector(".fq-table", timeout=30_000)
            page.wait_for_selector(screenshots.SETTLED, timeout=30_000)
            if path.startswith("compare"):
                page.wait_for_selector(".js-plotly-plot .legendtext", timeout=30_000)
            if path.startswith("society"):
                page.get_by_role("combobox").first.click()
            found = page.evaluate(MADE)
            assert found == {"elements": 0, "links": [], "wide": False, "chips": 0}, path
            assert MARK in page.content()
        browser.close()
        assert acted == []
        assert {one for one in origins if one.startswith("http")} == {address}


# What a browser would have made of the texts, and whether a long one pushes the page out of its frame.
MADE = """() => {
  const right = (one) => one.getBoundingClientRect().right;
  const main = document.querySelector('[data-testid="stApp"]');
  const inside = "script, img:not([data-testid]), .katex, iframe, [onerror], svg a, .stMarkdownColoredText";
  const chips = [...main.querySelectorAll("[data-tag]")];
  const links = [...main.querySelectorAll("a[href]")].map((one) => one.href);
  return {
    elements: main.querySelectorAll(inside).length,
    links: links.filter((one) => !one.startsWith(location.origin)),
    wide: document.documentElement.scrollWidth > window.innerWidth,
    chips: chips.filter((one) => right(one) > right(one.closest(".stMultiSelect"))).length,
  };
}"""
