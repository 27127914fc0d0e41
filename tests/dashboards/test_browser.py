"""In a real browser: pages settle without errors, filters survive a reload, the download is the export."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import openpyxl
import pytest

from dashboards.navigation import PAGES

DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
DRAWN = {"filing_check": ".fq-points"}
PATHS = tuple(page.address for page in PAGES)


@pytest.fixture(scope="module")
def launch(screenshots):
    if not any(shutil.which(name) for name in screenshots.BROWSERS):
        pytest.skip("no Chromium: make browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = []

        def start(**environment):
            browser = playwright.chromium.launch(
                executable_path=screenshots.browser_path(),
                args=screenshots.ARGUMENTS,
                env={**os.environ, **environment},
            )
            opened.append(browser)
            return browser

        yield start
        for browser in opened:
            browser.close()


@pytest.fixture(scope="module")
def browser(launch):
    return launch()


@pytest.fixture
def page(browser):
    context = browser.new_context(
        locale="zh-CN", accept_downloads=True, viewport={"width": 1280, "height": 900}
    )
    made = context.new_page()
    made.problems = []
    made.on("console", lambda m: made.problems.append(m.text) if m.type == "error" else None)
    made.on("pageerror", lambda error: made.problems.append(str(error)))
    # A reload cuts off what is under way.
    made.on("requestfailed", lambda r: None if "ERR_ABORTED" in r.failure else made.problems.append(r.url))
    made.origins = set()
    made.on("request", lambda request: made.origins.add(re.sub(r"^(\w+://[^/]+).*", r"\1", request.url)))
    yield made
    context.close()


def settle(page, screenshots):
    page.wait_for_selector(".fq-head", timeout=30_000)
    page.wait_for_selector(screenshots.SETTLED, timeout=30_000)
    page.wait_for_timeout(300)


# Streamlit's own navigation and widgets are not ours to mend.
THEIRS = ("[data-testid=stSidebarNav]", "[data-testid=stSidebarHeader]", "[data-testid=stHeader]",
          "[data-baseweb]", "[data-testid=stPopoverButton]", "[data-testid=stFileUploader]",
          "[data-testid=stButtonGroup]", "[data-testid=stNumberInput]", "[data-testid=stMultiSelect]",
          "[data-testid=stSelectbox]", "[data-testid=stSlider]")  # fmt: skip


@pytest.fixture(scope="module")
def axe():
    """The checker's script; empty where it is not installed, which test_accessibility_is_checked tells."""
    found = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    return found.read_text(encoding="utf-8") if found.exists() else ""


