"""Whom a view of restricted data was about is in the audit log before it is drawn, once a change."""

import json
import re

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards import gate, signin
from models.audit import log_path, subject
from models.errors import FengqingError
from models.home import Home
from models.publication.snapshot import open_snapshot, resolve

SIGN_IN = """
[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "fengqing"
client_secret = "-"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
[access]
[[access.roles]]
role = "national"
claim = "r"
values = ["national"]
"""
CLAIMS = {"sub": "p", "r": "national"}


class User:
    """In place of `st.user`: somebody whom the provider has named."""

    def to_dict(self):
        return {**CLAIMS, "is_logged_in": True}


def script():
    """One page behind the gate, as the server draws it."""
    import os

    from dashboards import app, gate, navigation, state, view
    from dashboards.i18n import Texts

    texts = Texts(view.choose_language())
    page = next(page for page in navigation.PAGES if page.path == os.environ["FENGQING_TEST_PAGE"])
    if gate.enter(texts):
        app._script(page, texts, view.open_view(texts))()
    state.write()


@pytest.fixture
def opened(published, tmp_path, monkeypatch):
    """Opens a page as somebody signed in, on a home whose log is empty; `opened.log` reads it."""
    (tmp_path / "snapshots").symlink_to(published.snapshots)
    (tmp_path / "inbox").mkdir()
    file = tmp_path / "sign-in.toml"
    file.write_text(SIGN_IN)
    file.chmod(0o600)
    for name, value in (("HOME", str(tmp_path)), ("RUN", ""), ("SIGN_IN", str(file))):
        monkeypatch.setenv(f"FENGQING_{name}", value)
    monkeypatch.setattr(st, "user", User())
    monkeypatch.setattr(gate, "SESSIONS", gate.SESSIONS.__class__())
    gate.SESSIONS.begin(CLAIMS, signin.load().access)

    def run(page, **parameters):
        monkeypatch.setenv("FENGQING_TEST_PAGE", page)
        app = AppTest.from_function(script, default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        return settled(app.run())

    run.home = Home(tmp_path)
    run.log = lambda: [
        json.loads(line) for line in log_path(run.home).read_text(encoding="utf-8").splitlines()
    ]
    run.views = lambda: [one["what"] for one in run.log() if one["action"] == "view"]
    return run


def settled(app):
    assert not app.exception, [one.message for one in app.exception]
    return app


def words(app):
    return re.sub(r"<[^>]+>", " ", "\n".join(one.proto.body for one in app.get("html")))


@pytest.fixture(scope="module")
def codes(published):
    con = open_snapshot(published)
    found = con.sql("select society_id from societies where filed order by 1 limit 5").fetchall()
    con.close()
    return [code for (code,) in found]


def test_every_society_compared_is_named_once_a_change(opened, codes):
    app = opened("compare", s1=codes[0], s2=codes[1])
    both, three = f"compare?society={codes[0]},{codes[1]}", f"compare?society={','.join(codes[:3])}"
    assert opened.views() == ["compare", both]
    settled(app.run())
    assert opened.views() == ["compare", both]
    # Drawn in the very rerun in which it is chosen: recorded then, not at the next one.
    app.multiselect[0].select(next(o for o in app.multiselect[0].options if codes[2] in o))
    settled(app.run())
    assert opened.views() == ["compare", both, three]
    settled(app.run())
    assert opened.views() == ["compare", both, three]
    assert {one["run_id"] for one in opened.log() if one["action"] == "view"} == {resolve(opened.home)}


def test_a_code_that_is_not_shown_is_not_named(opened, codes):
    opened("compare", s1=codes[0], s2="51990000999999999X")
    assert opened.views() == ["compare", f"compare?society={codes[0]}"]


def test_the_society_drawn_is_named_though_no_address_named_it(opened, codes):
    app = opened("society")
    _, first, *_ = opened.views()
    drawn = re.fullmatch(r"society\?society=(\w{18})", first)[1]
    assert drawn in words(app)
    box = next(one for one in app.selectbox if one.key.startswith("society_choice"))
    box.select(next(option for option in box.options if codes[1] in option))
    settled(app.run())
    named = [what for what in opened.views() if codes[1] in what]
    # The profile, then the rows behind the indicator shown.
    assert named[0] == f"society?society={codes[1]}"
    assert all(re.fullmatch(rf"society\?society={codes[1]}&indicator=\d\.\d", one) for one in named[1:])


@pytest.mark.parametrize(
    ("page", "parameters", "told"),
    [
        ("assessment", {"unit": "U001", "q": "虚构"}, ["assessment?unit=U001", "assessment?q=虚构"]),
        ("units", {"unit": "U001"}, ["units?unit=U001"]),
        ("exemplars", {"unit": "U001", "line": "310000", "band": "good"}, ["exemplars?unit=U001&band=good"]),
        ("what_if", {"w1": "120"}, ["what_if?D1=120%25"]),
    ],
)
def test_the_narrowing_of_a_list_is_named(opened, page, parameters, told):
    opened(page, **parameters)
    assert opened.views() == [page, *told]


def test_the_run_compared_with_is_named(opened, published):
    opened("changes")
    assert opened.views() == ["changes", f"changes?base={resolve(published, year=2024)}"]


@pytest.mark.parametrize("page", ["compare", "society", "changes"])
def test_what_cannot_be_recorded_is_not_drawn(opened, codes, page, monkeypatch):
    original = gate.audit.record

    def full(*told):
        if "?" in told[4]:
            raise FengqingError("AUDIT_UNWRITABLE", "写不进", "cannot be written")
        return original(*told)

    monkeypatch.setattr(gate.audit, "record", full)
    app = opened(page, society=codes[0], s1=codes[0])
    assert "写不进" in words(app)
    assert not app.get("plotly_chart") and "<table" not in "".join(o.proto.body for o in app.get("html"))


def test_files_checked_are_named_without_personal_numbers(opened, messy):
    from dashboards import filing

    name = f"{messy.stem}_联系人_13800138000\u202e.xlsx"
    (report,) = filing.judge([filing.Upload(name, messy.read_bytes())])
    app = opened("filing_check")
    app.file_uploader[0].set_value([(name, messy.read_bytes(), "")])
    settled(app.run())
    (_, told) = opened.views()
    assert f"&sha256={report.file_id[:16]}&society={report.society_id}" in told
    assert "13800138000" not in told and "138****8000[U+202E].xlsx" in told


def test_a_subject_is_one_line_of_few_signs():
    assert subject("x") == subject("x", society=[], q="", unit=None) == "x"
    assert subject("x", q="a&b,c%\n") == "x?q=a%26b%2Cc%25\n"
    assert len(subject("x", q="字" * 5000)) < 300


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("tel13812345678.xlsx", "tel138****5678.xlsx"),
        ("+8613812345678.xlsx", "+86138****5678.xlsx"),
        ("+86 138_1234.5678.xlsx", "+86 138****5678.xlsx"),
        ("138\u200b1234\u202e5678.xlsx", "138****5678.xlsx"),
        ("1\u200b3812345678.xlsx", "1\u200b38****5678.xlsx"),
        ("id11010119900307789X.xlsx", "id1101****789X.xlsx"),
        ("110101\u200b199003070038x.xlsx", "1101****0038x.xlsx"),
        ("a１１０１０１１９９００３０７００３８.xlsx", "a１１０１****００３８.xlsx"),
        ("n110101900307003.xlsx", "n1101****7003.xlsx"),
        ("511101192010120073", "5111****0073"),
        # Not a person's: codes, hashes, dates.
        ("51990000100000001P_2025_20251125.xlsx", "51990000100000001P_2025_20251125.xlsx"),
        ("a13812345678bcde", "a13812345678bcde"),
        ("511101192010120072", "511101192010120072"),
    ],
)
def test_no_personal_number_reaches_the_log_however_it_was_typed(typed, told):
    assert subject("x", file=typed) == f"x?file={told}"


def test_a_download_names_what_its_rows_are_narrowed_to():
    from dashboards.filters import Filters
    from dashboards.queries import changes, society

    listing = changes.societies("restated", Filters(supervisor_id="U001", text="虚构"))
    assert subject("x.csv", **listing.about) == "x.csv?basis=restated&supervisor_id=U001&text=虚构"
    assert "A,B" in subject("x.csv", **society.compared_indicators(["A", "B"]).about)


@pytest.mark.parametrize("asked", ["2024", "../2024-x", "2024-*", "\u202e2025-x"])
def test_a_run_outside_the_year_is_neither_opened_nor_named(opened, published, asked):
    now = resolve(published, year=2025)
    run = resolve(published, year=2024) if asked == "2024" else asked
    opened("assessment", year="2025", run=run)
    assert {one["run_id"] for one in opened.log() if one["action"] == "view"} == {now}
