"""`fengqing serve`: the dashboard over this home's published runs."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.options import HomeOption, LangOption


def serve(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="端口 · port")] = 8501,
    address: Annotated[
        str,
        typer.Option("--address", help="监听地址；未配置登录时仅限本机 · without sign-in this machine only"),
    ] = ("127.0.0.1"),
    run: Annotated[str | None, typer.Option("--run", help="固定显示某次运行 · show this run only")] = None,
    home: HomeOption = None,
    lang: LangOption = "zh",
) -> None:
    """打开界面（Ctrl+C 结束）· Open the dashboard (Ctrl+C ends it)."""
    # The one import of dashboards below pipelines: the command that starts it.
    from dashboards.server import serve as start
    from models.home import Home

    start(Home.resolve(home), port=port, address=address, run_id=run, lang=lang)
