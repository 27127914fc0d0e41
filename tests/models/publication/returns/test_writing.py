"""The marked workbook: the faulty cells changed in colour and comment, and nothing else at all."""

import shutil
import subprocess
import zipfile

import openpyxl
import pytest

from models.errors import FengqingError
from models.publication.returns import write_return
from models.publication.returns.styles import MARK_COLOUR

SHEET = "表1"
LIST = "退回补正清单"
FAULTS = (
    {"sheet": SHEET, "row": 3, "col": 1, "header": "名称", "code": "S09", "value": "甲"},
    {"sheet": SHEET, "row": 3, "col": 2, "header": "人数", "code": "S05", "value": "约5"},
    {"sheet": SHEET, "row": 3, "col": 4, "header": "备注", "code": "D38", "verdict": "Q", "value": "138***8"},
    {"sheet": SHEET, "row": 9, "col": 7, "header": "=HYPERLINK", "code": "D20", "value": "=1+1"},
)  # fmt: skip
MARKED = {"A3", "B3", "D3", "G9"}
LOOKS = ("number_format", "font", "border", "alignment", "protection", "fill")


@pytest.fixture
def returned(rich, told, tmp_path):
    return write_return(rich, told(*FAULTS), tmp_path / "out")


def test_only_faulty_cells_are_marked_and_the_rest_is_as_sent(rich, returned):
    sent, back = openpyxl.load_workbook(rich), openpyxl.load_workbook(returned)
    assert back.sheetnames == [LIST, "封面", SHEET]
    for page in sent:
        for line in back[page.title].iter_rows():
            for cell in line:
                was = page[cell.coordinate]
                if page.title == SHEET and cell.coordinate in MARKED:
                    assert cell.fill.fgColor.rgb == MARK_COLOUR
                    assert "整改要求：" in cell.comment.text
                    looks = LOOKS[:-1]
                else:
                    looks = LOOKS
                    assert (cell.comment and cell.comment.text) == (was.comment and was.comment.text)
                assert [repr(getattr(cell, k)) for k in looks] == [repr(getattr(was, k)) for k in looks]
                if cell.coordinate not in ("D3", "D4"):
                    assert (cell.value, cell.data_type) == (was.value, was.data_type)
    page = back[SHEET]
    assert page.merged_cells.ranges == sent[SHEET].merged_cells.ranges
    assert page.column_dimensions["B"].width == sent[SHEET].column_dimensions["B"].width
    assert page.row_dimensions[5].hidden
    assert [str(v.sqref) for v in page.data_validations.dataValidation] == ["D3:D9"]
    assert page.auto_filter.ref == "A2:D5"
    assert page.defined_names["本地"].attr_text == f"'{SHEET}'!$A$3"
    assert page["A3"].comment.text.startswith("发送人原有批注\n退回补正：")


def test_cached_values_of_formulas_and_shapes_stay(rich, returned):
    assert openpyxl.load_workbook(returned, data_only=True)[SHEET]["B4"].value == 3
    with zipfile.ZipFile(rich) as sent, zipfile.ZipFile(returned) as back:
        assert back.testzip() is None
        drawing = "xl/drawings/drawing1.xml"
        assert back.read(drawing) == sent.read(drawing)


def test_personal_information_is_nowhere_in_the_copy(returned):
    page = openpyxl.load_workbook(returned)[SHEET]
    assert page["D3"].value == page["D4"].value == "联系电话138****8000"
    assert "遮盖" in page["D3"].comment.text
    with zipfile.ZipFile(returned) as back:
        assert not any(b"13800138000" in back.read(name) for name in back.namelist())


def test_each_line_of_the_list_leads_to_its_cell(returned):
    page = openpyxl.load_workbook(returned)[LIST]
    assert [c.value for c in page[3]] == ["表名", "行号", "列名", "原值", "问题", "整改要求", "截止日期"]
    assert {page.cell(n, 1).hyperlink.location for n in range(4, 8)} == {f"'{SHEET}'!{c}" for c in MARKED}
    risky = page["D7"]
    assert (risky.value, risky.data_type, risky.quotePrefix) == ("=1+1", "s", True)


