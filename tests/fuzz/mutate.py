"""Spoil files in the ways that transport, office programs, clerks and attackers do, from a seed."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.contract import load_contracts

Random = random.Random
Parts = dict[str, bytes]

HEADERS = sorted({h for c in load_contracts().values() for f in c.fields for h in f.headers})
SHEETS = ("", "Sheet1", "封面", "表3宣讲教育", "👍", "x" * 300, "a/b", "&amp;&lt;", "csv", "\u202e")
PLACES = ("A1", "XFD1048576", "ZZZZ9", "A0", "B1048576", "AAA5", "9", "", "C7", "a7")
AREAS = ("A1:Z99", "A7:A9", "C3:A1", "x", "A1:XFD1048576")
SHARED = "xl/sharedStrings.xml"
ODD_TEXTS = (
    "", " ", "\u3000", "\u200b", "\ufeff", "\u202e反转", "e\u0301", "𠮷野家", "👩‍👩‍👧‍👦",

    "ＡＢＣ１２３", "\x1f", "\x02", "\x02 5", "a\x1fb", "=1+1", "=cmd|' /C calc'!A0", "@SUM(1)",
    "不适用", "未统计", "是", "合计", "填表说明：",
    "单位：万元", "NaN",
    "inf", "-inf", "1e999", "-0", "0x1F", "1,234,567", "１２．５", "三百", "12人", "50%", "1/0", "2025-02-30",
    "0000-00-00", "9999-12-31", "2025年13月", "昨天", "45000", "-45000", "1900-02-29", "2025.1.1",
    "20251301", "'123",
    "#REF!", "#DIV/0!", "9" * 400, "１" * 40, "、、、", "A、A、A", "，；;/", "{a}", "{zh}", "%s", "\\", "\"",
    "<b>", "]]>",
    "𝟙𝟚𝟛", "٣٤٥", "²", "½", "Ⅻ", "長" * 5000, "\n\n\n", "\t", "null", "None", "表1", "51990000900000014W",
)  # fmt: skip
ODD_NUMBERS = (
    "1E308", "-1E308", "1E400", "NaN", "INF", "-0", "0.1", "-1", "99999999999999999999", "1E-320", "2958466",
    "-693594", "3000000", "60", "1e", "", "１", "1,5", "9007199254740993", "0.30000000000000004",
    "45000.9999999",
)  # fmt: skip
CODECS = (
    "utf-8",
    "utf-8-sig",
    "gbk",
    "gb18030",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "big5",
    "cp932",
)
# Numbers with right check characters that belong to nobody: sequence codes of a region that does not exist.
ID_STEM, ID_WEIGHTS, ID_CHECKS = (
    "999999",
    (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2),
    "10X98765432",
)


@dataclass(frozen=True)
class Mutant:
    """One spoilt file: its bytes and name, how it was spoilt, and the personal numbers put into it."""

    number: int
    content: bytes
    name: str
    how: str
    personal: tuple[str, ...] = ()


def mutants(originals: Sequence[Path], n: int, seed: int) -> Iterator[Mutant]:
    """`n` mutants of the files, each depending on the seed and its number only; one to three changes each."""
    sources = [(path.name, path.read_bytes()) for path in sorted(originals)]
    for number in range(n):
        rng = Random(f"{seed}/{number}")
        name, content = rng.choice(sources)
        done: list[str] = []
        personal: list[str] = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            how, content, name = _mutate(content, name, rng, personal)
            done.append(how)
        yield Mutant(number, content, f"{number:05}_{name}", "+".join(done), tuple(personal))


def _mutate(content: bytes, name: str, rng: Random, personal: list[str]) -> tuple[str, bytes, str]:
    kind = rng.random()
    if kind < 0.15:
        change = rng.choice(BYTES)
        return change.__name__, change(content, rng), name
    if kind < 0.18:
        return (
            "suffix",
            content,
            Path(name).stem + rng.choice((".xlsx", ".csv", ".xls", ".txt", ".PDF", "", ".et")),
        )
    parts = _parts(content)
    if parts:
        zipped = rng.choice(ZIPPED)
        return zipped.__name__, zipped(parts, rng, personal), name
    if content.startswith(b"PK"):
        return "flip", flip(content, rng), name
    change_text = rng.choice(TEXTS)
    return change_text.__name__, change_text(content, rng, personal), name


# Bytes


def flip(content: bytes, rng: Random) -> bytes:
    data = bytearray(content)
    for _ in range(rng.randint(1, 20)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def truncate(content: bytes, rng: Random) -> bytes:
    return content[: rng.randint(0, len(content))]


def behead(content: bytes, rng: Random) -> bytes:
    return content[rng.randint(0, min(200, len(content))) :]


def splice(content: bytes, rng: Random) -> bytes:
    start, stop = sorted(rng.randint(0, len(content)) for _ in range(2))
    middle = content[start:stop]
    return content[:start] + rng.choice((b"", middle * 2, middle[::-1], bytes(len(middle)))) + content[stop:]


def append(content: bytes, rng: Random) -> bytes:
    return content + rng.choice((rng.randbytes(500), b"\0" * 500, content, b"PK\x05\x06", b"%PDF-1.7"))


def prefix(content: bytes, rng: Random) -> bytes:
    return (
        rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\n", b"%PDF", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
        + content
    )


BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (flip, truncate, behead, splice, append, prefix)

# Zip members


def _parts(content: bytes) -> Parts:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {p.filename: archive.read(p) for p in archive.infolist()}
    except Exception:  # what was spoilt before: then only its bytes can be spoilt further
        return {}


def _packed(
    parts: Parts, extra: Sequence[tuple[str, bytes]] = (), method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in [*parts.items(), *extra]:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, compress_type=method)
    return out.getvalue()


def _pick(parts: Parts, rng: Random, of: str = "") -> str:
    return rng.choice(sorted(p for p in parts if of in p) or sorted(parts))


def drop_member(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    del parts[_pick(parts, rng)]
    return _packed(parts)


def rename_member(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    old = _pick(parts, rng)
    parts[rng.choice(("../../x.xml", "/etc/x", old.upper(), "xl\\a.xml", "学会.xml", "a" * 300))] = parts.pop(
        old
    )
    return _packed(parts)


def repeat_member(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile says that the name is there twice, as is meant
        return _packed(parts, [(_pick(parts, rng), parts[_pick(parts, rng)])])


def swap_members(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    one, other = _pick(parts, rng, "xl/"), _pick(parts, rng, "xl/")
    parts[one], parts[other] = parts[other], parts[one]
    return _packed(parts)


def spoil_member(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    name = _pick(parts, rng, rng.choice(("xl/", "sheet", "workbook", "sharedStrings", "styles", "rels")))
    parts[name] = rng.choice(BYTES)(parts[name], rng)
    return _packed(parts, method=rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA)))


def spoil_directory(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    """Wrong sizes, methods and flags in the zip's own directory."""
    data = bytearray(_packed(parts))
    starts = [m.start() for m in re.finditer(rb"PK\x01\x02", data)]
    at = rng.choice(starts)
    offset, size = rng.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)))
    data[at + offset : at + offset + size] = rng.choice((b"\xff" * size, b"\0" * size, rng.randbytes(size)))
    return bytes(data)


