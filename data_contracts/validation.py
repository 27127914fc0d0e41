"""What a cell of the template lets one type: drop-down lists, checks of figures and dates, and hints."""

from __future__ import annotations

from typing import Any

from data_contracts import guidance
from data_contracts.contract import Contract, Field
from data_contracts.layout import workbook

MESSAGE_LIMIT, TITLE_LIMIT = 255, 32  # of the format
EARLIEST_DATE = "DATE(1990,1,1)"


def validation(
    contract: Contract, f: Field, lang: str, cell: str, codes: str | None
) -> dict[str, Any] | None:
    """The options of XlsxWriter's `data_validation`, or None where anything may be written.

    Args:
        contract: the field's family.
        f: the field.
        lang: language of the hints.
        cell: address of the first cell it applies to, such as C7.
        codes: the formula of the range that holds the permitted values, if there are any.
    """
    rule = _rule(f, cell, codes)
    if rule is None:
        return None
    say = guidance.words(lang)
    if rule["validate"] == "list":
        error = say["error_choice"]
    else:
        error = say["error_number"].format(form=guidance.form(f, lang), **guidance.state_words())
    return rule | {
        "input_title": f.zh[:TITLE_LIMIT],
        "input_message": _fitting(guidance.note(contract, f, lang)),
        "error_title": f.zh[:TITLE_LIMIT],
        "error_message": _fitting(error),
    }


def _rule(f: Field, cell: str, codes: str | None) -> dict[str, Any] | None:
    # A choice that may be left blank may also be answered “不适用”: warn of it, do not forbid it.
    force = "stop" if f.required else "warning"
    if f.kind == "boolean":
        known = workbook()["words"]
        return {"validate": "list", "source": [known["yes"][0], known["no"][0]], "error_type": force}
    if codes and f.kind == "string":
        return {"validate": "list", "source": codes, "error_type": force}
    if f.kind == "array":
        return {"validate": "any"}
    if f.kind not in ("integer", "number", "date"):
        return None
    fits = [f"ISNUMBER({cell})"]
    fits += [f"{cell}=INT({cell})"] * (f.kind == "integer")
    fits += [f"{cell}>={f.minimum}"] * (f.minimum is not None)
    fits += [f"{cell}<={f.maximum}"] * (f.maximum is not None)
    fits += [f"{cell}>={EARLIEST_DATE}"] * (f.kind == "date")
    words = [] if f.required else [f'{cell}="{word}"' for word in guidance.state_words().values()]
    both = f"AND({','.join(fits)})"
    return {
        "validate": "custom",
        "value": f"=OR({','.join([both, *words])})",
        "error_type": "stop",
    }


def _fitting(text: str) -> str:
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"
