"""A real OpenID provider on loopback: signing in and out, an ended session, roles, rows out of scope."""

import json
import os
import secrets
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from dashboards import signin
from dashboards.access import Scope, connect
from models.publication.snapshot import resolve

ROOT = Path(__file__).parents[2]
PROVIDER = Path(__file__).parent / "provider" / "provider.mjs"
SECONDS = 20
# The first society of the run, and an indicator of cases of which it has fewer than five.
SOCIETY, FEW_CASES = "51990000100000001P", "3.3"
# Invented, and no person's: a role each, and somebody with none.
PEOPLE = {
    "national": {"fengqing_role": "national"},
    "line": {"fengqing_role": "region", "fengqing_scope": "110000"},
    "unit": {"fengqing_role": "unit", "fengqing_scope": "U001"},
    "society": {"fengqing_role": "society", "fengqing_scope": SOCIETY},
    "officer": {"fengqing_role": "national", "fengqing_cases": "yes"},
    "nobody": {},
}
SCOPES = {
    "national": Scope(),
    "line": Scope("line", "110000"),
    "unit": Scope("supervisor", "U001"),
    "society": Scope("society", PEOPLE["society"]["fengqing_scope"]),
}
SETTINGS = """
[auth]
redirect_uri = "{redirect}"
cookie_secret = "{cookie}"
client_id = "fengqing"
client_secret = "{client}"
server_metadata_url = "http://127.0.0.1:{port}/.well-known/openid-configuration"
client_kwargs = {{ prompt = "login", scope = "openid profile" }}
[access]
longest_hours = 1
[[access.roles]]
role = "national"
claim = "fengqing_role"
values = ["national"]
[[access.roles]]
role = "line"
claim = "fengqing_role"
values = ["region"]
scope_claim = "fengqing_scope"
[[access.roles]]
role = "supervisor"
claim = "fengqing_role"
values = ["unit"]
scope_claim = "fengqing_scope"
[[access.roles]]
role = "society"
claim = "fengqing_role"
values = ["society"]
scope_claim = "fengqing_scope"
[[access.roles]]
role = "cases"
claim = "fengqing_cases"
values = ["yes"]
"""
# The server's clock can be put ahead: nobody waits for half an hour.
CLOCK = """
import time
from pathlib import Path
from dashboards import permission
permission.SESSIONS._clock = lambda: time.time() + float(Path({file!r}).read_text())
"""


@contextmanager
def provided(port, redirect, secret):
    command = ["node", str(PROVIDER), str(port), redirect, secret, json.dumps(PEOPLE)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ}
    )
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                urllib.request.urlopen(
                    f"http://127.0.0.1:{port}/.well-known/openid-configuration", timeout=2
                ).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None and time.monotonic() < deadline, "the provider did not start"
                time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="module")
def ahead(tmp_path_factory):
    """The file of seconds that the server's clock is ahead."""
    file = tmp_path_factory.mktemp("clock") / "ahead"
    file.write_text("0")
    return file


@pytest.fixture(scope="module")
def site(published, screenshots, tmp_path_factory, ahead):
    if not (ROOT / "node_modules" / "oidc-provider").is_dir() or not shutil.which("node"):
        pytest.skip("no oidc-provider: make browser")
    port, other = screenshots.free_port(), screenshots.free_port()
    redirect, client = f"http://127.0.0.1:{port}/oauth2callback", secrets.token_hex(16)
    file = tmp_path_factory.mktemp("sign-in") / "sign-in.toml"
    file.touch(mode=0o600)
    file.write_text(
        SETTINGS.format(redirect=redirect, cookie=secrets.token_hex(32), client=client, port=other)
    )
    with pytest.MonkeyPatch.context() as patch, provided(other, redirect, client):
        patch.setenv(signin.VARIABLE, str(file))
        with screenshots.served(published.root, port, CLOCK.format(file=str(ahead))) as address:
            yield address


@pytest.fixture(scope="module")
def browser(screenshots):
    if not any(shutil.which(name) for name in screenshots.BROWSERS):
        pytest.skip("no Chromium: make browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=screenshots.browser_path(), args=screenshots.ARGUMENTS
        )
        yield made
        made.close()


