"""From a figure on the screen, click by click, to the cell of the file that a society sent."""

import re
import shutil

import openpyxl
import pytest


def test_a_figure_leads_to_its_cells_in_the_file_sent(nation, screenshots):
    if not any(shutil.which(name) for name in screenshots.BROWSERS):
        pytest.skip("no Chromium: make browser")
    from playwright.sync_api import sync_playwright

    with screenshots.served(nation.home.root) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=screenshots.browser_path(), args=screenshots.ARGUMENTS
        )
        page = browser.new_page(locale="zh-CN")
        # Method → every society's figure → one society's indicator → the rows behind it.
        page.goto(f"{address}/methods?indicator=6.1")
        page.get_by_role("link", name="各学会该指标的数值与来源行").click()
        score = page.locator('.fq-table:has(caption:text-is("6.1 青年报告占比")) td.number a.fq-why').first
        shown = score.inner_text()
        score.click()
        sources = page.locator('.fq-table:has(caption:text("得分由来")) tbody tr')
        sources.first.wait_for(timeout=30_000)
        assert shown in page.locator(".fq-card .figure").all_inner_texts()
        rows = [row.locator("td").all_inner_texts() for row in sources.all()]
        browser.close()
    for file, sheet, line, label, numerator, denominator, *_ in rows:
        book = openpyxl.load_workbook(nation.inbox / file, read_only=True)
        (cells,) = book[sheet].iter_rows(min_row=int(line), max_row=int(line), values_only=True)
        book.close()
        said = [str(one).strip() for one in cells if one is not None]
        assert label in said
        # Columns of the table: total, under 35 of three kinds; some cells say “17人”.
        total, *young = (int(re.sub(r"\D", "", one) or 0) for one in said[3:7])
        assert (int(denominator), int(numerator)) == (total, sum(young))
    assert rows
