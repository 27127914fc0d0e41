"""The bundled font has every Chinese character of GBK and of the project's own words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from scripts.subset_font import TARGET, gbk_repertoire

ROOT = Path(__file__).parents[2]
FOLDERS = ("data_contracts", "models", "pipelines", "dashboards")
KINDS = (".py", ".yaml", ".po", ".js", ".sql")
# In no face of Noto Sans CJK; each is a mathematical sign of GBK, not a character of a name.
NOT_IN_THE_SOURCE_FONT = {"≒"}


@pytest.fixture(scope="module")
def bundled() -> Iterator[set[str]]:
    with TTFont(TARGET) as font:
        yield {chr(code) for code in font.getBestCmap()}


def test_gbk_is_there(bundled: set[str]) -> None:
    repertoire = {chr(code) for code in gbk_repertoire()}
    assert len(repertoire) > 21_000
    assert repertoire - bundled == NOT_IN_THE_SOURCE_FONT


@pytest.mark.parametrize("signs", ["√≤≥±·—…→①⑳“”‘’％￥〔〕【】", "0123456789AZaz"])
def test_signs_of_the_screens_are_there(bundled: set[str], signs: str) -> None:
    assert set(signs) <= bundled


def test_every_chinese_character_of_our_own_text_is_there(bundled: set[str]) -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in KINDS]
    written = set().union(*(path.read_text(encoding="utf-8") for path in files))
    chinese = {sign for sign in written if "\u3000" <= sign <= "\u9fff" or "\uf900" <= sign <= "\uffef"}
    assert len(chinese) > 300
    assert chinese <= bundled
