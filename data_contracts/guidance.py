"""What a person filling in a form must know about a field, in words: need, form, choices, example."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from data_contracts.contract import Contract, Field, Rule
from data_contracts.layout import workbook

WORDS_FILE = Path(__file__).with_name("guidance.yaml")


@cache
def words(lang: str) -> dict[str, str]:
    """The phrases of guidance.yaml in `zh` or `en`.

    Raises:
        ValueError: another language is asked for.
    """
    import yaml

    if lang not in ("zh", "en"):
        raise ValueError(f"语言应为 zh 或 en，实为 {lang} the language is zh or en, not {lang}")
    entries = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return {key: texts[lang] for key, texts in entries.items()}


def label(item: Field | Contract | Rule, lang: str) -> str:
    """Its name in the language."""
    return item.en if lang == "en" else item.zh


def need(f: Field, lang: str) -> str:
    """Whether it must be filled in."""
    say = words(lang)
    if f.required:
        return say["required"]
    if f.must_answer:
        return say["must_answer"].format(**state_words())
    return say["optional"]


def state_words() -> dict[str, str]:
    """The two words that stand for a missing figure: `not_applicable` and `not_counted`."""
    known = workbook()["words"]
    return {state: known[state][0] for state in ("not_applicable", "not_counted")}


def form(f: Field, lang: str) -> str:
    """Type, unit and bounds."""
    say = words(lang)
    parts = [say["kind_choice" if f.enum and f.kind == "string" else f"kind_{f.kind}"]]
    if f.unit:
        parts.append(say["unit"].format(unit=f.unit))
    if f.minimum is not None and f.maximum is not None:
        parts.append(say["between"].format(low=f.minimum, high=f.maximum))
    elif f.minimum is not None:
        parts.append(say["at_least"].format(low=f.minimum))
    if f.max_length:
        parts.append(say["at_most_characters"].format(high=f.max_length))
    if f.format == "uscc":
        parts.append(say["uscc"])
    return say["comma"].join(parts)


def choices(f: Field, lang: str) -> str:
    """The permitted values as they are written in the workbook (always Chinese), or nothing."""
    if lang == "en":
        return "; ".join(f"{v.zh} ({v.en})" for v in f.enum)
    return "、".join(v.zh for v in f.enum)


def description(item: Field | Contract, lang: str) -> str:
    """Its description in the language. Contracts write both in one text, Chinese first."""
    halves = re.split(r"(?<=。)\s*(?=[A-Za-z0-9])", item.description, maxsplit=1)
    return halves[-1 if lang == "en" else 0]


def example(f: Field) -> str | int | float:
    """An example as it is written in the workbook."""
    if f.enum:
        some = f.enum[:2] if f.kind == "array" else f.enum[:1]
        return str(workbook()["list_separator"]).join(v.zh for v in some)
    if f.kind == "boolean":
        return str(workbook()["words"]["yes"][0])
    if isinstance(f.example, int | float | str):
        return f.example
    return "" if f.example is None else json.dumps(f.example, ensure_ascii=False)


def rules(contract: Contract, f: Field, lang: str) -> list[str]:
    """The row rules that name the field."""
    named = (r for r in contract.rules if f.name in r.fields)
    return list(dict.fromkeys(label(r, lang) for r in named))


def note(contract: Contract, f: Field, lang: str, is_brief: bool = False) -> str:
    """All of it in a few lines, for a comment on the header; in brief without name and example."""
    say = words(lang)
    lines = [need(f, lang)] if is_brief else [say["named"].format(name=label(f, lang), need=need(f, lang))]
    lines.append(form(f, lang))
    if f.description:
        lines.append(description(f, lang))
    if listed := choices(f, lang):
        lines.append(say["choose_many" if f.kind == "array" else "choose_one"].format(choices=listed))
    if held := rules(contract, f, lang):
        lines.append(say["rule"].format(rules=say["semicolon"].join(held)))
    if not is_brief and (shown := example(f)) != "":
        lines.append(say["example"].format(example=shown))
    return say["semicolon"].join(lines) if is_brief else "\n".join(lines)