def bloat(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    name = _pick(parts, rng, "xl/worksheets/")
    filler = rng.choice((b" " * 3_000_000, b"<row r='1'/>" * 50_000, b"<!--" + b"x" * 2_000_000 + b"-->"))
    parts[name] = parts[name].replace(b"<sheetData>", b"<sheetData>" + filler, 1)
    return _packed(parts)


# Cells


def _some(text: str, pattern: str, rng: Random, new: Callable[[re.Match[str]], str], most: int = 4) -> str:
    """Some matches of the pattern replaced."""
    found = list(re.finditer(pattern, text, re.DOTALL))
    for match in sorted(rng.sample(found, min(len(found), rng.randint(1, most))), key=lambda m: -m.start()):
        text = text[: match.start()] + new(match) + text[match.end() :]
    return text


def _xml(text: str) -> str:
    from xml.sax.saxutils import escape

    return re.sub("[\x00-\x08\x0b-\x1f]", lambda m: f"_x{ord(m[0]):04X}_", escape(text))


def _in_part(of: str, pattern: str, new: Callable[[Random, re.Match[str]], str]) -> Callable[..., bytes]:
    def change(parts: Parts, rng: Random, personal: list[str]) -> bytes:
        name = _pick(parts, rng, of)
        text = parts[name].decode("utf-8", "replace")
        parts[name] = _some(text, pattern, rng, lambda m: new(rng, m)).encode("utf-8", "surrogatepass")
        return _packed(parts)

    return change


TEXT = r"<t(?: [^>]*)?>[^<]*</t>"
SHEET = "xl/worksheets/sheet"
odd_text = _in_part(SHARED, TEXT, lambda r, m: f"<t>{_xml(r.choice(ODD_TEXTS))}</t>")
odd_header = _in_part(SHARED, TEXT, lambda r, m: f"<t>{_xml(_blurred(r.choice(HEADERS), r))}</t>")
blurred = _in_part(SHARED, TEXT, lambda r, m: f"<t>{_blurred(m[0][3:-4].split('>')[-1], r)}</t>")
odd_number = _in_part(SHEET, r"<v>[^<]*</v>", lambda r, m: f"<v>{r.choice(ODD_NUMBERS)}</v>")
odd_index = _in_part(SHEET, r't="s"><v>\d+</v>', lambda r, m: f't="s"><v>{r.choice((-1, 999999, 0, 3))}</v>')
odd_type = _in_part(
    SHEET,
    r'<c r="([A-Z]+\d+)"[^>]*>',
    lambda r, m: f'<c r="{m[1]}" t="{r.choice(["b", "e", "d", "n", "str", "zz"])}">',
)
odd_place = _in_part(
    SHEET, r'<c r="[A-Z]+\d+"',
    lambda r, m: f'<c r="{r.choice(PLACES)}"',
)  # fmt: skip
odd_row = _in_part(
    SHEET, r'<row r="\d+"', lambda r, m: f'<row r="{r.choice([0, 1, 7, 1048576, 99999999999, -3])}"'
)
odd_style = _in_part(SHEET, r' s="\d+"', lambda r, m: f' s="{r.choice([0, 1, 5, 65535, -1])}"')
drop_row = _in_part(SHEET, r"<row .*?</row>", lambda r, m: "")
repeat_row = _in_part(SHEET, r"<row .*?</row>", lambda r, m: m[0] * r.randint(2, 40))
hide_row = _in_part(SHEET, r"<row ", lambda r, m: '<row hidden="1" ')
odd_extent = _in_part(
    SHEET,
    r'<dimension ref="[^"]*"/>',
    lambda r, m: f'<dimension ref="{r.choice(["A1", "A1:XFD1048576", "B9:A1", "?"])}"/>',
)
merge = _in_part(
    SHEET, r"</sheetData>",
    lambda r, m: f'</sheetData><mergeCells><mergeCell ref="{r.choice(AREAS)}"/></mergeCells>',
)  # fmt: skip
formula = _in_part(
    SHEET, r"<v>[^<]*</v>", lambda r, m: r.choice(("<f>1/0</f>", "<f>A1</f><v></v>", "<f>NOW()</f>" + m[0]))
)
odd_sheet_name = _in_part(
    "xl/workbook.xml", r'<sheet name="[^"]*"',
    lambda r, m: f'<sheet name="{r.choice(SHEETS)}"',
)  # fmt: skip
hide_sheet = _in_part(
    "xl/workbook.xml", r"<sheet ", lambda r, m: f'<sheet state="{r.choice(["hidden", "veryHidden", "zz"])}" '
)
epoch = _in_part("xl/workbook.xml", r"<workbookPr[^>]*/>", lambda r, m: '<workbookPr date1904="1"/>')
odd_format = _in_part(
    "xl/styles.xml",
    r'formatCode="[^"]*"',
    lambda r, m: f'formatCode="{r.choice(["[h]:mm", "@", "yyyy", "[$-404]e/m/d", "["])}"',
)


def _blurred(header: str, rng: Random) -> str:
    """A header or a text as clerks alter it."""
    at = rng.randint(0, len(header))
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in header)
    return rng.choice(
        (header[:at] + header[at + 1 :], header[:at] + " " + header[at:], header + "（万元）", wide,
         header * 2, f"{header}\n（人）", header[:at] + "\u200b" + header[at:], header[::-1], f"1.{header}*")
    )  # fmt: skip


