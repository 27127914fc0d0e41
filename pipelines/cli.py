"""The command line: registers one module a command and turns failures into one clear line."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from models.errors import FengqingError
from pipelines.commands.audit import audit
from pipelines.commands.check import check
from pipelines.commands.compare import compare
from pipelines.commands.composite import composite
from pipelines.commands.dictionary import dictionary
from pipelines.commands.explain import explain
from pipelines.commands.export import export
from pipelines.commands.feedback import feedback
from pipelines.commands.handbook import handbook
from pipelines.commands.run import run
from pipelines.commands.runs import runs
from pipelines.commands.sample import sample
from pipelines.commands.sensitivity import sensitivity
from pipelines.commands.serve import serve
from pipelines.commands.template import template
from pipelines.options import print_json

COMMANDS: tuple[Callable[..., Any], ...] = (
    run, sample, check, export, explain, sensitivity, feedback, runs, compare, template, dictionary, handbook,
    serve, audit,
    composite,
)  # fmt: skip

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="风清：科技类社会团体学术自律自净评估（国科办督〔2023〕90号）· "
    "Assess how S&T societies govern research integrity.",
)


def speaks_plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a command so that a failure is one line in the user's language and exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except FengqingError as error:
            if kwargs.get("as_json"):
                print_json({"error": error.code, "zh": error.zh, "en": error.en})
            print(error.text(kwargs.get("lang", "zh")), file=sys.stderr)
            raise typer.Exit(1) from error

    return wrapped


for _command in COMMANDS:
    app.command()(speaks_plainly(_command))


def main() -> None:
    """Entry point of the `fengqing` command."""
    # Set before anything imports Dagster or Great Expectations: neither may call home.
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    app()


if __name__ == "__main__":
    main()
