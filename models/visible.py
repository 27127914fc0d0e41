"""Signs that cannot be seen but act: shown by their number, so that a name says what it holds."""

from __future__ import annotations

import re

# Control characters but tab and line feed; marks, embeddings, overrides and isolates of writing direction,
# by which a name can turn round what stands beside it.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """The text with every such sign written out, as [U+202E]."""
    # None of them is printable, and nearly every text is: a page asks this of a thousand.
    return text if text.isprintable() else UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
