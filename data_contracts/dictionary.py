"""The data dictionary, from the contracts: Markdown in Chinese or English, and a workbook of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data_contracts import guidance
from data_contracts.contract import LINEAGE, Contract, Field, load_contracts

LANGUAGES = ("zh", "en")
COLUMNS = ("col_field", "col_header", "col_aliases", "col_need", "col_form", "col_class", "col_meaning")
CODE_COLUMNS = ("family", "col_field", "code", "col_header", "spellings")


def file_name(lang: str) -> str:
    """Name of the Markdown file in the language."""
    return f"dictionary.{lang}.md"


def markdown(lang: str) -> str:
    """The whole dictionary as Markdown.

    Raises:
        ValueError: an unknown language.
    """
    return "\n".join(_lines(lang)) + "\n"


def write_workbook(path: Path) -> Path:
    """The dictionary as .xlsx: fields and codes, a sheet of each in each language."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "bg_color": "#C9DAEA", "border": 1, "valign": "vcenter"})
        cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        for lang in LANGUAGES:
            say = guidance.words(lang)
            fields = [say["family"], *(say[c] for c in COLUMNS), say["clause"]]
            codes = [say[c] for c in CODE_COLUMNS]
            for title, columns, rows, widths in (
                (say["title"], fields, _field_rows(lang), (18, 22, 24, 30, 10, 30, 10, 60, 26)),
                (say["code_sheet"], codes, _code_rows(lang), (18, 26, 24, 34, 40)),
            ):
                sheet = book.add_worksheet(title)
                sheet.freeze_panes(1, 2)
                sheet.write_row(0, 0, columns, head)
                for number, row in enumerate(rows, start=1):
                    sheet.write_row(number, 0, row, cell)
                for col, width in enumerate(widths):
                    sheet.set_column(col, col, width)
                sheet.autofilter(0, 0, number, len(columns) - 1)
    return path


def _lines(lang: str) -> Iterator[str]:
    say, contracts = guidance.words(lang), load_contracts().values()
    yield f"# {say['title']}\n"
    yield f"<!-- {say['generated']} -->\n"
    yield say["intro"].format(families=len(contracts), fields=sum(len(c.fields) for c in contracts)) + "\n"
    yield f"## {say['contents']}\n"
    yield from (f"- [{guidance.label(c, lang)}](#{c.name})" for c in contracts)
    for contract in contracts:
        yield from _section(contract, lang)
    yield f"\n## {say['lineage']}\n"
    yield from _table(
        [say["col_field"], say["col_header"]], [(f"`{f.name}`", guidance.label(f, lang)) for f in LINEAGE]
    )


def _section(contract: Contract, lang: str) -> Iterator[str]:
    say = guidance.words(lang)
    facts = {
        "family": f"`{contract.name}`",
        "source": say["comma"].join(say[f"source_{o}"] for o in sorted(contract.origins)),
        "sheets": "、".join(contract.sheets),
        "key": ", ".join(f"`{name}`" for name in contract.key),
        "clause": contract.clause,
        "class": say[f"class_{contract.classification}"],
        "version": contract.version,
    }
    yield f'\n<a id="{contract.name}"></a>\n'
    yield f"## {guidance.label(contract, lang)}\n"
    yield f"{guidance.description(contract, lang)}\n"
    yield from (f"- {say[name]}{say['colon']}{value}" for name, value in facts.items())
    yield ""
    yield from _table([say[c] for c in COLUMNS], [_cells(contract, f, lang) for f in contract.fields])
    if contract.rules:
        yield f"\n**{say['rows_must_hold']}**\n"
        for rule in contract.rules:
            yield f"- {guidance.label(rule, lang)}{say['colon']}`{rule.holds}`（{rule.defect}）"
    if contract.relationships:
        yield f"\n**{say['refers_to']}**\n"
        for r in contract.relationships:
            to = guidance.label(load_contracts()[r.to_family], lang)
            columns = ", ".join(f"`{c}`" for c in r.columns)
            yield f"- {say['belongs'].format(columns=columns, to=to)}"
    for f in contract.fields:
        if f.enum:
            yield f"\n**{say['code_table'].format(name=guidance.label(f, lang))}**\n"
            rows = [(f"`{v.code}`", v.zh, v.en, "、".join(v.aliases)) for v in f.enum]
            yield from _table([say["code"], say["chinese"], say["english"], say["spellings"]], rows)


def _cells(contract: Contract, f: Field, lang: str) -> tuple[str, ...]:
    """One field's line: name, header, other headers, need, form, class, meaning."""
    say = guidance.words(lang)
    need = "required" if f.required else "must_answer" if f.must_answer else "optional"
    header = f.zh if lang == "zh" else f"{f.zh} {f.en}"
    return (
        f"`{f.name}`",
        f"{f.header_group}·{header}" if f.header_group else header,
        "、".join(f.header_aliases),
        say[f"need_{need}"],
        guidance.form(f, lang),
        say[f"class_{f.classification}"],
        say["semicolon"].join(_meaning(contract, f, lang)),
    )


def _meaning(contract: Contract, f: Field, lang: str) -> list[str]:
    say = guidance.words(lang)
    parts = [guidance.description(f, lang)] if f.description else []
    parts += [say["from_cover"]] if f.from_cover else []
    parts += [say["stored_hashed"]] if f.transform == "hmac" else []
    parts += [say["default"].format(value=f"`{f.default}`")] if f.default else []
    parts += [say["reference"].format(to=f"`{f.references}`")] if f.references else []
    parts += guidance.rules(contract, f, lang)
    if f.example is not None:
        parts.append(say["example"].format(example=f.example))
    return parts


def _field_rows(lang: str) -> list[tuple[str, ...]]:
    return [
        (guidance.label(c, lang), *(text.replace("`", "") for text in _cells(c, f, lang)), c.clause)
        for c in load_contracts().values()
        for f in c.fields
    ]


def _code_rows(lang: str) -> list[tuple[str, ...]]:
    return [
        (
            guidance.label(c, lang),
            guidance.label(f, lang),
            v.code,
            v.zh if lang == "zh" else f"{v.zh} {v.en}",
            "、".join(v.aliases),
        )
        for c in load_contracts().values()
        for f in c.fields
        for v in f.enum
    ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in row) + " |"
