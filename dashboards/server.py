"""The web server: Streamlit as an ASGI app with our shell and readiness route, on this machine only."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, cast

from dashboards import settings, signin
from dashboards.navigation import PAGES
from dashboards.signin import LOOPBACK
from models.errors import FengqingError
from models.publication.snapshot import current, open_snapshot, resolve

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from starlette.requests import Request
    from starlette.responses import Response
    from streamlit.web.server.starlette.starlette_app import App

    from models.home import Home

log = logging.getLogger(__name__)
SCRIPT = Path(__file__).parent / "app.py"
MESSAGE_MB = 50


def hosts() -> list[str]:
    """The names by which the dashboard may be called: this machine's, and those that sign-in sets."""
    known = signin.load()
    return [*LOOPBACK, *(known.access.hosts if known else ())]


def written(host: str) -> str:
    """A host as it stands in a URL and in the Host header: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def public_url(port: int, address: str) -> str:
    """Where a browser opens the dashboard: as sign-in says, where people are sent back to; else here."""
    known = signin.load()
    return known.auth.origin if known else f"http://{written(address)}:{port}"


def options(port: int, address: str = LOOPBACK[0]) -> dict[str, Any]:
    """Streamlit's options. Given here, not in a file, so that the dashboard starts from any folder."""
    from dashboards.charts import FONTS, GRID, INK, MAIN

    known = signin.load()
    font = ", ".join(name if " " not in name else f'"{name}"' for name in FONTS.split(", "))
    return {
        "global.developmentMode": False,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "client.toolbarMode": "minimal",
        "client.allowedOrigins": [],
        "server.address": address,
        "server.port": port,
        "server.headless": True,
        "server.allowedHosts": hosts(),
        "server.enableAgentApi": False,
        "server.cookieSecret": known.auth.cookie_secret if known else secrets.token_hex(32),
        # An empty list: a secrets.toml lying about in the working folder is not ours.
        "secrets.files": [str(signin.path())] if known else [],
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.enableStaticServing": False,
        "server.fileWatcherType": "none",
        # Its collection of all garbage after each rerun holds every session up, the longer the more
        # sessions there are: with a hundred, 95 of 100 reruns took under 8 s instead of under 0.1 s.
        "runner.postScriptGC": False,
        "server.maxUploadSize": settings.upload_mb(),
        "server.maxMessageSize": MESSAGE_MB,
        "server.showEmailPrompt": False,
        "theme.base": "light",
        "theme.primaryColor": MAIN,
        "theme.textColor": INK,
        "theme.borderColor": GRID,
        "theme.backgroundColor": "#FFFFFF",
        "theme.secondaryBackgroundColor": "#F5F7FA",
        "theme.font": font,
        "theme.headingFont": font,
        "theme.baseRadius": "6px",
    }


def build_app() -> App:
    """The ASGI app. Options must have been loaded."""
    import streamlit as st
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles
    from streamlit.runtime.pages_manager import PagesManager

    from dashboards.fileguard import FileGuard
    from dashboards.shell import STATIC, STATIC_PATH, ShellMiddleware
    from dashboards.usercookie import SignInWatch

    known = signin.load()
    # app.py names its pages itself; Streamlit would also offer the modules of pages/ until its first rerun.
    PagesManager.uses_pages_directory = False
    return st.App(
        SCRIPT,
        lifespan=_lifespan,
        routes=[
            Route("/healthz", _health, methods=["GET"]),
            Route(f"/{PAGES[0].path}", _first_page, methods=["GET"]),
            Mount(STATIC_PATH, app=StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=[written(host) for host in hosts()]),
            Middleware(ShellMiddleware, is_secure=known is not None and known.auth.is_secure),
            Middleware(FileGuard),
            Middleware(SignInWatch),
        ],
    )


async def _health(_request: Request) -> Response:
    """Ready when the runs can be read; before the first run there is nothing to read, which is fine."""
    from starlette.responses import JSONResponse

    known = settings.load()
    try:
        run_id = None
        if current(known.home):
            run_id = resolve(known.home, known.run_id)
            open_snapshot(known.home, run_id).close()
    except FengqingError as error:
        return JSONResponse({"status": "unavailable", "error": error.code}, status_code=503)
    return JSONResponse({"status": "ok", "run_id": run_id})