def sign_in(page, person):
    page.locator(".st-key-sign_in button").click()
    page.locator("input[name=login]").fill(person)
    page.locator("input[name=password]").fill("-")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()
    page.locator(".st-key-sign_out button").wait_for()


@pytest.fixture
def enter(site, browser):
    contexts = []

    def entered(person):
        contexts.append(browser.new_context(locale="zh-CN"))
        page = contexts[-1].new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.goto(site)
        sign_in(page, person)
        return page

    yield entered
    for one in contexts:
        one.close()


def societies(home, scope):
    con = connect(home, resolve(home), scope)
    try:
        return dict(con.sql("select society_id, name from societies where filed order by 1").fetchall())
    finally:
        con.close()


def scoped(home, scope):
    con = connect(home, resolve(home), scope)
    try:
        return {code for (code,) in con.sql("select society_id from societies").fetchall()}
    finally:
        con.close()


def taken(page, name):
    """The content of a download on a page or a part of one, and its address."""
    with getattr(page, "page", page).expect_download() as waiting:
        page.get_by_role("button", name=name).first.click()
    return Path(waiting.value.path()).read_bytes(), waiting.value.url


def named_in(workbook):
    """Codes of societies that stand in a workbook."""
    sheets = openpyxl.load_workbook(BytesIO(workbook), read_only=True)
    cells = {cell for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row}
    return {cell for cell in cells if isinstance(cell, str) and cell.startswith("5199") and len(cell) == 18}


def open_page(page, address):
    page.goto(address)
    page.locator(".fq-head, .fq-empty").first.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    return page.locator("[data-testid=stMain]").inner_text()


def test_without_signing_in_there_is_nothing(site, browser, published):
    page = browser.new_page()
    try:
        code = next(iter(societies(published, Scope())))
        page.goto(f"{site}/society?society={code}")
        page.locator(".st-key-sign_in button").wait_for()
        assert code not in page.content()
    finally:
        page.close()


@pytest.mark.parametrize("person", SCOPES)
def test_a_role_reaches_its_rows_and_no_other(enter, site, published, person):
    """By URL, filter, what-if and download, in one sign-in a role."""
    page = enter(person)
    mine, everybody = societies(published, SCOPES[person]), societies(published, Scope())
    inside, foreign = next(iter(mine)), next((code for code in everybody if code not in mine), None)
    assert mine[inside] in open_page(page, f"{site}/society?society={inside}")
    named = f"society={foreign}&s1={foreign}&s2={inside}"
    for path in ("society", "assessment?line=310000&unit=U002&q=", "compare", "what_if?w1=120&w4=80"):
        if foreign is None:
            continue
        shown = open_page(page, f"{site}/{path}{'&' if '?' in path else '?'}{named}")
        assert not [code for code, name in everybody.items() if code not in mine and name in shown], path
        assert page.get_by_role("button", name="反馈单").count() == 0, path
    # Whom a comparison showed is in the log, and not whom its address asked for in vain.
    open_page(page, f"{site}/compare?s1={inside}")
    log = (published.root / "audit" / "audit.jsonl").read_text(encoding="utf-8")
    told = [one["what"] for one in map(json.loads, log.splitlines()) if one["who"] == person]
    assert f"compare?society={inside}" in told
    assert foreign is None or not [what for what in told if foreign in what]
    # Weights are tried on the whole nation or not at all: ranks worked out from a part would be wrong.
    tried = open_page(page, f"{site}/what_if?w1=120")
    assert ("仅限全国范围的用户" in tried) == (person != "national")
    assert page.locator("[data-testid=stSlider]").count() == (7 if person == "national" else 0)
    for path, name in (("", "年度指标一览表.xlsx"), ("assessment", "下载 Excel")):
        open_page(page, f"{site}/{path}")
        found = named_in(taken(page, name)[0])
        assert found and found <= scoped(published, SCOPES[person]), name
    assert page.locator("[data-testid=stException], .fq-fault").count() == 0


def test_who_has_no_role_is_told_so(enter):
    page = enter("nobody")
    assert page.locator(".fq-empty").count() == 1
    assert page.locator(".fq-head").count() == 0


