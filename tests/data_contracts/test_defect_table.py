"""The generated table of defects is up to date and whole."""

from pathlib import Path

import pytest

from data_contracts import defect_table
from data_contracts.defects import load_defects

ROOT = Path(__file__).parents[2]
SHOWN = defect_table.examples(ROOT / "tests" / "corpus")


@pytest.mark.parametrize("lang", defect_table.LANGUAGES)
def test_the_committed_table_is_up_to_date(lang):
    committed = (ROOT / "docs" / defect_table.file_name(lang)).read_text(encoding="utf-8")
    assert committed == defect_table.markdown(lang, SHOWN), "run `fengqing dictionary`"


@pytest.mark.parametrize("lang", defect_table.LANGUAGES)
def test_every_code_has_its_line(lang):
    lines = [x for x in defect_table.markdown(lang, SHOWN).splitlines() if x.startswith(("| D", "| S"))]
    wanted = [d for d in load_defects().values()]
    told = {line.split(" | ")[0].removeprefix("| "): line for line in lines}
    for defect in wanted:
        assert defect.title(lang) in told[defect.code]
        assert defect.advice[lang] in told[defect.code]
        if defect.code in SHOWN:
            assert str(SHOWN[defect.code]["before"]) in told[defect.code].replace("\\|", "|")


def test_a_class_without_example_is_an_error():
    with pytest.raises(KeyError, match="D43"):
        defect_table.markdown("zh", {c: s for c, s in SHOWN.items() if c != "D43"})
