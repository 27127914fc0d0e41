"""How a society is found: its former names, and the pinyin initials of every name it bears or bore."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

READINGS = Path(__file__).parent / "names.yaml"
NAMES = """
select society_id, name, coalesce(former_names, []) as former_names from societies
where report_year = $1 order by society_id
"""


def name_frame(warehouse: DuckDBPyConnection, year: int) -> pl.DataFrame:
    """society_id, former_names (list), initials (lower case; of several names, parted by a blank)."""
    import polars as pl

    found = warehouse.sql(NAMES, params=[year]).pl()
    every = [[name, *former] for name, former in found.select("name", "former_names").iter_rows()]
    texts = [" ".join(dict.fromkeys(initials(name) for name in names)) for names in every]
    return found.select("society_id", "former_names").with_columns(initials=pl.Series(texts, dtype=pl.String))


def initials(name: str) -> str:
    """`中国量子材料学会` → `zgllclxh`; letters and digits stay, other signs go."""
    from pypinyin import Style, lazy_pinyin

    _readings()
    read = lazy_pinyin(name, style=Style.FIRST_LETTER)
    return "".join(sign for part in read for sign in part.lower() if sign.isascii() and sign.isalnum())


@cache
def _readings() -> None:
    import yaml
    from pypinyin import load_phrases_dict

    known = yaml.safe_load(READINGS.read_text(encoding="utf-8"))
    load_phrases_dict({word: [[syllable] for syllable in read] for word, read in known.items()})
