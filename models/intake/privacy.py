"""Personal information: find it, mask it, and turn person numbers into keys that name nobody."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

import polars as pl

from data_contracts.coding import advise_uscc, is_id_card
from data_contracts.contract import load_contracts
from models.intake import persons
from models.intake.frames import as_findings
from models.intake.headers import FULL_WIDTH, HALF_WIDTH
from models.intake.widening import Answers
from models.visible import UNSEEN

# Digits may be parted by single spaces or hyphens, as people write numbers down.
_GAP = r"[ \-]?"
_ID_CARD = rf"([1-9]\d{{5}}{_GAP}(?:18|19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]){_GAP}\d{{3}}[0-9Xx])"
_MOBILE = rf"(1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}})"
# A longer run of letters or digits is some other number: a hash, a document id, a part of an address.
_APART = ("(?:^|[^0-9A-Za-z/_])", "(?:[^0-9A-Za-z]|$)")
# For masking, wider: full-width digits too (\d is any script's digit), and wrong check characters.
_ANY_GAP = r"[ \-\u{3000}－]?"
_ANY_ID_CARD = rf"(\d{{4}})\d{{2}}{_ANY_GAP}(?:[1１][89８９]|[2２][0０])\d{{6}}{_ANY_GAP}(\d{{2}}[\dXxＸｘ])"
_ANY_MOBILE = rf"([1１][3-9３-９]\d){_ANY_GAP}\d{{4}}{_ANY_GAP}(\d{{4}})"
# Wider still, for single texts that go into a record: between any two digits signs that are not seen, between
# the groups one that parts them.
_UNSEEN = f"(?:{UNSEEN.pattern}|[\u200b-\u200d\u2060\ufeff])*"
_ANY_PART = rf"{_UNSEEN}[ \-_.·/\u3000－]?{_UNSEEN}"


def _typed(first: str, *groups: str) -> re.Pattern[str]:
    """A number of digit classes in groups: all but the ends of the first and the last is to be masked."""
    head, *middle, tail = (_UNSEEN.join(re.findall(r"\[.*?\]|\\d", one)) for one in groups)
    parts = [f"({first}{head})", *middle, f"({tail})"]
    return re.compile(rf"(?<!\d){_ANY_PART.join(parts)}(?!\d)")


_TYPED_MOBILE = _typed(rf"(?:[8８][6６]{_ANY_PART})?", r"[1１][3-9３-９]\d", r"\d\d\d\d", r"\d\d\d\d")
_TYPED_ID_CARD = _typed(
    "", r"[1-8１-８]\d\d\d", r"\d\d", r"[12１２][089０８９]\d\d[01０１]\d[0-3０-３]\d", r"\d\d\d[\dXxＸｘ]"
)
_TYPED_OLD_CARD = _typed("", r"[1-8１-８]\d\d\d", r"\d\d", r"\d\d[01０１]\d[0-3０-３]", r"\d\d\d\d")
# The head of a sha256, which may hold such a run of digits by chance.
_HASH = re.compile(r"(?=\d*[a-f])[0-9a-f]{16}")
_KINDS = {
    "id": ("身份证号", "identity card number"),
    "mobile": ("手机号", "mobile number"),
    "name": ("姓名", "name of a person"),
    "titled": ("姓名", "name of a person"),
    "mail": ("个人邮箱", "private mail address"),
}
HIDDEN_KEY = "***"
MOBILE_DIGITS = 11


def masked(text: pl.Expr) -> pl.Expr:
    """The text with the middle of identity card and mobile numbers replaced (1990****321)."""
    return text.str.replace_all(_ANY_ID_CARD, "${1}****${2}").str.replace_all(_ANY_MOBILE, "${1}****${2}")


def detect(texts: pl.Series) -> pl.DataFrame:
    """Which distinct texts hold personal information: text, kind (see `_KINDS`), hidden (masked).

    An identity card number counts if its check character is right, one of 15 digits beside the words for
    it; a mobile number by its shape; names and addresses as persons.yaml says.
    """
    half = pl.col("text").str.replace_many(list(FULL_WIDTH), list(HALF_WIDTH))
    digits = pl.DataFrame({"text": texts.drop_nulls().unique()}).with_columns(half=half)
    # Most texts are short or hold few digits: one cheap look first.
    likely = digits.filter(pl.col("half").str.count_matches(r"\d") >= 11)
    found = likely.select(
        "text",
        "half",
        ids=pl.col("half").str.extract(_APART[0] + _ID_CARD + _APART[1]),
        mobile=pl.col("half").str.extract(_APART[0] + _MOBILE + _APART[1]),
    )
    numbers = found["ids"].drop_nulls().unique().to_list()
    valid = [n for n in numbers if is_id_card(n.replace(" ", "").replace("-", ""))]
    kind = (
        pl.when(pl.col("ids").is_in(valid))
        .then(pl.lit("id"))
        .when(pl.col("mobile").is_not_null())
        .then(pl.lit("mobile"))
    )
    numbered = found.select("text", "half", kind=kind).drop_nulls("kind")
    # Names and addresses stand among words: figures and keys need no second look.
    worded = digits.filter(pl.col("half").str.contains(r"[\p{Han}@]"))
    others = persons.find(worded.join(numbered, on="text", how="anti", maintain_order="left"))
    hidden = persons.hide(masked(pl.col("half")), with_names=True)
    return pl.concat(
        [numbered.select("text", "kind", hidden=hidden), others.with_columns(masked(pl.col("hidden")))]
    )


def hide_numbers(names: Sequence[str]) -> list[str]:
    """Names of files, identity card and mobile numbers in them masked: names are kept and shown."""
    told = pl.DataFrame({"text": names}, schema={"text": pl.String})
    # Most are short, or hold a credit code and nothing else.
    long = told.filter(pl.col("text").str.count_matches(r"\d") >= MOBILE_DIGITS)
    if long.is_empty():
        return list(names)
    # In a name a line below or a stroke parts words, unlike in an address.
    parted = pl.col("text").str.replace_all("[_/]", " ")
    numbered = detect(long.select(parted)["text"]).filter(pl.col("kind").is_in(["id", "mobile"]))["text"]
    is_numbered = parted.is_in(numbered.implode())
    return told.select(pl.when(is_numbered).then(masked(pl.col("text"))).otherwise("text"))["text"].to_list()


def hide_any_number(text: str) -> str:
    """What somebody typed, for a record that is never altered: masked wherever a number may be a person's.

    Wider than `hide_numbers`: beside letters, after the code of the country, with a wrong check character,
    of 15 digits, parted by any sign or by one that is not seen. A longer run of digits is another number,
    so most credit codes stay; a sound one that stands alone stays in any case, as does the head of a hash.
    """
    if advise_uscc(text) is None or _HASH.fullmatch(text):
        return text
    for pattern in (_TYPED_ID_CARD, _TYPED_OLD_CARD, _TYPED_MOBILE):
        text = pattern.sub(r"\1****\2", text)
    return text


def find_personal(answers: Answers) -> pl.DataFrame:
    """D38 for every text of a data row or a cover field, in mapped columns or not.

    Credit codes and figures are left out: neither is text.
    """
    texts = [
        answers.loose["text"],
        answers.cover.select(pl.col(pl.String)).drop("file_id").unpivot()["value"],
    ]
    columns: list[pl.DataFrame] = []
    for name, frame in answers.wide.items():
        for f in load_contracts()[name].fields:
            if f.kind in ("string", "array") and f.format != "uscc" and not f.enum:
                column = frame.select("sheet_no", "row", field=pl.lit(f.name), text=f.name).drop_nulls("text")
                if column.height:
                    columns.append(column.with_columns(family=pl.lit(name)))
                    texts.append(column["text"].unique())
    personal = detect(pl.concat([t.cast(pl.String) for t in texts]))
    if personal.is_empty():
        return as_findings(pl.DataFrame(schema={"sheet_no": pl.UInt32}), code="D38", verdict="Q")
    places = [
        c.join(personal, on="text").select("sheet_no", "row", "family", "field", "text", "kind", "hidden")
        for c in columns
    ]
    loose = answers.loose.join(personal, on="text").select("sheet_no", "row", "col", "text", "kind", "hidden")
    cover = (
        answers.cover.unpivot(index=["file_id", "sheet_no"], variable_name="field", value_name="text")
        .filter(pl.col("field") != "society_id")
        .join(personal, on="text")
        .select(
            "sheet_no", "field", "text", "kind", "hidden", row=pl.lit(0, pl.Int64), family=pl.lit("cover")
        )
    )
    # A form of address tells a party only where parties are spoken of.
    of_cases = pl.col("family").is_in(persons.said()["title_families"]).fill_null(False)
    found = pl.concat([*places, loose, cover], how="diagonal").filter((pl.col("kind") != "titled") | of_cases)
    told = found.with_columns(
        value=pl.col("hidden"),
        a=pl.col("kind").replace_strict({k: v[0] for k, v in _KINDS.items()}),
        b=pl.col("kind").replace_strict({k: v[1] for k, v in _KINDS.items()}),
    )
    return as_findings(told.with_columns(value=masked(pl.col("value"))), code="D38", verdict="Q")


def _is_personal(text: pl.Expr) -> pl.Expr:
    half = text.str.replace_many(list(FULL_WIDTH), list(HALF_WIDTH))
    return half.str.contains(_APART[0] + _ID_CARD + _APART[1]) | half.str.contains(
        _APART[0] + _MOBILE + _APART[1]
    )


def hide(findings: pl.DataFrame) -> pl.DataFrame:
    """Mask what findings quote; of person numbers nothing is quoted at all.

    Credit codes are quoted whole, unless what stands in their place is a personal number.
    """
    hashed = [(n, f.name) for n, c in load_contracts().items() for f in c.fields if f.transform == "hmac"]
    coded = sorted({f.name for c in load_contracts().values() for f in c.fields if f.format == "uscc"})
    is_key = pl.any_horizontal(
        *((pl.col("family") == n) & (pl.col("field") == f) for n, f in hashed), pl.lit(False)
    ).fill_null(False)
    is_code = pl.col("field").is_in(coded).fill_null(False)
    names = ("value", "repaired", "a", "b", "c", "d")
    # Of a cell with personal information nothing else is quoted: a name is hidden by no pattern.
    cell = ["sheet_no", "row", "field", "col"]
    personal = findings.filter(pl.col("code") == "D38").select(cell).unique()
    findings = findings.join(
        personal.with_columns(is_personal=True), on=cell, how="left", nulls_equal=True, maintain_order="left"
    )
    told_of = pl.col("is_personal").fill_null(False) & (pl.col("code") != "D38")
    findings = findings.with_columns(
        pl.when(told_of & pl.col(n).is_not_null()).then(pl.lit(HIDDEN_KEY)).otherwise(n).alias(n)
        for n in names
    ).drop("is_personal")
    return findings.with_columns(
        pl.when(is_code & ~_is_personal(pl.col(n))).then(pl.col(n))
        .when(is_key & pl.col(n).is_not_null() & pl.lit(n in ("value", "repaired"))).then(pl.lit(HIDDEN_KEY))
        .otherwise(masked(pl.col(n))).alias(n)
        for n in names
    )  # fmt: skip


def hash_keys(typed: pl.DataFrame, family: str, salt: bytes) -> pl.DataFrame:
    """Replace person numbers by HMAC-SHA256 under the salt; each distinct number is hashed once."""
    for f in load_contracts()[family].fields:
        if f.transform != "hmac":
            continue
        numbers = typed[f.name].drop_nulls().unique()
        keys = [hmac.digest(salt, n.encode(), hashlib.sha256).hex() for n in numbers]
        lookup = pl.DataFrame(
            {f.name: numbers, "hashed": keys}, schema={f.name: pl.String, "hashed": pl.String}
        )
        typed = (
            typed.join(lookup, on=f.name, how="left", maintain_order="left")
            .with_columns(pl.col("hashed").alias(f.name))
            .drop("hashed")
        )
    return typed
