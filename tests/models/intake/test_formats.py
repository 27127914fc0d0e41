"""Every format that is sent: the same rows from each, or a refusal that says what it is."""

import io
import shutil
import subprocess
import zipfile

import openpyxl
import polars as pl
import pytest

from data_contracts.defects import message
from models.intake.frames import SourceFile
from models.intake.order import Turn, turn_of
from models.intake.reading import read, read_cells

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x01" * 40
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
OFFICE = shutil.which("soffice")
HTML = "<html><body><table><tr><td>编号</td></tr></table></body></html>"
XML = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'


def ole_with(stream):
    return OLE + stream.encode("utf-16-le") + b"\x00" * 400


def package_with(*parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, "<x/>")
    return out.getvalue()


@pytest.fixture
def said(tmp_path):
    """(code, variant, verdict, a, b) said of a file as a whole."""

    def of(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        grid = read([SourceFile(name, path, name)])
        return grid.findings.select("code", "variant", "verdict", "a", "b").rows()

    return of


@pytest.fixture
def sample(empty_book):
    empty_book.sheets["甲"] = {(1, 1): "编号", (1, 2): "名称", (2, 1): 1, (2, 2): "虚构学会", (4, 1): 2.5}
    return empty_book.write("sample.xlsx")


CELLS = [
    (1, 1, "编号", "str"),
    (1, 2, "名称", "str"),
    (2, 1, "1", "float"),
    (2, 2, "虚构学会", "str"),
    (4, 1, "2.5", "float"),
]


def cells_of(path, name=None):
    cells = read_cells([SourceFile("id", path, name or path.name)])
    return cells.select("row", "col", "text", "ctype").rows()


@pytest.fixture(scope="session")
def convert(tmp_path_factory):
    """A workbook saved by LibreOffice in another format."""
    if OFFICE is None:
        pytest.skip("LibreOffice is not here")
    folder = tmp_path_factory.mktemp("office")

    def to(path, kind):
        subprocess.run(
            [OFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind,
             "--outdir", str(folder), str(path)],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        return folder / f"{path.stem}.{kind.split(':')[0]}"

    return to


@pytest.mark.parametrize(("kind", "name"), [("xls", "a.xls"), ("xls", "a.et"), ("ods", "a.ods")])
def test_formats_of_other_programs(sample, convert, said, kind, name):
    made = convert(sample, kind)
    assert [cell[:3] for cell in cells_of(made)] == [cell[:3] for cell in CELLS]
    assert said(name, made.read_bytes()) == [("D30", "", "A", name[2:], "")]


def test_an_ods_written_by_hand(tmp_path):
    rows = "".join(
        f"<table:table-row>{cells}</table:table-row>"
        for cells in (
            "<table:table-cell office:value-type='string'><text:p>编号</text:p></table:table-cell>" * 2,
            "<table:table-cell/><table:table-cell office:value-type='float' office:value='3'/>",
        )
    )
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body>'
            f'<office:spreadsheet><table:table table:name="甲">{rows}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    assert cells_of(path) == [(1, 1, "编号", "str"), (1, 2, "编号", "str"), (2, 2, "3", "float")]


def test_macros_are_not_run_and_mentioned(sample, said, tmp_path):
    out = tmp_path / "a.xlsm"
    shutil.copy(sample, out)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Auto_Open")
    assert cells_of(out) == CELLS
    assert said("a.xlsm", out.read_bytes()) == [("D30", "macros", "A", "", "")]
    assert said("b.xlsx", out.read_bytes()) == [("D30", "misnamed", "A", ".xlsx", "xlsm")]


def test_a_workbook_saved_by_openpyxl(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["编号", "名称"])
    book.active.append([1, "虚构学会"])
    book.save(tmp_path / "a.xlsx")
    assert cells_of(tmp_path / "a.xlsx") == CELLS[:4]


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"]
)
@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.tsv", "\t"), ("a.txt", ",")])
def test_text_in_each_encoding(tmp_path, said, codec, name, mark):
    rare = "㐂" if codec == "gb18030" else ""  # in GB18030 and not in GBK
    bom = "\ufeff" if codec in ("utf-16-le", "utf-16-be") else ""
    content = f"{bom}编号{mark}名称\r\n1{mark}虚构{rare}学会\r\n".encode(codec)
    converted = [("D28", "", "A", "GB18030", "")] if codec.startswith("gb") else []
    assert said(name, content) == converted
    (table,) = read([SourceFile("id", tmp_path / name, name)]).tables
    assert table.select("row", "c1", "c2").rows() == [(1, "编号", "名称"), (2, "1", f"虚构{rare}学会")]


def test_the_name_does_not_decide(sample, said, tmp_path):
    data = sample.read_bytes()
    for name, suffix in (("a.csv", ".csv"), ("a.xls", ".xls"), ("a", "-"), ("a.pdf", ".pdf")):
        assert said(name, data) == [("D30", "misnamed", "A", suffix, "xlsx")]
        assert cells_of(tmp_path / name) == CELLS
    text = "编号,名称\n1,虚构学会\n".encode()
    assert said("b.xlsx", text) == [("D30", "misnamed", "A", ".xlsx", "text")]
    (table,) = read([SourceFile("id", tmp_path / "b.xlsx", "b.xlsx")]).tables
    assert table.height == 2
    assert said("c.xls", text.decode().encode("gbk")) == [
        ("D28", "", "A", "GB18030", ""),
        ("D30", "misnamed", "A", ".xls", "text"),
    ]


REFUSED = {
    "empty.xlsx": (b"", "empty", ""),
    "blank.csv": (b" \r\n\r\n", "empty", ""),
    "zeros.xlsx": (b"\x00" * 5000, "empty", ""),
    "scan.pdf": (b"%PDF-1.7 ...", "scan", "PDF"),
    "scan.xlsx": (b"%PDF-1.7 ...", "scan", "PDF"),
    "photo.jpg": (JPEG, "scan", "JPEG"),
    "photo.csv": (PNG, "scan", "PNG"),
    "page.xls": (HTML.encode(), "page", ""),
    "page16.xls": (HTML.encode("utf-16"), "page", ""),
    "gbk.xls": (b"\r\n<TABLE>" + "编号".encode("gbk"), "page", ""),
    "mail.xls": (b"MIME-Version: 1.0\r\n", "page", ""),
    "flat.xls": (XML.encode(), "page", ""),
    "letter.docx": (package_with("word/document.xml"), "document", "Word"),
    "talk.xlsx": (package_with("ppt/presentation.xml"), "document", "PowerPoint"),
    "letter.xls": (ole_with("WordDocument"), "document", "Word"),
    "letter.rtf": (b"{\\rtf1 a}", "document", "RTF"),
    "secret.xlsx": (ole_with("EncryptedPackage"), "encrypted", ""),
    "broken.xls": (OLE, "damaged", ""),
    "broken.xlsx": (b"PK\x03\x04 no zip", "archive_damaged", ""),
    "nothing.xlsx": (package_with("xl/workbook.xml"), "damaged", ""),
    "other.rar": (b"Rar!\x1a\x07\x01\x00", "archive_kind", "RAR"),
    "other.7z": (b"7z\xbc\xaf\x27\x1c", "archive_kind", "7z"),
    "program.exe": (b"MZ\x90\x00\x03", "unknown", ""),
    "note.md": ("没有表格".encode(), "unknown", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_what_it_is(said, name):
    content, variant, a = REFUSED[name]
    ((code, found, verdict, found_a, b),) = said(name, content)
    assert (code, verdict) == ("D30", "R")
    # A zip cut short cannot tell whether it was a workbook.
    assert found == ("damaged" if variant == "archive_damaged" else variant)
    assert found_a == a
    for lang in ("zh", "en"):
        assert a in message(code, verdict, lang, found, a=found_a, b=b)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_password_of_an_opendocument(said, is_whole):
    """Older programs encipher each part and say so in the manifest, newer ones the package as a whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("encrypted-package" if is_whole else "content.xml", bytes(range(256)))
        entry = "" if is_whole else "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest>{entry}</manifest:manifest>")
    assert said("a.ods", out.getvalue()) == [("D30", "encrypted", "R", "", "")]


def test_every_refusal_is_a_row_of_the_ledger(judged, tmp_path):
    paths = []
    for k, (name, (content, _, _)) in enumerate(REFUSED.items()):
        paths.append(tmp_path / f"{k}_{name}")
        paths[-1].write_bytes(content + (str(k).encode() if content.strip(b" \x00\r\n") else b" " * k))
    result = judged(*paths)
    assert result.files["status"].to_list() == ["refused"] * len(paths)
    assert result.files["rows_read"].sum() == 0
    findings = result.findings.filter(pl.col("verdict") == "R")
    assert set(findings["code"]) == {"D30"}
    assert findings["file_id"].n_unique() == len(paths)
    assert not findings.filter(pl.col("message_zh").str.contains(r"[{}]")).height


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "gb18030"])
def test_the_turn_of_a_register_in_any_encoding(tmp_path, codec):
    path = tmp_path / "a.csv"
    path.write_text("统一社会信用代码,报告年度,学会名称,曾用名,登记状态\n1,2025,甲,,已登记\n", encoding=codec)
    assert turn_of(path) == Turn.SOCIETIES


def test_the_turn_of_a_register_in_ods(empty_book, society_row, convert):
    empty_book.plain("societies", society_row)
    path = empty_book.write("register.xlsx")
    assert turn_of(path) == Turn.SOCIETIES
    assert turn_of(convert(path, "ods")) == Turn.SOCIETIES