def test_a_second_return_takes_the_first_one_away(returned, told, tmp_path):
    again = write_return(returned, told(FAULTS[1]), tmp_path / "out")
    assert again.name == "虚构学会_退回补正2.xlsx"
    book = openpyxl.load_workbook(again)
    assert book.sheetnames == [LIST, "封面", SHEET]
    marked = {c.coordinate for line in book[SHEET].iter_rows() for c in line
              if c.fill.fgColor.rgb == MARK_COLOUR}  # fmt: skip
    assert marked == {"B3"}
    assert book[SHEET]["A3"].comment.text == "发送人原有批注"
    assert book[SHEET]["D3"].comment is None
    assert book[LIST].max_row == 4


def test_marks_are_known_again_without_their_author(returned, told, tmp_path):
    """As LibreOffice saves them: no author, and the runs of a comment joined."""
    book = openpyxl.load_workbook(returned)
    for cell in ("A3", "B3", "D3", "G9"):
        book[SHEET][cell].comment.author = "某人"
    book.save(tmp_path / "saved.xlsx")
    again = openpyxl.load_workbook(write_return(tmp_path / "saved.xlsx", told(FAULTS[1]), tmp_path / "out"))
    page = again[SHEET]
    assert page["A3"].comment.text == "发送人原有批注"
    assert page["B3"].comment.text.count("整改要求") == 1
    assert (page["D3"].comment, page["G9"].comment) == (None, None)
    marked = {c.coordinate for line in page.iter_rows() for c in line if c.fill.fgColor.rgb == MARK_COLOUR}
    assert marked == {"B3"}


def test_equal_returns_are_equal_files(rich, returned, told, tmp_path):
    assert write_return(rich, told(*FAULTS), tmp_path / "other").read_bytes() == returned.read_bytes()


@pytest.mark.parametrize(
    "content", [b"a,b\r\n1,2\r\n", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_cannot_be_marked_gets_a_list(content, told, tmp_path):
    path = tmp_path / "签到.csv"
    path.write_bytes(content)
    target = write_return(path, told({"row": 3, "col": 2, "code": "S05", "value": "=1"}), tmp_path)
    assert target.name == "签到_退回补正清单.xlsx"
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == [LIST, "说明"]
    assert (book[LIST]["B2"].value, book[LIST]["D2"].value, book[LIST]["D2"].data_type) == ("3", "=1", "s")


def test_a_clean_file_gets_nothing(rich, told, tmp_path):
    assert write_return(rich, told({"code": "D05", "verdict": "A"}), tmp_path / "out") is None
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_another_programme_reads_the_same_values(rich, returned, tmp_path):
    converted = {}
    for path in (rich, returned):
        folder = tmp_path / f"lo_{path.stem}"
        subprocess.run(
            ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
             "--convert-to", "xlsx", "--outdir", folder, path],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        converted[path] = openpyxl.load_workbook(folder / f"{path.stem}.xlsx")
    sent, back = converted.values()
    assert back.sheetnames == [LIST, *sent.sheetnames]
    for page in sent:
        for line in page.iter_rows():
            for cell in line:
                if cell.coordinate not in ("D3", "D4"):
                    assert back[page.title][cell.coordinate].value == cell.value
    assert "整改要求：" in back[SHEET]["B3"].comment.text


def test_xml_out_of_the_ordinary_gets_a_list_and_stops_nothing(rich, told, tmp_path):
    path = tmp_path / "坏.xlsx"
    with zipfile.ZipFile(rich) as sent, zipfile.ZipFile(path, "w") as spoilt:
        for name in sent.namelist():
            content = sent.read(name)
            spoilt.writestr(name, content.replace(b' r="', b' q="') if "sheets/" in name else content)
    assert write_return(path, told(*FAULTS), tmp_path).name == "坏_退回补正清单.xlsx"


def test_a_folder_that_cannot_be_written_is_one_line(rich, told, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FengqingError, match="--out"):
        write_return(rich, told(*FAULTS), tmp_path / "file")
