"""The methodology's parameters as named rows, for readers who do not read YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

NAMES = Path(__file__).with_suffix(".yaml")
# Definitions and identity: shown as what they are, not as parameters.
ELSEWHERE = frozenset(
    {"indicators", "dimensions", "title", "source", "id", "version", "year", "valid_years", "status"}
)
TEXTS = frozenset({"zh", "en", "status", "code"})


@dataclass(frozen=True)
class Parameter:
    """One parameter: its path, block, what it is of (a code such as `excellent`, or ''), value and status.

    `value` is a number, a text, a truth value or a list of codes. `status`: that of the nearest block which
    states one, 本项目建议值 or GKU. `own`: the block it stands in, whose `zh` and `en`
    name it if it has them.
    """

    path: str
    block: str
    of: str
    value: Any
    status: str
    own: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def of_name(self, lang: str) -> str | None:
        """What it is of, by the methodology or parameter_names.yaml; None: a code that a run names."""
        given = self.own if lang in self.own else names()["parts"].get(self.of, {})
        return str(given[lang]) if given else None

    def name(self, lang: str) -> str:
        """What the parameter is called in `zh` or `en`; KeyError if parameter_names.yaml does not name it."""
        known = names()
        parts = self.path.split(".")
        for end in range(len(parts), 1, -1):
            if (path := ".".join(parts[:end])) in known["paths"]:
                return str(known["paths"][path][lang])
        return str(known["names"][parts[-1]][lang])

    def block_name(self, lang: str) -> str:
        """What the block is called in `zh` or `en`."""
        return str(names()["blocks"][self.block][lang])


@cache
def names() -> dict[str, Any]:
    """parameter_names.yaml."""
    import yaml

    return dict(yaml.safe_load(NAMES.read_text(encoding="utf-8")))


def parameters(methodology: dict[str, Any]) -> list[Parameter]:
    """Every number, date, switch and list of a methodology (as a run keeps it), block by block."""
    status = str(methodology.get("status", ""))
    return [
        one
        for block, content in methodology.items()
        if block not in ELSEWHERE
        for one in _walk(block, block, "", content, status, {})
    ]


def _walk(  # noqa: PLR0913, PLR0917 - what is known of the place
    path: str, block: str, of: str, value: Any, status: str, own_block: dict[str, Any]
) -> Iterator[Parameter]:
    if isinstance(value, dict):
        own = str(value.get("status", status))
        for key, inner in value.items():
            if key not in TEXTS:
                inside = key if isinstance(inner, dict) or path in names()["paths"] else of
                yield from _walk(f"{path}.{key}", block, inside, inner, own, value)
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for n, one in enumerate(value, start=1):
            code = str(one.get("code") or one.get("id") or n)
            yield from _walk(f"{path}.{code}", block, code, one, status, one)
    elif value is not None:
        yield Parameter(path, block, of, value, status, own_block)
