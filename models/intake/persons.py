"""Names of persons, old identity card numbers and private mail addresses in free text (defect 38)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import polars as pl

from data_contracts.contract import CONTRACTS_DIR

_MARK = r"[\s,，.。;；:：、（）()《》“”\"'!！?？/]"


@cache
def said() -> dict[str, Any]:
    """data_contracts/persons.yaml."""
    import yaml

    words: dict[str, Any] = yaml.safe_load((CONTRACTS_DIR / "persons.yaml").read_text(encoding="utf-8"))
    return words


@cache
def _name() -> str:
    words = said()
    double = "|".join(words["double_surnames"])
    return rf"(?:(?:{double})\p{{Han}}{{1,2}}|[{words['surnames']}](?:\p{{Han}}{{1,2}}|某{{1,2}}))"


@cache
def party_name() -> str:
    """A word for a party, then a name and the end of it; groups: the word, the name, the end."""
    words = said()
    parties = "|".join(sorted(words["parties"], key=len, reverse=True))
    ends = "|".join((*words["ends"], *sorted(words["titles"], key=len, reverse=True)))
    return rf"((?:{parties})(?:姓名)?[:：为是系]?\s*)({_name()})({_MARK}|{ends}|$)"


@cache
def titled_name() -> str:
    """A name that begins the text or follows a mark, then a form of address; three groups."""
    titles = "|".join(sorted(said()["titles"], key=len, reverse=True))
    return rf"((?:^|{_MARK}|对|向|与|和|由|经|给|请))({_name()})({titles})"


@cache
def private_mail() -> str:
    """A mail address with one of the common private providers; groups: before it, the address, after it."""
    hosts = "|".join(map(re.escape, said()["mail_hosts"]))
    return rf"(?i)(^|[^0-9a-z._%+-])([0-9a-z][0-9a-z._%+-]*@(?:{hosts}))($|[^0-9a-z.-])"


@cache
def old_number() -> str:
    """An old identity card number beside the words for it; groups: the words, the number, its end."""
    words = said()
    digits = rf"(?:{words['id_regions']})\d{{6}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}"
    return rf"((?:{'|'.join(words['id_words'])})\D{{0,6}})({digits})($|\D)"


def find(texts: pl.DataFrame) -> pl.DataFrame:
    """text, kind, hidden of the texts in question; kinds `name`, `titled` (see persons.yaml), `id`, `mail`.

    `texts` holds text and half (the text with half-width characters). `hidden` is the text with what was
    found made unreadable.
    """
    half = pl.col("half")
    others = said()["not_names"]
    looked = texts.with_columns(
        party=half.str.extract(party_name(), 2), titled=half.str.extract(titled_name(), 2),
        mail=half.str.contains(private_mail()), old=half.str.contains(old_number()),
    ).with_columns(
        is_party=pl.col("party").is_not_null() & ~_begins(pl.col("party"), others),
        is_titled=pl.col("titled").is_not_null() & ~_begins(pl.col("titled"), others),
    )  # fmt: skip
    kind = (
        pl.when("old").then(pl.lit("id")).when("is_party").then(pl.lit("name"))
        .when("mail").then(pl.lit("mail")).when("is_titled").then(pl.lit("titled"))
    )  # fmt: skip
    # Few texts name anybody: only those are worth hiding something in.
    found = looked.select("text", "half", kind=kind).drop_nulls("kind")
    return found.select("text", "kind", hidden=hide(half, with_names=True))


def hide(text: pl.Expr, with_names: bool = False) -> pl.Expr:
    """The text with old numbers and private addresses masked; and, if asked, names."""
    patterns = [old_number(), private_mail(), *([party_name(), titled_name()] if with_names else [])]
    for pattern in patterns:
        text = text.str.replace_all(pattern, "${1}***${3}")
    return text


def _begins(name: pl.Expr, words: list[str]) -> pl.Expr:
    return pl.any_horizontal(name.str.starts_with(w) for w in words)
