"""Write the bundled fallback font: Noto Sans CJK SC cut down to GBK and the signs the screens use, as WOFF2.

Needs an installed Noto Sans CJK (Debian: fonts-noto-cjk). The same source font gives the same bytes.
"""

import argparse
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FACE = "Noto Sans CJK SC"
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
TARGET = Path(__file__).parents[1] / "dashboards/static/fonts/NotoSansSC-gbk.woff2"
# Beside GBK: signs that GBK has only in part, and that reports and charts use.
BLOCKS = (
    range(0x0020, 0x007F),  # ASCII
    range(0x00A0, 0x0100),  # Latin-1: ± · × §
    range(0x2010, 0x2060),  # general punctuation
    range(0x2190, 0x2200),  # arrows
    range(0x2200, 0x2300),  # mathematical operators: √ ≤ ≥ ≈
    range(0x2460, 0x2500),  # circled and bracketed numbers
    range(0x25A0, 0x2600),  # geometric shapes
    range(0x3000, 0x3040),  # CJK punctuation
    range(0x3200, 0x3400),  # enclosed and squared CJK
    range(0xFF00, 0xFFF0),  # full-width forms
)
DROPPED_TABLES = ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
COPYRIGHT_LICENCE_AND_NAMES = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]


def gbk_repertoire() -> set[int]:
    """Return every code point that two bytes of GBK can name."""
    trails = (*range(0x40, 0x7F), *range(0x80, 0xFF))
    pairs = (bytes((lead, trail)) for lead in range(0x81, 0xFF) for trail in trails)
    return {ord(text) for pair in pairs if len(text := pair.decode("gbk", "ignore")) == 1}


def open_face(source: Path, face: str) -> TTFont:
    """Return the face of that family name from a font collection; ValueError if it is not among its faces."""
    with TTCollection(source, lazy=True) as collection:
        names = [font["name"].getDebugName(1) for font in collection.fonts]
    if face not in names:
        raise ValueError(f"{source}: 没有字面 {face}，只有 {names}；no face {face}, only {names}")
    # The time of change stays the source's, or no two runs would be equal.
    return TTFont(source, fontNumber=names.index(face), recalcTimestamp=False)


def subset(font: TTFont) -> None:
    """Cut the font down in place: no hints, no layout features, no vertical metrics."""
    options = Options(
        hinting=False,
        desubroutinize=True,  # smaller once Brotli has done its work: 3.3 MB against 3.5 MB
        layout_features=[],
        notdef_outline=True,
        glyph_names=False,
        name_IDs=COPYRIGHT_LICENCE_AND_NAMES,
    )
    options.drop_tables += DROPPED_TABLES
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=gbk_repertoire().union(*BLOCKS))
    subsetter.subset(font)


def main() -> None:
    """Read the source collection, write the subset, print its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=SOURCE)
    parser.add_argument("--target", type=Path, default=TARGET)
    arguments = parser.parse_args()
    font = open_face(arguments.source, FACE)
    subset(font)
    font.flavor = "woff2"
    arguments.target.parent.mkdir(parents=True, exist_ok=True)
    font.save(arguments.target)
    glyphs, size = len(font.getGlyphOrder()), arguments.target.stat().st_size
    print(f"{arguments.target}: {glyphs} glyphs, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