def grave_faults(page, axe):
    """Serious and critical faults of accessibility in the page shown, each with the first place of it."""
    page.evaluate(axe)
    found = page.evaluate(
        "theirs => axe.run({exclude: theirs.map(one => [one])}, {resultTypes: ['violations']})", list(THEIRS)
    )
    return [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("shown", [f"{path}?lang={lang}" for path in PATHS for lang in ("zh", "en")])
def test_a_page_renders_without_errors_and_can_be_read_by_all(page, address, screenshots, axe, shown):
    path, lang = shown.split("?lang=")
    page.goto(f"{address}/{path}?lang={lang}")
    settle(page, screenshots)
    page.wait_for_selector(DRAWN.get(path, ".fq-table, .js-plotly-plot .main-svg, .fq-none"), timeout=30_000)
    assert page.problems == []
    assert page.locator(screenshots.FAULT).count() == 0
    assert {origin for origin in page.origins if origin.startswith("http")} == {address}
    assert page.evaluate("document.documentElement.lang") == ("en" if lang == "en" else "zh-CN")
    # Nothing is cut off at the width of an office screen.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if lang == "zh" and axe:
        assert grave_faults(page, axe) == []


def test_accessibility_is_checked(axe):
    if not axe:
        pytest.skip("no axe-core: make browser")


def test_the_language_is_one_click_away_and_kept(page, address, screenshots):
    page.goto(address)
    settle(page, screenshots)
    # Streamlit's own words go with the page's, there and back.
    assert page.get_by_label("收起侧栏").count() and not page.get_by_label("Collapse sidebar").count()
    page.get_by_text("English", exact=True).click()
    page.wait_for_selector("text=Filing progress")
    page.wait_for_url("**lang=en**")  # written at the end of a rerun, after what it shows
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.get_by_label("Collapse sidebar").count() and not page.get_by_label("收起侧栏").count()
    page.get_by_role("link", name="Society profile").click()
    page.wait_for_selector("text=The 37 indicators")
    page.wait_for_url("**lang=en**")  # written at the end of a rerun, after what it shows
    page.reload()
    page.wait_for_selector("text=The 37 indicators")


def test_a_profile_prints_without_controls_and_with_its_run(page, address, screenshots):
    page.goto(f"{address}/society")
    settle(page, screenshots)
    page.wait_for_selector(".js-plotly-plot .main-svg")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    for control in ("stSidebar", "stHeader", "stSelectbox", "stDownloadButton", "stTextInput"):
        assert not any(one.is_visible() for one in page.get_by_test_id(control).all()), control
    assert (
        "2025-" in page.locator(".fq-run").inner_text()
        and "90%" in page.locator(".fq-legend").first.inner_text()
    )
    drawn = page.locator("svg.fq-printed")
    assert drawn.count() == 1 and drawn.is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert drawn.count() == 0


def test_a_filter_survives_a_reload(page, address, screenshots):
    page.goto(f"{address}/assessment")
    settle(page, screenshots)
    page.get_by_role("button", name="筛选", exact=True).click()
    page.locator('[class*="st-key-level_"] input').click()
    page.get_by_role("option", name="全国", exact=True).click()
    page.wait_for_selector("text=共 8 行")
    page.keyboard.press("Escape")
    search = page.locator('[class*="st-key-q_"] input')
    search.fill("虚构")
    search.press("Enter")
    page.wait_for_url("**q=**")
    assert "level=national" in page.url
    page.reload()
    settle(page, screenshots)
    page.wait_for_selector("text=共 8 行")
    assert search.input_value() == "虚构"
    # Codes, not words: the language changes and the view stays.
    page.get_by_text("English", exact=True).click()
    page.wait_for_selector("text=of 8")
    assert "level=national" in page.url and "q=" in page.url
    page.get_by_role("link", name="Overview").click()
    page.wait_for_selector("text=Level: National")
    page.wait_for_url("**level=national**")
    assert page.problems == []


def test_a_name_leads_to_its_profile(page, address, screenshots):
    page.goto(f"{address}/assessment")
    settle(page, screenshots)
    link = page.locator(".fq-table a").first
    name = link.inner_text()
    link.click()
    page.wait_for_selector(f".fq-head h1:has-text('{name}')")
    assert "society=51990000" in page.url


def test_the_download_is_the_export(page, address, screenshots, published, tmp_path):
    from models.publication.exports import export

    export(published, out=tmp_path)
    page.goto(address)
    settle(page, screenshots)
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="年度指标一览表.xlsx").click()
    assert waiting.value.suggested_filename == "年度指标一览表.xlsx"
    assert Path(waiting.value.path()).read_bytes() == (tmp_path / "年度指标一览表.xlsx").read_bytes()


@pytest.mark.parametrize("path", ["assessment", "filing_check"])
def test_no_words_of_streamlit_are_left_in_english(page, address, screenshots, path):
    page.goto(f"{address}/{path}")
    settle(page, screenshots)
    if path == "filing_check":
        # The icon's text is the name of its glyph, hidden from readers.
        shown = page.get_by_test_id("stFileUploaderDropzone").inner_text().removeprefix("upload")
        assert "选择文件" in shown and not re.search("[a-z]{3}", shown), shown
    labels = page.eval_on_selector_all(
        "button[aria-label], [placeholder]",
        "nodes => nodes.map(n => n.getAttribute('aria-label') ?? n.getAttribute('placeholder'))",
    )
    assert not [text for text in labels if re.fullmatch(r"[A-Za-z .,]+", text or "")], labels


