"""Nothing personal leaves intake: not in facts, not in findings, not as a person's number."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

from data_contracts.coding import is_id_card
from models.intake.privacy import detect, masked

MOBILE = "13800138000"
FULL = str.maketrans("0123456789", "０１２３４５６７８９")


def id_card(serial=1):
    body = f"11010119900307{serial:03d}"
    return body + ric.calc_check_digit(body + "0")


ID_CARD = id_card()


def everything(result):
    frames = [result.rows, result.findings, result.files, *result.accepted.values()]
    return "\n".join(
        f.cast(pl.String, strict=False).write_csv() if not _nested(f) else str(f.to_dicts()) for f in frames
    )


def _nested(frame):
    return any(isinstance(t, pl.List) for t in frame.dtypes)


PLACES = [
    ("supervision_issues", "plan", "联系人身份证号{}"),
    ("education_sessions", "name", "报告会（{}）"),
    ("practice_nominations", "summary", "做法。\n联系人：{}。"),
    ("education_attendance", "person_key", "{}"),
    ("supervision_issues", "evidence", "材料 {}"),
]


@pytest.mark.parametrize(
    "number", [ID_CARD, ID_CARD.translate(FULL), MOBILE, MOBILE.translate(FULL), "138 0013 8000"]
)
@pytest.mark.parametrize("place", PLACES, ids=lambda p: p[1])
def test_personal_numbers_quarantine_the_row_and_are_stored_nowhere(book, judged, rows, place, number):
    family, field, text = place
    sheet = book.table(family, {**rows[family], field: text.format(number)})
    result = judged(book)
    found = result.findings.filter(pl.col("code") == "D38").to_dicts()
    assert [(f["sheet"], f["row"], f["field"], f["verdict"]) for f in found] == [(sheet, 7, field, "Q")]
    assert result.accepted[family].is_empty()
    told = everything(result)
    for raw in (number, ID_CARD, MOBILE, ID_CARD[4:14], MOBILE[3:7] + MOBILE[7:]):
        assert raw not in told


def test_a_column_nobody_asked_for_is_looked_at_too(book, judged):
    sheet = "表3宣讲教育"
    book.sheets[sheet] |= {(5, 40): "联系人手机", (7, 40): MOBILE}
    result = judged(book)
    assert result.findings.filter(pl.col("code") == "D38").select("row", "col").rows() == [(7, 40)]
    assert MOBILE not in everything(result)


def test_a_personal_number_on_the_cover(book, judged):
    book.cover(填报单位=f"虚构甲学科学会 {MOBILE}")
    result = judged(book)
    assert result.accepted["annual_reports"].is_empty()
    assert MOBILE not in everything(result)


def test_personal_numbers_in_the_names_of_sheets_are_stored_nowhere(book, judged):
    cells = book.sheets.pop("表3宣讲教育")
    other = "13899138000"
    book.sheets |= {f"宣讲 {MOBILE}": cells, f"宣讲 {other}": cells}
    result = judged(book)
    told = everything(result)
    assert MOBILE not in told and other not in told and "宣讲 138****8000" in told
    # Names that masking makes alike stay apart, and every row of both is kept.
    rows = result.rows.filter(pl.col("sheet").str.starts_with("宣讲"))
    assert rows["sheet"].unique().len() == 2
    assert result.rows["row_id"].drop_nulls().is_unique().all()


def test_notes_are_quoted_without_their_numbers(book, judged, rows):
    first = rows["education_sessions"]
    sheet = book.table("education_sessions", first, {**first, "session_id": "S02", "name": "另一场报告会"})
    cells = {(r + 1 if r >= 8 else r, c): v for (r, c), v in book.sheets[sheet].items()}
    book.sheets[sheet] = cells | {(8, 1): f"说明：联系{MOBILE}"}
    result = judged(book)
    assert result.findings["value"].to_list() == ["说明：联系138****8000"]
    assert MOBILE not in everything(result)


def test_person_numbers_are_hashed_under_the_salt(book, judged):
    key = judged(book).accepted["education_attendance"]["person_key"][0]
    assert len(key) == 64
    assert judged(book).accepted["education_attendance"]["person_key"][0] == key
    assert judged(book, salt=b"x" * 32).accepted["education_attendance"]["person_key"][0] != key


def test_findings_about_person_numbers_do_not_quote_them(book, judged, rows):
    book.table("education_attendance", {**rows["education_attendance"], "person_key": " Ｐ000123 "})
    result = judged(book)
    assert set(result.findings["code"]) == {"D04", "D05"}
    told = everything(result)
    assert "P000123" not in told and "Ｐ000123" not in told


def test_what_only_looks_personal_is_left_alone(book, judged, rows):
    wrong = ID_CARD[:-1] + ("0" if ID_CARD[-1] != "0" else "1")
    hashed = "1a" + MOBILE + "f" * 51
    row = {
        **rows["documents"],
        "title": f"文件{wrong}",
        "url": f"https://example.org/{MOBILE}.html",
        "doc_sha256": hashed,
    }
    book.table("documents", row)
    assert judged(book).accepted["documents"].height == 1


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=8), st.integers(0, 999), st.text(max_size=8))
def test_masking_leaves_no_number(before, serial, after):
    text = pl.DataFrame({"t": [f"{before}{id_card(serial)}{after}", f"{before}{MOBILE}{after}"]})
    for shown in text.select(masked(pl.col("t")))["t"]:
        assert id_card(serial) not in shown
        assert MOBILE not in shown
    assert is_id_card(id_card(serial))


def test_detection_says_which():
    kinds = detect(pl.Series([f"证{ID_CARD}", f"电话{MOBILE}", "86", None])).sort("kind")["kind"].to_list()
    assert kinds == ["id", "mobile"]
