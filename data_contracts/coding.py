"""Check characters: unified social credit codes (GB 32100) and identity card numbers (GB 11643)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidComponent

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# The five letters GB 32100 leaves out, and the character each is usually mistaken for.
LOOKALIKES = {"O": "0", "I": "1", "S": "5", "V": "U", "Z": "2"}
LENGTH = 18
# A society in preparation has no code yet and files under a temporary one.
TEMPORARY = re.compile(r"T\d{4}-\d{4}")
SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
SOCIETY_PREFIX = "51"
# GB 32100, characters 1 and 2: registering department and type of body.
BODY_TYPES = {
    "11": ("机关", "a government body"),
    "12": ("事业单位", "a public institution"),
    "13": ("群团机关", "a mass organisation"),
    "52": ("民办非企业单位（社会服务机构）", "a private non-enterprise unit"),
    "53": ("基金会", "a foundation"),
    "91": ("企业", "an enterprise"),
}
OTHER_BODY = ("其他类型", "another kind of body")


@dataclass(frozen=True)
class CodeAdvice:
    """What is wrong with a credit code: the defect, its verdict, and what to tell the clerk.

    `a`, `b`, `c` fill the message's placeholders.
    """

    code: str
    verdict: str
    variant: str = ""
    a: str = ""
    b: str = ""
    c: str = ""


def advise_uscc(text: str) -> CodeAdvice | None:  # noqa: PLR0911 - one return a kind of fault
    """What is wrong with a society's credit code, or None.

    `text` is trimmed, half-width, upper-case. Temporary codes (T2025-0001) pass. The order of the
    checks is from the most to the least telling: a code that Excel shortened has wrong length,
    characters and check digit too.
    """
    if TEMPORARY.fullmatch(text):
        return None
    if SCIENTIFIC.fullmatch(text):
        return CodeAdvice("D09", "R")
    if len(text) != LENGTH:
        return CodeAdvice("S09", "R", "uscc", a=str(len(text)))
    for position, character in enumerate(text, start=1):
        is_letter_too_early = position in range(3, 9) and not character.isdigit()
        if character not in ALPHABET or is_letter_too_early:
            return CodeAdvice("D06", "R", a=str(position), b=character, c=_likely(text, position, character))
    prefix = text[:2]
    if prefix != SOCIETY_PREFIX and prefix in BODY_TYPES:
        return CodeAdvice("D08", "Q", a=BODY_TYPES[prefix][0], b=BODY_TYPES[prefix][1])
    expected = uscc.calc_check_digit(text[:-1])
    if text[-1] != expected:
        return CodeAdvice("D07", "R", a=expected, b=text[-1])
    if prefix != SOCIETY_PREFIX:
        return CodeAdvice("D08", "Q", a=OTHER_BODY[0], b=OTHER_BODY[1])
    return None


def _likely(text: str, position: int, character: str) -> str:
    """The character that was probably meant: the lookalike, else one that makes the check come out."""
    if character in LOOKALIKES:
        return LOOKALIKES[character]
    fits = (c for c in ALPHABET if uscc.is_valid(text[: position - 1] + c + text[position:]))
    return next(fits, "0-9")


def is_id_card(text: str) -> bool:
    """Whether the text is an identity card number: check character and a possible date of birth.

    The place of birth is not looked up: a number from a place since renamed is still a person's.
    """
    number = text.upper()
    if not re.fullmatch(r"\d{17}[\dX]", number) or number[-1] != ric.calc_check_digit(number):
        return False
    try:
        born = ric.get_birth_date(number)
    except InvalidComponent:
        return False
    return 1900 <= born.year <= date.today().year