def test_chinese_is_drawn_without_fonts_of_the_machine(launch, address, screenshots, tmp_path):
    if not DEJAVU.is_dir():
        pytest.skip("DejaVu is not installed")
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(
        f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>{DEJAVU}</dir>'
        f"<cachedir>{tmp_path}/cache</cachedir></fontconfig>"
    )
    page = launch(FONTCONFIG_FILE=str(fonts)).new_page()
    fetched = []
    page.on("response", lambda response: fetched.append(response.url))
    page.goto(address)
    settle(page, screenshots)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(500)
    assert any("NotoSansSC-gbk" in url for url in fetched)
    # A sign of the bundled font is as wide as its size; the box of a font without it is not.
    same = page.evaluate(
        """() => {
            const draw = (family, text) => {
                const canvas = document.createElement('canvas'); canvas.width = 64; canvas.height = 64;
                const pen = canvas.getContext('2d'); pen.font = `40px ${family}`; pen.fillText(text, 4, 48);
                return canvas.toDataURL();
            };
            const family = getComputedStyle(document.querySelector('.fq-head h1')).fontFamily;
            const chart = getComputedStyle(document.querySelector('.js-plotly-plot text')).fontFamily;
            const box = draw('DejaVu Sans', '学');
            const alike = draw(family, '学') === draw(family, '会');
            return [draw(family, '学') === box, draw(chart, '学') === box, alike];
        }"""
    )
    assert same == [False, False, False]


@pytest.fixture
def inbox(published):
    folder = published.root / "inbox"
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def opened(download):
    with Path(download.path()).open("rb") as file:
        return openpyxl.load_workbook(file)


def kept(root, data):
    """Files under `root` that hold the content, whatever they are called."""
    return [
        p for p in root.rglob("*") if p.is_file() and p.stat().st_size == len(data) and p.read_bytes() == data
    ]


def test_a_file_is_checked_then_submitted(page, address, screenshots, inbox, messy):
    page.goto(f"{address}/filing_check")
    settle(page, screenshots)
    page.locator('input[type="file"]').set_input_files(messy)
    page.wait_for_selector(".fq-banner.mend", timeout=30_000)
    page.wait_for_selector(".fq-table .fq-badge.verdict-R", timeout=30_000)
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="下载问题清单").click()
    assert waiting.value.suggested_filename == f"{messy.stem}_问题清单.xlsx"
    listed = opened(waiting.value).active
    assert listed.max_row - 1 >= page.locator(".fq-table .fq-badge").count()
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="下载标注的工作簿").click()
    assert waiting.value.suggested_filename == f"{messy.stem}_退回补正.xlsx"
    assert len(opened(waiting.value).sheetnames) > 1
    # Checked and downloaded: still nothing anywhere.
    assert kept(inbox.parent, messy.read_bytes()) == []
    assert list(Path(tempfile.gettempdir()).glob("fengqing-check-*")) == []
    page.get_by_role("button", name="提交到收件箱").click()
    page.wait_for_selector(".fq-banner.ready", timeout=30_000)
    assert "已提交到收件箱" in page.locator(".fq-banner.ready").inner_text()
    (found,) = kept(inbox.parent, messy.read_bytes())
    assert found.parent == inbox and found.name in page.locator(".fq-banner.ready").inner_text()
    assert page.problems == []
    # A reload is a new session: the check is forgotten, the file submitted stays.
    page.reload()
    page.wait_for_selector(".fq-points", timeout=30_000)
    assert found.exists()


def test_a_file_too_large_is_refused_at_the_door(page, address, screenshots, tmp_path):
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 21_000_000)
    page.goto(f"{address}/filing_check")
    settle(page, screenshots)
    page.locator('input[type="file"]').set_input_files(large)
    page.get_by_role("alert").get_by_text("文件超过").wait_for(timeout=30_000)
    assert page.locator(".fq-banner").count() == 0


@pytest.mark.parametrize("path", PATHS)
def test_a_narrow_screen_hides_no_title(page, address, screenshots, path):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/{path}")
    settle(page, screenshots)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    first, bar = page.evaluate(
        """() => {
            const box = (selector) => document.querySelector(selector).getBoundingClientRect();
            const first = box('[data-testid="stMainBlockContainer"] :is(h1, label)');
            return [first.top, box('[data-testid="stHeader"]').bottom];
        }"""
    )
    assert first >= bar


