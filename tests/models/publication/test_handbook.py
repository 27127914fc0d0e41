"""The handbook in docs/ is what the methodology and the specifications say now."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.assessment.methodology import load
from models.publication.handbook import LANGUAGES, file_name, render

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_handbook_is_up_to_date(lang: str) -> None:
    kept = (ROOT / "docs" / file_name(lang)).read_text(encoding="utf-8")
    assert render(lang, load(2025), ROOT / "tests" / "spec") == kept, "run `fengqing handbook`"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_indicator_has_a_section_with_examples(lang: str) -> None:
    methodology = load(2025)
    sections = render(lang, methodology, ROOT / "tests" / "spec").split("\n### ")[1:]
    assert [section.split(" ", 1)[0] for section in sections] == [i.code for i in methodology.indicators]
    assert all(section.count("\n#### ") >= 3 for section in sections)


def test_a_missing_specification_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"1\.1"):
        render("en", load(2025), tmp_path)