async def _first_page(request: Request) -> Response:
    """The first page lives at the root; by its name it is the same page, with what the address says."""
    from starlette.responses import RedirectResponse

    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


@asynccontextmanager
async def _lifespan(_app: App) -> AsyncIterator[dict[str, Any]]:
    """Import what is heavy before the first visitor, and take it out of the collector's sight.

    With what is there for good frozen, a collection looks only at what sessions have made.
    """
    import plotly.graph_objects
    import polars
    import xlsxwriter

    import models.intake.judging
    from dashboards import pages

    for page in iter_modules(pages.__path__):
        import_module(f"{pages.__name__}.{page.name}")
    del plotly, polars, xlsxwriter, models
    _open_runs()
    gc.collect()
    gc.freeze()
    yield {}


def _open_runs() -> None:
    """Read the latest run and open the one before it for the national scope, before anybody waits for them.

    What is wrong with a run is told on the page to whoever asks for it, and by `_health`: the server starts.
    """
    import duckdb

    from dashboards.access import Scope
    from dashboards.queries.frames import COHORT, table
    from dashboards.queries.prepared import FRAMES, TABLES
    from dashboards.reading import reader

    known = settings.load()
    try:
        found = reader(known.home, resolve(known.home, known.run_id), Scope())
        con = cast("DuckDBPyConnection", found)
        for name in (*TABLES, *FRAMES):
            table(con, name)
        previous = found.sql("select previous_run_id from run").pl().item()
        if previous is not None:
            table(cast("DuckDBPyConnection", reader(known.home, previous, Scope())), COHORT)
    except (FengqingError, duckdb.Error) as error:
        log.warning("not read before its first visitor: %s", error)


def serve(
    home: Home, port: int = 8501, address: str = LOOPBACK[0], run_id: str | None = None, lang: str = "zh"
) -> None:
    """Serve the dashboard until interrupted.

    Raises:
        FengqingError: another address than this machine's without sign-in, sign-in
            set up wrongly, a port in use, a run that is not there, or a
            size of uploads that is none.
    """
    address = address.strip("[]")
    if address not in LOOPBACK and signin.load() is None:
        raise FengqingError(
            "ADDRESS_REFUSED",
            f"不能监听 {address}：未配置登录时只能在本机使用（127.0.0.1 或 [::1]）。请去掉 --address，"
            f"或按 docs/access.md 以 {signin.VARIABLE} 配置登录。",
            f"Will not listen on {address}: without sign-in the dashboard is for this machine only "
            f"(127.0.0.1 or [::1]). Leave out --address, or set up sign-in with {signin.VARIABLE} "
            "(docs/access.md).",
        )
    signin.load()
    if run_id is not None:
        resolve(home, run_id)
    settings.upload_mb()
    listener = _bind(port, address)
    try:
        _run(home, listener, run_id, lang, address)
    finally:
        listener.close()


def _bind(port: int, address: str = LOOPBACK[0]) -> socket.socket:
    is_v6 = ":" in address
    listener = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        raise FengqingError(
            "PORT_IN_USE",
            f"端口 {port} 不可用（{os.strerror(error.errno or 0)}），请用 --port 指定其他端口。",
            f"Port {port} is not available ({os.strerror(error.errno or 0)}); choose another with --port.",
        ) from error
    listener.listen(128)
    return listener


def _run(home: Home, listener: socket.socket, run_id: str | None, lang: str, address: str) -> None:
    import uvicorn
    from streamlit.web import bootstrap

    settings.store(home, run_id)
    port = listener.getsockname()[1]
    bootstrap.load_config_options(options(port, address))
    url = f"{public_url(port, address)}/" + ("?lang=en" if lang == "en" else "")
    print(f"{'Dashboard' if lang == 'en' else '界面'}: {url}", flush=True)
    config = uvicorn.Config(
        build_app(),
        ws="websockets-sansio",
        ws_max_size=MESSAGE_MB * 1024 * 1024,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listener])
