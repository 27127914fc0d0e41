"""Bombs and monsters cost a message, little memory and little time; a good file beside them is read."""

import io
import json
import struct
import subprocess
import time
import zipfile

import pytest

from models.errors import FengqingError
from models.intake import confined
from models.intake.frames import Limits, SourceFile
from models.intake.reading import read

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
RELATION = f'<Relationship Id="rId{{0}}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{{0}}.xml"/>'
ROOT = RELATIONS.format(f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>')
SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def package(sheets, strings="", names=None, method=zipfile.ZIP_DEFLATED):
    """A bare xlsx: XML of the rows of each sheet."""
    names = names or [f"s{n}" for n in range(1, len(sheets) + 1)]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{min(n, len(sheets))}"/>'
        for n, name in enumerate(names, start=1)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", ROOT)
        archive.writestr(
            "xl/workbook.xml", f'<workbook {SPACE} xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            RELATIONS.format("".join(RELATION.format(n + 1) for n in range(len(sheets)))),
        )
        if strings:
            archive.writestr("xl/sharedStrings.xml", f"<sst {SPACE}>{strings}</sst>")
        for n, rows in enumerate(sheets, start=1):
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f"<worksheet {SPACE}><sheetData>{rows}</sheetData></worksheet>",
            )
    return out.getvalue()


def cell(address, value="1", row=None):
    number = row or "".join(c for c in address if c.isdigit())
    return f'<row r="{number}"><c r="{address}"><v>{value}</v></c></row>'


@pytest.fixture
def verdict(tmp_path):
    def of(data, limits=None, name="bomb.xlsx"):
        path = tmp_path / name
        path.write_bytes(data)
        grid = read([SourceFile(name, path, name)], limits)
        if not grid.refused:
            return grid
        assert grid.cells.is_empty()
        (found,) = grid.findings.select("code", "variant", "verdict").rows()
        return found

    return of


def test_the_bare_package_is_a_workbook(verdict):
    grid = verdict(package([cell("A1") + cell("B2", "7")]))
    assert grid.cells.select("row", "col").rows() == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    "rows",
    [
        cell("A1") + cell("XFD1048576"),
        cell("XFD1048576") + cell("A1"),
        (cell("A1") + cell("XFD1048576")).replace('"', "'"),
        (cell("A1") + cell("XFD1048576")).replace("r=", "r = "),
        cell("A1") + cell("XFD1048576").replace('r="1048576"', 'r="&#49;048576"'),
    ],
    ids=["plain", "reversed", "single quotes", "spaces", "entities"],
)
def test_two_cells_as_far_apart_as_can_be(verdict, rows):
    assert verdict(package([rows]))[:2] in [("S13", "memory"), ("S13", "cells"), ("D30", "sheet")]


def test_a_rectangle_without_addresses(verdict):
    rows = "<row>" + "<c><v>1</v></c>" * 2_000 + "</row>" + "<row/>" * 900_000 + "<row><c><v>1</v></c></row>"
    assert verdict(package([rows])) == ("S13", "memory", "R")


def test_a_far_sheet_in_an_unusual_part(verdict):
    data = package([cell("A1") + cell("XFD1048576")])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            name = part.replace("worksheets/sheet1.xml", "other/one.xml")
            new.writestr(name, old.read(part).replace(b"worksheets/sheet1.xml", b"other/one.xml"))
    assert verdict(out.getvalue())[0] == "S13"


