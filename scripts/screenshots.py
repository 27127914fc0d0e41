"""Take the pictures of docs/screenshots anew: every page in Chinese, 1280 wide."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dashboards.navigation import PAGES as NAVIGATION

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "screenshots"
# file name → path of the page
PAGES = {page.path: page.address for page in NAVIGATION}
WIDTH, START_SECONDS, PAGE_MS = 1280, 60, 30_000
MOST_TRIED, MOST_FINDINGS = 60, 25
TALLEST = 2600  # the long lists at the foot of a page show nothing new
COMPARED = "select society_id from composite where score is not null order by verified_share desc, 1 limit 3"
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FAULT = "[data-testid=stException], .fq-fault"
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def browser_path() -> str:
    """The browser of this machine; an error naming the remedy when there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        sys.exit("未找到 Chromium，请先运行 make browser。No Chromium: run `make browser` first.")
    return found


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def served(home: Path, port: int | None = None, before: str = "") -> Iterator[str]:
    """The dashboard over `home` in a process of its own; yields its address and stops it.

    `before` is run in that process before the server starts.
    """
    port = port or free_port()
    code = (
        f"{before}\n"
        "import sys; from pathlib import Path; from models.home import Home; "
        "from dashboards.server import serve; "
        "serve(Home(Path(sys.argv[1])), port=int(sys.argv[2]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(home), str(port)], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, address)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit("界面未能启动。The dashboard did not start.")
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except urllib.error.HTTPError as error:
            sys.exit(f"界面未就绪 The dashboard is not ready: {error.read().decode()}")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    sys.exit("界面启动超时。The dashboard took too long to start.")


def file_to_check(home: Path) -> Path | None:
    """A workbook of the home's inbox with rows to be returned and few enough findings to be seen whole."""
    from models.intake.check import check

    workbooks = sorted((home / "inbox").rglob("*.xlsx"), reverse=True)[:MOST_TRIED]
    reports = check(workbooks) if workbooks else []
    fitting = [r for r in reports if r.rows["returned"] and len(r.findings) <= MOST_FINDINGS]
    return max(fitting, key=lambda r: len({f["verdict"] for f in r.findings})).path if fitting else None


def compared(home: Path) -> dict[str, str]:
    """Three societies for the page that sets them side by side."""
    from contextlib import closing

    from models.home import Home
    from models.publication.snapshot import open_snapshot

    with closing(open_snapshot(Home(home))) as con:
        return {f"s{n}": code for n, (code,) in enumerate(con.sql(COMPARED).fetchall(), 1)}


def shoot(page: Page, url: str, path: Path, width: int = WIDTH, upload: Path | None = None) -> None:
    """Open the page, wait until it has settled, and take it whole (the page scrolls inside a fixed frame)."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(url)
    page.wait_for_selector(SETTLED, timeout=PAGE_MS)
    page.wait_for_selector(".fq-head, .fq-empty", timeout=PAGE_MS)
    if upload is not None:
        page.locator('input[type="file"]').set_input_files(upload)
        page.wait_for_selector(".fq-banner", timeout=PAGE_MS)
    page.wait_for_timeout(1200)
    if page.locator(FAULT).count():
        sys.exit(f"{url}：页面出错，见上方记录。The page failed; the log above says why.")
    height = page.evaluate(
        """() => document.querySelector('[data-testid="stMainBlockContainer"]').scrollHeight"""
    )
    page.set_viewport_size({"width": width, "height": min(max(700, int(height) + 20), TALLEST)})
    page.evaluate("() => document.fonts.ready")
    page.wait_for_timeout(1000)
    page.screenshot(path=path)
    slim(path)


def slim(path: Path) -> None:
    """Keep the picture in 256 colours: a third of the size, and no eye sees it."""
    from PIL import Image

    with Image.open(path) as image:
        few = image.convert("RGB").quantize(256)
    few.save(path, optimize=True)


def main() -> None:
    """Parse the options, serve, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("FENGQING_HOME", "var/demo")))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--society", default="", help="credit code shown on the second page")
    chosen = parser.parse_args()
    if not (chosen.home / "snapshots" / "current.json").exists():
        sys.exit(
            f"{chosen.home} 尚无已发布的评估，请先运行 make demo SERVE=0。"
            f"No run in {chosen.home} yet: `make demo SERVE=0`."
        )
    from playwright.sync_api import sync_playwright

    chosen.out.mkdir(parents=True, exist_ok=True)
    with served(chosen.home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)
        context = browser.new_context(locale="zh-CN" if chosen.lang == "zh" else "en-GB")
        page = context.new_page()
        for name, path in PAGES.items():
            given = {"lang": chosen.lang}
            if name == "society" and chosen.society:
                given["society"] = chosen.society
            if name == "compare":
                given |= compared(chosen.home)
            if name == "what_if":
                given |= {"w1": "75", "w4": "125"}
            query = f"?{urllib.parse.urlencode(given)}"
            upload = file_to_check(chosen.home) if name == "filing_check" else None
            shoot(page, f"{address}/{path}{query}", chosen.out / f"{name}.png", chosen.width, upload)
        browser.close()
    print(json.dumps([str(chosen.out / f"{name}.png") for name in PAGES], ensure_ascii=False))


if __name__ == "__main__":
    main()