def test_signing_out_ends_the_other_tab_and_is_in_the_log(enter, site, published):
    page = enter("line")
    other = page.context.new_page()
    other.set_default_timeout(SECONDS * 1000)
    open_page(other, f"{site}/assessment")
    taken(other, "下载 Excel")
    kept = page.context.storage_state()
    page.locator(".st-key-sign_out button").click()
    # The provider asks whether its own session shall end as well.
    page.locator("button[name=logout]").click()
    page.locator(".st-key-sign_in button").wait_for()
    # The other tab still holds its connection: its next click must not get through.
    # By event: the tab's controls were found inert by then; what counts is what the server answers.
    other.get_by_text("English", exact=True).first.dispatch_event("click")
    other.locator(".st-key-sign_in button").wait_for()
    assert other.locator(".fq-head").count() == 0
    # The cookie of the ended session, kept by somebody, opens nothing: Streamlit would take it for 30 days.
    late = page.context.browser.new_context(locale="zh-CN", storage_state=kept)
    try:
        shown = late.new_page()
        shown.goto(f"{site}/overview")
        shown.locator(".fq-empty").wait_for(timeout=SECONDS * 1000)
        assert "失效" in shown.content() or "过期" in shown.content()
        assert shown.locator(".fq-head").count() == 0
    finally:
        late.close()
    log = (published.root / "audit" / "audit.jsonl").read_text(encoding="utf-8")
    assert all(f'"{word}"' in log for word in ("sign_in", "sign_out", "download", "line:110000"))


def refused(page, url):
    return page.context.request.get(url).status == 403


def test_a_file_opens_for_the_sign_in_it_was_made_for_while_that_lasts(enter, site, ahead):
    """Addresses kept, guessed, of another role and of another sign-in; idle, and at its longest.

    Streamlit throws a file away after a few reruns of anybody: each is asked for right after it was made.
    """
    unit, national, officer = enter("unit"), enter("national"), enter("officer")
    address = f"{site}/society?society={SOCIETY}&indicator={FEW_CASES}"
    open_page(unit, address)
    # Few cases are for the case officer, on the page and as a file.
    assert "按保密要求" in open_page(national, address)
    assert national.locator(".st-key-xlsx_sources").count() == 0
    assert "按保密要求" not in open_page(officer, address)
    assert officer.locator('.fq-table:has(caption:text("得分由来")) tbody tr').count() == 2
    _, cases = taken(officer.locator(".st-key-xlsx_sources"), "下载 Excel")
    assert refused(national, cases) and refused(unit, cases) and not refused(officer, cases)
    data, url = taken(unit, "反馈单")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url)
    assert refused(national, url) and refused(officer, url)
    assert refused(unit, url.replace(url.rsplit("/", 1)[-1][:8], "0" * 8))
    assert unit.context.request.get(url).body() == data
    try:
        ahead.write_text(str(31 * 60))
        assert refused(unit, url)
        ahead.write_text(str(25 * 60))
        assert not refused(unit, url)
        again(officer, "English", "Sign out")
        ahead.write_text(str(31 * 60))
        unit.get_by_text("English", exact=True).first.click()
        unit.locator(".fq-empty").wait_for()
        assert unit.locator(".fq-head").count() == 0
        ahead.write_text(str(50 * 60))
        again(officer, "中文", "退出登录")
        _, cases = taken(officer.locator(".st-key-xlsx_sources"), "下载 Excel")
        # Never idle for long, and over all the same.
        ahead.write_text(str(61 * 60))
        assert refused(officer, cases)
        ahead.write_text(str(59 * 60))
        assert not refused(officer, cases)
        ahead.write_text(str(61 * 60))
        officer.get_by_text("English", exact=True).first.click()
        officer.locator(".fq-empty").wait_for()
        assert officer.locator(".fq-head").count() == 0
    finally:
        ahead.write_text("0")
    # The time that has passed brings nothing back.
    assert "登录已失效" in open_page(unit, f"{site}/assessment")
    unit.get_by_role("button", name="重新登录").click()
    unit.locator("button[name=logout]").click()
    unit.get_by_role("button", name="登录", exact=True).wait_for()


def again(page, language, button):
    """Use the session: change its language."""
    page.get_by_text(language, exact=True).first.click()
    page.get_by_role("button", name=button, exact=True).wait_for()
