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
# Invented, and no person's: a role each, and somebody with none.
PEOPLE = {
    "national": {"fengqing_role": "national"},
    "line": {"fengqing_role": "region", "fengqing_scope": "110000"},
    "unit": {"fengqing_role": "unit", "fengqing_scope": "U001"},
    "officer": {"fengqing_role": "national", "fengqing_cases": "yes"},
    "nobody": {},
}
SCOPES = {"national": Scope(), "line": Scope("line", "110000"), "unit": Scope("supervisor", "U001")}
SETTINGS = """
[auth]
redirect_uri = "{redirect}"
cookie_secret = "{cookie}"
client_id = "fengqing"
client_secret = "{client}"
server_metadata_url = "http://127.0.0.1:{port}/.well-known/openid-configuration"
client_kwargs = {{ prompt = "login", scope = "openid profile" }}
[access]
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
# The first society of the run, and an indicator of cases of which it has fewer than five.
SOCIETY, FEW_CASES = "51990000100000001P", "3.3"


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


@pytest.fixture
def enter(site, browser):
    contexts = []

    def entered(person):
        contexts.append(browser.new_context(locale="zh-CN"))
        page = contexts[-1].new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.goto(site)
        page.locator(".st-key-sign_in button").click()
        page.locator("input[name=login]").fill(person)
        page.locator("input[name=password]").fill("-")
        page.locator("button[type=submit]").click()
        page.get_by_role("button", name="Continue").click()
        page.locator(".st-key-sign_out button").wait_for()
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
    page = enter(person)
    mine, everybody = societies(published, SCOPES[person]), societies(published, Scope())
    inside = next(iter(mine))
    assert mine[inside] in open_page(page, f"{site}/society?society={inside}")
    for code in [code for code in everybody if code not in mine][:1]:
        # By URL, and by a filter for another's region.
        assert everybody[code] not in open_page(page, f"{site}/society?society={code}")
        assert everybody[code] not in open_page(page, f"{site}/assessment?line=310000&unit=U002")
    assert page.locator("[data-testid=stException]").count() == 0


def test_who_has_no_role_is_told_so(enter):
    page = enter("nobody")
    assert page.locator(".fq-empty").count() == 1
    assert page.locator(".fq-head").count() == 0


def test_signing_out_ends_the_other_tab_and_is_in_the_log(enter, site, published):
    page = enter("line")
    other = page.context.new_page()
    other.set_default_timeout(SECONDS * 1000)
    open_page(other, f"{site}/overview")
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
    assert '"sign_out"' in log and '"line:110000"' in log


def taken(page, name):
    """The content of a download, and its address."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).first.click()
    return Path(waiting.value.path()).read_bytes(), waiting.value.url


def named_in(workbook):
    """Codes of societies that stand in a workbook."""
    sheets = openpyxl.load_workbook(BytesIO(workbook), read_only=True)
    cells = {cell for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row}
    return {cell for cell in cells if isinstance(cell, str) and cell.startswith("5199") and len(cell) == 18}


def test_a_download_holds_no_row_out_of_scope(enter, site, published):
    page = enter("unit")
    con = connect(published, resolve(published), SCOPES["unit"])
    mine = {code for (code,) in con.sql("select society_id from societies").fetchall()}
    con.close()
    for query in ("", "?unit=U002"):
        for place, name in (("", "年度指标一览表.xlsx"), ("assessment", "下载 Excel")):
            open_page(page, f"{site}/{place}{query}")
            found = named_in(taken(page, name)[0])
            assert found and found <= mine, name
    foreign = next(code for code in societies(published, Scope()) if code not in mine)
    open_page(page, f"{site}/society?society={foreign}")
    assert page.get_by_role("button", name="反馈单").count() == 0


def test_the_address_of_a_file_opens_for_nobody_else(enter, site):
    page = enter("unit")
    open_page(page, f"{site}/society?society={SOCIETY}")
    data, url = taken(page, "反馈单")
    assert page.context.request.get(url).body() == data
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url)
    # The page stays open in a second tab, so that its files stay; the sign-in is over.
    cookies = page.context.cookies()
    other = page.context.new_page()
    open_page(other, site)
    other.locator(".st-key-sign_out button").click()
    other.locator("button[name=logout]").click()
    other.locator(".st-key-sign_in button").wait_for()
    page.context.add_cookies(cookies)
    assert page.context.request.get(url).status == 403


def test_few_cases_are_for_the_case_officer(enter, site):
    address = f"{site}/society?society={SOCIETY}&indicator={FEW_CASES}"
    page = enter("national")
    assert "按保密要求" in open_page(page, address)
    officer = enter("officer")
    assert "按保密要求" not in open_page(officer, address)
    assert officer.locator('.fq-table:has(caption:text("得分由来")) tbody tr').count() == 2


def test_an_idle_session_ends_and_another_can_begin(enter, site, ahead):
    page = enter("line")
    open_page(page, f"{site}/assessment")
    try:
        ahead.write_text(str(31 * 60))
        page.get_by_text("English", exact=True).first.click()
        page.locator(".fq-empty").wait_for()
        assert page.locator(".fq-head").count() == 0
    finally:
        ahead.write_text("0")
    # The time that has passed brings nothing back.
    assert "登录已失效" in open_page(page, f"{site}/assessment")
    page.get_by_role("button", name="重新登录").click()
    page.locator("button[name=logout]").click()
    page.get_by_role("button", name="登录", exact=True).wait_for()