def test_a_download_equals_the_screen(page, address, screenshots):
    """Every cell shown stands in the workbook, typed; filters and run are stated."""
    page.goto(f"{address}/evaluation?level=provincial")
    settle(page, screenshots)
    shown = page.locator('.fq-table:has(caption:text("没有依据评价规范的评价活动"))')
    heads = shown.locator("thead th").all_inner_texts()
    rows = [row.locator("td").all_inner_texts() for row in shown.locator("tbody tr").all()]
    assert rows
    with page.expect_download(timeout=30_000) as waiting:
        page.locator('[class*="st-key-grid_no_norm"]').get_by_role("button", name="下载 Excel").click()
    book = opened(waiting.value)
    first, *kept_rows = [[c.value for c in row] for row in book.worksheets[0].iter_rows()]
    assert first == heads

    def text(value):
        return "—" if value is None else f"{value:%Y-%m-%d}" if hasattr(value, "year") else str(value)

    assert [[text(v) for v in row] for row in kept_rows[: len(rows)]] == rows
    notes = {row[0].value: row[1].value for row in book["说明"].iter_rows(min_row=2)}
    assert notes["筛选条件"] == "登记层级：省" and notes["评估运行"].startswith("2025-")
    assert int(notes["行数"]) == len(kept_rows)


def test_a_figure_leads_to_the_row_it_came_from(page, address, screenshots):
    page.goto(f"{address}/education")
    settle(page, screenshots)
    page.locator(".fq-table a.fq-why").first.click()
    page.wait_for_url("**society=**")
    settle(page, screenshots)
    assert "indicator=5.1" in page.url
    sources = page.locator('.fq-table:has(caption:text("得分由来")) tbody tr')
    sources.first.wait_for()
    file, _, line, *_ = sources.first.locator("td").all_inner_texts()
    assert re.fullmatch(r"5\w+_2025_r1\.xlsx", file) and line.isdigit()


def test_a_chart_is_saved_as_picture_and_drawing(page, address, screenshots):
    page.goto(address)
    settle(page, screenshots)
    page.wait_for_selector(".js-plotly-plot .main-svg")
    for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
        with page.expect_download(timeout=30_000) as waiting:
            page.locator(f'button[data-chart="等次分布"][data-format="{kind}"]').click()
        assert waiting.value.suggested_filename == f"等次分布.{kind}"
        assert Path(waiting.value.path()).read_bytes().startswith(start)
    assert page.problems == []


@pytest.fixture
def newer(published, publish_anew):
    """A function that publishes another run of the year; it is gone after the test."""
    book = published.snapshots / "current.json"
    before, made = book.read_bytes(), []

    def publish():
        made.extend(publish_anew(published))
        return made

    yield publish
    book.write_bytes(before)
    for run_id in made[1:]:
        (published.snapshots / f"{run_id}.duckdb").unlink()


def test_a_run_published_during_browsing_is_a_note_and_one_click(page, address, screenshots, newer):
    page.goto(f"{address}/assessment?level=national")
    settle(page, screenshots)
    old, new = newer()
    assert f"run={old}" in page.url
    # Whatever the reader does next still works, on the run begun with, and the note is there.
    page.get_by_role("link", name="典型推荐", exact=True).click()
    page.locator(".fq-newer").wait_for()
    settle(page, screenshots)
    assert old in page.locator(".fq-head p").inner_text()
    page.get_by_role("button", name="切换到新结果").click()
    page.wait_for_url(f"**run={new}**")
    page.locator(f".fq-head p:has-text('{new}')").wait_for()
    page.locator(".fq-newer").wait_for(state="detached")
    assert "exemplars" in page.url and "level=national" in page.url
    # The link of before still opens the run of before.
    page.goto(f"{address}/assessment?run={old}")
    page.locator(f".fq-head p:has-text('{old}')").wait_for()
    assert page.problems == []
