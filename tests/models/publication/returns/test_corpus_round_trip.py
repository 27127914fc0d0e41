"""Every returned workbook of the corpus: mended in its marked cells, and in no other, it is accepted."""

import importlib.util
import sys
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from data_contracts.contract import load_contract
from data_contracts.layout import header_text, table_fields
from models.intake.check import check
from models.publication.returns import write_return
from models.publication.returns.styles import MARK_COLOUR

TODAY = date(2026, 6, 1)
CORPUS = Path(__file__).parents[3] / "corpus"
LIST = "退回补正清单"
WRITE = "本单元格应填："
# What the sender cannot know from the workbook: the sound report, whose cells the mender copies.
FAULTS = ("set", "cover", "headers", "cells")


def _builder():
    spec = importlib.util.spec_from_file_location("corpus_build_returns", CORPUS / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


build = _builder()
RETURNED = [
    c for c in build.cases()
    if c.verdict == "R" and not {"files", "hex", "text", "ingest"} & set(c.spec) and ".xlsx" not in c.spec
]  # fmt: skip
# Set aside, and still mended where they are marked.
SET_ASIDE = [c for c in build.cases() if c.verdict == "Q" and c.code in ("D08", "D26", "D38")]
NO_WORKBOOK = [c for c in build.cases() if c.verdict == "R" and {"hex", "text"} & set(c.spec)]


def sound(case):
    """The case without its fault."""
    kept = {k: v for k, v in case.spec.items() if k not in FAULTS}
    return build.Case(case.code, case.number, kept)


@pytest.fixture(scope="module")
def rounds(tmp_path_factory):
    """By case: the file sent back, its first report, the report once mended, and that of the sound file."""
    folder = tmp_path_factory.mktemp("rounds")
    mendable = [*RETURNED, *SET_ASIDE]
    sent = {c.name: build.write(c, folder / "sent")[0] for c in [*mendable, *NO_WORKBOOK]}
    good = {c.name: build.write(sound(c), folder / "good")[0] for c in mendable}
    first = judged(sent)
    back = {}
    for name, report in first.items():
        found = pl.DataFrame(report.findings, infer_schema_length=None)
        back[name] = write_return(report.path, found, folder / "back" / name)
    mended = {}
    for case in mendable:
        mended[case.name] = folder / "mended" / case.name / "report.xlsx"
        mended[case.name].parent.mkdir(parents=True)
        mend(back[case.name], good[case.name], mended[case.name])
    return back, first, judged(mended), judged(good)


def judged(paths):
    """Reports by case. Cases share their society at times, so like files are judged apart."""
    return dict(zip(paths, check(list(paths.values()), today=TODAY), strict=True))


def marked(book):
    return {
        (page.title, cell.row, cell.column)
        for page in book
        if page.title != LIST
        for line in page.iter_rows()
        for cell in line
        if cell.fill.fgColor.rgb == MARK_COLOUR
    }


def mend(path, good, target):
    """Write into each marked cell what the sound report has there, or what the comment says belongs there."""
    book, right = openpyxl.load_workbook(path), openpyxl.load_workbook(good)
    added = {}
    for title, row, col in sorted(marked(book)):
        cell, sent = book[title].cell(row, col), right[title]
        assert cell.comment is not None and "整改要求：" in cell.comment.text
        header = cell.comment.text.partition(WRITE)[2].split("\n")[0]
        if header:
            cell.value = header
            bare = header.split("（")[0]
            heads = (c for line in sent.iter_rows(max_row=6) for c in line)
            added[title, col] = next(c.column for c in heads if c.value == bare)
        else:
            cell.value = sent.cell(row, added.get((title, col), col)).value
    book.save(target)


@pytest.mark.parametrize("case", [*RETURNED, *SET_ASIDE], ids=lambda c: c.name)
def test_mended_where_marked_it_is_accepted(case, rounds):
    _, first, mended, good = (part.get(case.name) for part in rounds)
    assert not first.is_clean
    assert mended.is_clean, [f["message_zh"] for f in mended.findings if f["verdict"] in "RQ"]
    assert mended.rows["accepted"] == good.rows["accepted"] > 0


@pytest.mark.parametrize("case", NO_WORKBOOK, ids=lambda c: c.name)
def test_where_nothing_can_be_marked_there_is_a_list(case, rounds):
    back, report, *_ = (part.get(case.name) for part in rounds)
    book = openpyxl.load_workbook(back)
    assert book.sheetnames == [LIST, "说明"]
    said = {line[4].value for line in book[LIST].iter_rows(min_row=2)}
    assert said and said <= {f["message_zh"] for f in report.findings if f["verdict"] == "R"}


def test_a_rule_marks_every_cell_it_relates(rounds):
    """The comment of each says what must hold and what stands where; the list has one line for the fault."""
    case = next(c for c in RETURNED if c.code == "D24" and "youth_participation" in c.spec["set"])
    book = openpyxl.load_workbook(rounds[0][case.name])
    cells = sorted(marked(book))
    assert len(cells) == 5
    for title, row, col in cells:
        text = book[title].cell(row, col).comment.text
        assert "各年龄段青年人数之和不得大于“总人数”" in text
        assert "“32岁及以下”60" in text and "“总人数”64" in text
    assert [line[2].value for line in book[LIST].iter_rows(min_row=4)] == [
        "32岁及以下、33至35岁、36至40岁、41至45岁、总人数"
    ]


def test_a_destroyed_header_says_what_belongs_in_each_cell(rounds):
    case = next(c for c in RETURNED if c.code == "D01" and "列名都改了" in c.spec["why"])
    book = openpyxl.load_workbook(rounds[0][case.name])
    cells = sorted(marked(book))
    assert {row for _, row, _ in cells} == {6}
    due = [book[t].cell(r, c).comment.text.partition(WRITE)[2].split("\n")[0] for t, r, c in cells]
    fields = table_fields(load_contract("youth_participation"))
    assert due == [header_text(f) for f in fields]
