from pathlib import Path

import openpyxl
import pytest

from data_contracts import dictionary
from data_contracts.contract import load_contracts

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("lang", dictionary.LANGUAGES)
def test_the_committed_dictionary_is_up_to_date(lang):
    committed = (DOCS / dictionary.file_name(lang)).read_text(encoding="utf-8")
    assert committed == dictionary.markdown(lang), "run `fengqing dictionary`"


@pytest.mark.parametrize("lang", dictionary.LANGUAGES)
def test_every_field_and_code_is_in_it(lang):
    text = dictionary.markdown(lang)
    for contract in load_contracts().values():
        section = text.split(f'<a id="{contract.name}"></a>')[1].split("<a id=")[0]
        for f in contract.fields:
            assert f"| `{f.name}` |" in section
            for value in f.enum:
                assert f"| `{value.code}` | {value.zh} | {value.en} |" in section
        for rule in contract.rules:
            assert f"`{rule.holds}`" in section


def test_each_language_keeps_to_its_own_description():
    zh, en = (dictionary.markdown(lang) for lang in dictionary.LANGUAGES)
    assert "空白即“仅自报”" in zh
    assert "blank means self-reported only" not in zh
    assert "blank means self-reported only" in en
    assert "空白即“仅自报”" not in en


def test_tables_have_as_many_cells_as_columns():
    rows = [line for line in dictionary.markdown("zh").splitlines() if line.startswith("|")]
    cells = [line.replace("\\|", "").count("|") for line in rows]
    assert set(cells) == {8, 5, 3}  # fields, codes, lineage


def test_workbook_holds_every_field_and_code(tmp_path):
    book = openpyxl.load_workbook(dictionary.write_workbook(tmp_path / "d.xlsx"))
    fields = [f for c in load_contracts().values() for f in c.fields]
    codes = [v for f in fields for v in f.enum]
    sizes = {sheet.title: sheet.max_row - 1 for sheet in book}
    assert sizes == {
        "数据字典": len(fields), "代码": len(codes), "Data dictionary": len(fields), "Codes": len(codes),
    }  # fmt: skip


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="zh or en"):
        dictionary.markdown("fr")
