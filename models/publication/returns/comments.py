"""Comments on cells: ours appended to the sender's, and ours of an earlier return taken away."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from models.publication.returns.cells import MAIN, Place, address, place_of, plain
from models.publication.returns.package import UnmarkableError, attributes, before_end

# Ours are known again by this author, and where a programme that saved the file in between has dropped the
# authors, by how they begin.
AUTHOR = "退回补正"
BEGINNING = f"{AUTHOR}："
EMPTY = (
    f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<comments xmlns="{MAIN}"><authors></authors>'
    "<commentList></commentList></comments>"
).encode()
_SPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_SHAPE_TYPE = (
    f'<v:shapetype {_SPACES} id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
).encode()
EMPTY_DRAWING = (
    f'<xml {_SPACES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'
).encode()
_COMMENT = re.compile(rb"<(?:\w+:)?comment\b([^>]*)>(.*?)</(?:\w+:)?comment\s*>", re.DOTALL)
_TEXT_END = re.compile(rb"</(?:\w+:)?text\s*>|<(?:\w+:)?text\s*/>")
_BARE = re.compile(rb"(<(?:\w+:)?text\b[^>]*>)\s*(<((?:\w+:)?)t\b[^>]*>.*?</(?:\w+:)?t\s*>)", re.DOTALL)
_AUTHOR = re.compile(rb"<(?:\w+:)?author\b[^>]*?(?:/>|(?<!/)>(.*?)</(?:\w+:)?author\s*>)", re.DOTALL)
_SHAPE = re.compile(rb"<v:shape\b.*?</v:shape\s*>", re.DOTALL)
# Our run at the end of a sender's comment: nothing in it opens another run.
_OWN_RUN = re.compile(
    rb"<((?:\w+:)?)r\b[^>]*>(?:(?!</\1r>).)*?<(?:\w+:)?t\b[^>]*>\s*"
    + BEGINNING.encode()
    + rb"(?:(?!</\1r>).)*</\1r>",
    re.DOTALL,
)
# The same where the runs were joined: what follows within one text.
_OWN_END = re.compile(rb"(?:\n|&#10;|&#xA;)" + BEGINNING.encode() + rb"[^<]*")
_WORDS = re.compile(rb"<(?:\w+:)?t\b[^>]*(?<!/)>([^<]*)<")
_LINE_CHARS, _LINE_POINTS, _WIDTH_POINTS = 18, 14, 210


def drop_own(xml: bytes) -> tuple[bytes, set[Place], set[Place]]:
    """Comments without those of an earlier return; where whole comments went, and where only a part did."""
    authors = [(a or b"").decode("utf-8") for a in _AUTHOR.findall(xml)]
    gone: set[Place] = set()
    shortened: set[Place] = set()

    def keep(match: re.Match[bytes]) -> bytes:
        said = attributes(match.group(1))
        number = int(said.get("authorId", 0))
        is_own = number < len(authors) and authors[number] == AUTHOR
        words = b"".join(_WORDS.findall(match.group(2))).strip()
        if is_own or words.startswith(BEGINNING.encode()):
            gone.add(place_of(said["ref"]))
            return b""
        shorter = _OWN_END.sub(b"", _OWN_RUN.sub(b"", match.group()))
        if shorter != match.group():
            shortened.add(place_of(said["ref"]))
        return shorter

    return _COMMENT.sub(keep, xml), gone, shortened


def append(xml: bytes, texts: Mapping[Place, str]) -> tuple[bytes, set[Place]]:
    """Comments with texts added, and the places that had none before."""
    waiting = {address(place): text for place, text in texts.items()}
    new = set(texts)

    def longer(match: re.Match[bytes]) -> bytes:
        said = attributes(match.group(1))
        text = waiting.pop(said.get("ref", ""), None)
        if text is None:
            return match.group()
        new.discard(place_of(said["ref"]))
        whole = _BARE.sub(rb"\1<\3r>\2</\3r>", match.group())  # a bare text may not stand before a run
        end = _TEXT_END.search(whole)
        if end is None or end.group().endswith(b"/>"):
            raise UnmarkableError("a comment without text")
        return whole[: end.start()] + _run(f"\n{BEGINNING}{text}") + whole[end.start() :]

    xml = _COMMENT.sub(longer, xml)
    author = len(_AUTHOR.findall(xml))
    xml = before_end(xml, b"authors", f'<author xmlns="{MAIN}">{AUTHOR}</author>'.encode())
    made = b"".join(
        f'<comment xmlns="{MAIN}" ref="{ref}" authorId="{author}"><text>'.encode()
        + _run(BEGINNING + text)
        + b"</text></comment>"
        for ref, text in waiting.items()
    )
    return before_end(xml, b"commentList", made), new


def draw(xml: bytes, texts: Mapping[Place, str]) -> bytes:
    """The drawing with a hidden box for each new comment, large enough for its text."""
    if re.search(rb"""<v:shapetype\b[^>]*id=["']_x0000_t202["']""", xml) is None:
        xml = before_end(xml, b"xml", _SHAPE_TYPE)
    numbers = [int(n) for n in re.findall(rb"""id=["']_x0000_s(\d+)["']""", xml)]
    first = max([1024, *numbers]) + 1
    shapes = [_box(first + n, place, text) for n, (place, text) in enumerate(sorted(texts.items()))]
    return before_end(xml, b"xml", "".join(shapes).encode())


def undraw(xml: bytes, places: Collection[Place]) -> bytes:
    """The drawing without the boxes of some comments."""

    def keep(match: re.Match[bytes]) -> bytes:
        row = re.search(rb"<x:Row>\s*(\d+)", match.group())
        col = re.search(rb"<x:Column>\s*(\d+)", match.group())
        is_gone = row and col and (int(row.group(1)) + 1, int(col.group(1)) + 1) in places
        return b"" if is_gone else match.group()

    return _SHAPE.sub(keep, xml)


def _run(text: str) -> bytes:
    face = '<rPr><sz val="10"/><rFont val="宋体"/><family val="3"/></rPr>'
    return f'<r xmlns="{MAIN}">{face}<t xml:space="preserve">{plain(text)}</t></r>'.encode()


def _box(number: int, place: Place, text: str) -> str:
    row, col = place[0] - 1, place[1] - 1
    lines = sum(1 + len(line) // _LINE_CHARS for line in text.split("\n"))
    height = 10 + _LINE_POINTS * lines
    top = max(row - 1, 0)
    anchor = f"{col + 1}, 15, {top}, 4, {col + 4}, 15, {top + 1 + height // 15}, 4"
    return (
        f'<v:shape {_SPACES} id="_x0000_s{number}" type="#_x0000_t202" '
        f'style="position:absolute;margin-left:60pt;margin-top:2pt;width:{_WIDTH_POINTS}pt;height:{height}pt;'
        'z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor>"
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{col}</x:Column>"
        "</x:ClientData></v:shape>"
    )