@pytest.mark.parametrize("again", ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml~"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_was_looked_at_is_what_is_read(verdict, again):
    """A far sheet, and a near one under its name or one that ends in NUL, at which one reader stops."""
    out = io.BytesIO(package([cell("A1") + cell("XFD1048576")]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        near = package([cell("A1") + cell("B2", "7")])
        archive.writestr(again, zipfile.ZipFile(io.BytesIO(near)).read("xl/worksheets/sheet1.xml"))
    grid = verdict(out.getvalue().replace(b"sheet1.xml~", b"sheet1.xml\0"))
    assert grid.cells.select("row", "col").rows() == [(1, 1), (2, 2)]


def test_cells_styled_to_the_end_of_the_sheet_are_harmless(verdict):
    grid = verdict(package([cell("A1") + '<row r="1048576"><c r="XFD1048576" s="0"/></row>']))
    assert grid.cells.height == 1


def test_a_huge_declared_dimension_is_not_believed(verdict):
    data = package([cell("A1")])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            new.writestr(
                part, old.read(part).replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
            )
    assert verdict(out.getvalue()).cells.height == 1


def test_one_long_text_in_very_many_cells(verdict):
    rows = "".join(f'<row r="{r}">' + '<c t="s"><v>0</v></c>' * 200 + "</row>" for r in range(1, 200))
    data = package([rows], strings="<si><t>" + "字" * 100_000 + "</t></si>")
    assert len(data) < 20_000
    assert verdict(data) == ("S13", "memory", "R")


def test_cells_repeated_until_they_swell(verdict):
    row = "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>"
    data = package([row * 320])
    assert len(data) < 500_000
    assert verdict(data)[0] == "S13"


def test_a_million_sheets(verdict):
    names = ["x" * (n % 20 + 1) for n in range(1_000_000)]
    assert verdict(package([cell("A1")], names=names), Limits(compression_ratio=10_000)) == (
        "S13", "sheets", "R",
    )  # fmt: skip
    assert verdict(package([cell("A1")], names=names[:300])) == ("S13", "sheets", "R")


def test_a_million_parts(verdict):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    small = out.getvalue()
    start = small.find(b"PK\x01\x02")
    entry = small[start : small.find(b"PK\x01\x02", start + 4)]
    entries = entry * 1_000_000
    numbers = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(entries), start, 0)
    data = small[:start] + entries + numbers
    before = time.perf_counter()
    assert verdict(data) == ("S13", "parts", "R")
    assert time.perf_counter() - before < 2


def test_a_directory_that_lies_about_a_size(verdict):
    data = bytearray(package([cell("A1") + cell("B2") * 50_000]))
    # The size after unpacking stands at 24 in the directory and at 22 in the local header.
    for magic, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = data.rfind(magic)
        struct.pack_into("<L", data, place + at, 300)
    assert verdict(bytes(data)) == ("D30", "damaged", "R")


def ods(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body>'
            f'<office:spreadsheet><table:table table:name="a">{content}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return out.getvalue()


def test_an_ods_that_repeats_its_cells(verdict):
    repeated = (
        '<table:table-row table:number-rows-repeated="100000"><table:table-cell '
        'table:number-columns-repeated="1000" office:value-type="float" office:value="1"/></table:table-row>'
    )
    assert verdict(ods(repeated), name="bomb.ods")[0] == "S13"


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(workbook_bytes=10), ("S13", "", "R")),
        (Limits(file_bytes=10), ("S13", "", "R")),
        (Limits(parts=2), ("S13", "parts", "R")),
        (Limits(rows_a_sheet=5), ("S13", "rows", "R")),
        (Limits(cells_a_sheet=20), ("S13", "cells", "R")),
        (Limits(cells_a_workbook=70), ("S13", "cells", "R")),
        (Limits(sheets=1), ("S13", "sheets", "R")),
        (Limits(unpacked_bytes=100), ("S13", "", "R")),
        (Limits(part_bytes=100), ("S13", "", "R")),
    ],
)
def test_each_limit_of_a_workbook(verdict, limits, expected):
    rows = "".join(f'<row r="{r}">' + "<c><v>1</v></c>" * 5 + "</row>" for r in range(1, 9))
    assert verdict(package([rows, rows]), limits) == expected
    assert verdict(package([rows, rows])).cells.height == 80


def test_rows_of_a_text(verdict):
    assert verdict(b"a,b\n" * 20, Limits(rows_a_text=10), "a.csv") == ("S13", "rows", "R")


def test_time_runs_out_and_the_next_file_is_read(verdict):
    rows = "".join(f'<row r="{r}">' + "<c><v>1</v></c>" * 50 + "</row>" for r in range(1, 20_000))
    data = package([rows])
    assert verdict(data, Limits(confined_seconds=0)) == ("S13", "time", "R")
    assert verdict(data).cells.height == 50 * 19_999


def test_the_process_may_die_between_two_files(verdict):
    one = '<table:table-cell office:value-type="float" office:value="7"/>'
    data = ods(f"<table:table-row>{one}</table:table-row>")
    assert verdict(data, name="a.ods").cells.height == 1
    process = confined._WORKER._process
    assert isinstance(process, subprocess.Popen)
    process.kill()
    process.wait()
    assert verdict(data, name="a.ods").cells.height == 1


def test_large_and_small_are_read_alike(verdict):
    rows = "".join(cell(f"A{r}", r) for r in range(1, 40)) + (
        '<row r="40" hidden="1"><c r="A40" t="e"><v>#DIV/0!</v></c></row>'
    )
    data = package([rows])
    here, there = verdict(data), verdict(data, Limits(trusted_bytes=1))
    assert here.cells.equals(there.cells)
    assert here.values.equals(there.values)
    assert here.hidden.equals(there.hidden)
    assert here.hidden.height == 1
    assert "#DIV/0!" in here.values["text"].to_list()


def test_hostile_xml_takes_no_time_without_end(verdict):
    rows = '<row r="1"><c t="e" ' + 't="e" ' * 200_000
    before = time.perf_counter()
    assert verdict(package([rows]))[0] == "D30"
    assert time.perf_counter() - before < 3


def test_limits_from_the_environment(monkeypatch):
    monkeypatch.setenv("FENGQING_LIMITS", json.dumps({"sheets": 7}))
    assert Limits().sheets == 7
    assert Limits(sheets=3).sheets == 3
    assert Limits().members == 5_000
    for wrong in ('{"sheet": 7}', '{"sheets": "7"}', "[]", "{", '{"sheets": -1}'):
        monkeypatch.setenv("FENGQING_LIMITS", wrong)
        with pytest.raises(FengqingError) as caught:
            Limits()
        assert caught.value.code == "limits_invalid"