# Delimited text


def _read(content: bytes) -> tuple[str, str]:
    for codec in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(codec), codec
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def recode(content: bytes, rng: Random, personal: list[str]) -> bytes:
    return _read(content)[0].encode(rng.choice(CODECS), "replace")


def two_codecs(content: bytes, rng: Random, personal: list[str]) -> bytes:
    text = _read(content)[0]
    at = rng.randint(0, len(text))
    return text[:at].encode("utf-8") + text[at:].encode("gb18030", "replace")


def _by_lines(change: Callable[[list[str], Random], list[str]]) -> Callable[..., bytes]:
    def changed(content: bytes, rng: Random, personal: list[str]) -> bytes:
        text, codec = _read(content)
        return rng.choice(("\n", "\r\n", "\r")).join(change(text.splitlines(), rng)).encode(codec, "replace")

    return changed


def _fields(lines: list[str], rng: Random, new: Callable[[str], str], first: int = 0) -> list[str]:
    for _ in range(rng.randint(1, 5)):
        if len(lines) > first:
            k = rng.randrange(first, len(lines))
            cells = lines[k].split(",")
            cells[rng.randrange(len(cells))] = new(lines[k])
            lines[k] = ",".join(cells)
    return lines


def _shuffled(lines: list[str], rng: Random) -> list[str]:
    width = lines[0].count(",") + 1 if lines else 1
    order = rng.sample(range(width), rng.randint(1, width))
    split = (line.split(",") for line in lines)
    return [",".join(cells[i] for i in order if i < len(cells)) for cells in split]


