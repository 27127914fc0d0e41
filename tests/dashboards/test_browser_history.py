"""In a real browser: what is chosen one after the other is shown, and back and forth lead through it."""

import re

import pytest

from tests.dashboards.test_browser import browser, launch, page, settle  # noqa: F401 - fixtures

CHOSEN = '[class*="st-key-society_choice_"] input'
SHOWN = ".fq-head"


@pytest.fixture
def choose(page, screenshots):  # noqa: F811 - the fixture above
    def one(selector, n):
        page.locator(selector).click()
        option = page.get_by_role("option").nth(n)
        name = option.inner_text()
        option.click()
        return name

    return one


def test_one_society_after_another_and_back(page, address, screenshots, choose):  # noqa: F811
    page.goto(f"{address}/society")
    settle(page, screenshots)
    seen = []
    for n in (1, 3, 2):
        code = choose(CHOSEN, n).split("　")[-1]
        page.wait_for_selector(f"{SHOWN}:has-text('{code}')", timeout=20_000)
        page.wait_for_url(f"**society={code}**")
        seen.append(code)
    assert len(set(seen)) == 3
    for code in (seen[1], seen[0]):
        page.go_back()
        page.wait_for_selector(f"{SHOWN}:has-text('{code}')", timeout=20_000)
        assert f"society={code}" in page.url
    page.go_forward()
    page.wait_for_selector(f"{SHOWN}:has-text('{seen[1]}')", timeout=20_000)
    assert page.problems == []


def test_back_undoes_a_choice_and_leads_to_the_page_before(page, address, screenshots, choose):  # noqa: F811
    page.goto(f"{address}/regions")
    settle(page, screenshots)
    choose('[class*="st-key-by_"] input', 2)
    page.wait_for_url("**by=**")
    page.get_by_role("link", name="典型推荐").click()
    page.wait_for_selector(f"{SHOWN}:has-text('典型')")
    settle(page, screenshots)
    # The server completes the address at the end, which takes no step of its own.
    page.wait_for_url("**/exemplars?**run=**")
    page.wait_for_function("() => !location.search.includes('by=')", timeout=20_000)
    settle(page, screenshots)
    page.wait_for_timeout(1_000)
    page.go_back()
    page.wait_for_selector(f"{SHOWN}:has-text('区域')", timeout=20_000)
    page.wait_for_url(re.compile(r"/regions\?.*by="), timeout=20_000)
    page.go_back()
    # What the URL says no more is not kept.
    page.wait_for_function("() => !location.search.includes('by=')", timeout=20_000)
    settle(page, screenshots)
    page.wait_for_timeout(500)
    assert "by=" not in page.url and "/regions" in page.url
    assert page.problems == []