def _ragged(lines: list[str], rng: Random) -> list[str]:
    return [line + "," * rng.choice((0, 0, 1, 3, 900)) + rng.choice(("", "", "x")) for line in lines]


odd_fields = _by_lines(lambda lines, r: _fields(lines, r, lambda _: r.choice(ODD_TEXTS + ODD_NUMBERS)))
odd_heads = _by_lines(
    lambda lines, r: _fields(lines[:1], r, lambda _: _blurred(r.choice(HEADERS), r)) + lines[1:]
)
quotes = _by_lines(
    lambda lines, r: _fields(lines, r, lambda t: r.choice(('"', '"a', '"a,b"', 'a"b"', '""', '"""')))
)
ragged = _by_lines(_ragged)
columns = _by_lines(_shuffled)
titles = _by_lines(lambda lines, r: [*r.choices(ODD_TEXTS, k=r.randint(1, 15)), *lines])
totals = _by_lines(lambda lines, r: [*lines, "合计,1,2", "注：以上", *lines[:2]])
blanks = _by_lines(lambda lines, r: [x for line in lines for x in (line, *[""] * r.randint(0, 2))])
repeats = _by_lines(lambda lines, r: lines + r.choices(lines or [""], k=50))
delimiters = _by_lines(lambda lines, r: [line.replace(",", r.choice("\t;|，、 ")) for line in lines])
long_line = _by_lines(lambda lines, r: [*lines, "x," * r.choice((5, 3000)), "y" * 100_000])

# Personal numbers, which must come out nowhere


def personal_number(rng: Random) -> str:
    """A mobile number, or an identity card number with its right check character."""
    if rng.random() < 0.5:
        return f"1{rng.choice('3456789')}{rng.randrange(10**9):09}"
    day = f"{rng.randint(1950, 2005)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    stem = f"{ID_STEM}{day}{rng.randrange(1000):03}"
    return stem + ID_CHECKS[sum(int(d) * w for d, w in zip(stem, ID_WEIGHTS, strict=True)) % 11]


def _written(number: str, rng: Random) -> str:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    return rng.choice(
        (number, f"联系人张三{number}", f"{number}。", f"电话：{number}，请回复", wide, f" {number} ")
    )


def personal_text(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    personal.append(number := personal_number(rng))
    return bytes(_in_part(SHARED, TEXT, lambda r, m: f"<t>{_written(number, r)}</t>")(parts, rng, personal))


def personal_cell(parts: Parts, rng: Random, personal: list[str]) -> bytes:
    personal.append(number := personal_number(rng))
    inline = f't="inlineStr"><is><t>{number}</t></is></c>'
    return bytes(_in_part(SHEET, r't="s"><v>\d+</v></c>', lambda r, m: inline)(parts, rng, personal))


def personal_field(content: bytes, rng: Random, personal: list[str]) -> bytes:
    personal.append(number := personal_number(rng))
    return bytes(
        _by_lines(lambda lines, r: _fields(lines, r, lambda _: _written(number, r), first=1))(
            content, rng, personal
        )
    )


ZIPPED: tuple[Callable[..., bytes], ...] = (
    drop_member, rename_member, repeat_member, swap_members, spoil_member, spoil_directory, bloat,
    odd_text, odd_header,
    blurred, odd_number, odd_index, odd_type, odd_place, odd_row, odd_style, drop_row, repeat_row,
    hide_row, odd_extent,
    merge, formula, odd_sheet_name, hide_sheet, epoch, odd_format, personal_text, personal_text,
    personal_cell,
)  # fmt: skip
TEXTS: tuple[Callable[..., bytes], ...] = (
    recode, two_codecs, odd_fields, odd_heads, quotes, ragged, columns, titles, totals, blanks, repeats,
    delimiters,
    long_line, personal_field, personal_field,
)  # fmt: skip
# Those made by a function bear its inner name: the report should tell them apart.
for _name, _change in list(globals().items()):
    if getattr(_change, "__name__", "") in ("change", "changed"):
        _change.__name__ = _name
