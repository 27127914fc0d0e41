"""Names of all codes in Chinese and English, kept in the snapshot so that an old run keeps its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_contracts.contract import load_contract, load_contracts
from data_contracts.defects import load_defects
from models.publication.restated import restatement_texts

if TYPE_CHECKING:
    import polars as pl

OWN = Path(__file__).parent / "labels.yaml"
# kind → the contract field whose enum names it.
ENUMS = {
    "level": ("societies", "level"),
    "reporting_line": ("societies", "reporting_line"),
    "cast_class": ("societies", "cast_class"),
    "practice_tag": ("practice_nominations", "practice_tag"),
    "objection_outcome": ("objections", "outcome"),
    "nomination": ("practice_nominations", "decision"),
    "doc_type": ("documents", "doc_type"),
    "doc_stage": ("documents", "stage"),
    "element": ("documents", "elements"),
    "setting": ("evaluation_activities", "setting"),
    "audiences": ("education_sessions", "audiences"),
    "channel": ("supervision_issues", "channel"),
    "issue_status": ("supervision_issues", "status"),
    "role": ("units", "roles"),
    "verification_outcome": ("verifications", "outcome"),
    "verification_method": ("verifications", "method"),
    "record_status": ("credit_records", "status"),
}
Label = tuple[str, str, str, str]


def label_rows(methodology: dict[str, Any]) -> Iterator[Label]:
    """(kind, code, zh, en) of every code, in the order of display within a kind."""
    import yaml

    for kind, (family, field) in ENUMS.items():
        for value in load_contract(family).field(field).enum:
            yield kind, value.code, value.zh, value.en
    own = yaml.safe_load(OWN.read_text(encoding="utf-8"))
    log = restatement_texts()
    for kind, texts in (
        own | {"cause": log["causes"], "restated": log["items"], "presence": log["presence"]}
    ).items():
        for code, text in texts.items():
            yield kind, code, text["zh"], text["en"]
    for contract in load_contracts().values():
        yield "family", contract.name, contract.zh, contract.en
    for defect in load_defects().values():
        yield "defect", defect.code, defect.title_zh, defect.title_en
        yield "defect_advice", defect.code, defect.advice["zh"], defect.advice["en"]
    yield from _of_methodology(methodology)


def _of_methodology(methodology: dict[str, Any]) -> Iterator[Label]:
    composite = methodology["composite"]
    named = {
        "dimension": methodology["dimensions"],
        "indicator": methodology["indicators"],
        "band": [*composite["bands"], {"code": "unrated", **composite["unrated"]}],
        "size_class": methodology["peer_groups"]["size_classes"],
        "veto": methodology["vetoes"]["records"],
        "hold": [
            *methodology["holds"]["records"],
            methodology["holds"]["paused_veto"],
            methodology["objections"]["adjusted"],
            methodology["objections"]["pending"],
            *methodology["register_hints"]["records"],
        ],
        "onsite_risk": methodology["exemplars"]["onsite"]["risks"],
        "unrated_reason": [{"code": c, **t} for c, t in composite["unrated_reasons"].items()],
    }
    for kind, items in named.items():
        for item in items:
            yield kind, item["code"], item["zh"], item["en"]


def peer_group_rows(groups: Iterable[str], known: Iterable[Label]) -> Iterator[Label]:
    """Labels of peer groups: their codes are joined with “/”, their names with “·”."""
    words = {code: (zh, en) for kind, code, zh, en in known if kind in {"level", "size_class", "peer"}}
    for group in groups:
        codes = group.split("/")
        parts = [words[code] for code in codes if code != "all" or len(codes) == 1]
        yield "peer_group", group, "·".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


def label_frame(methodology: dict[str, Any], peer_groups: Iterable[str]) -> pl.DataFrame:
    """The rows as a frame: kind, code, zh, en, position (from 1 within a kind)."""
    import polars as pl

    known = list(label_rows(methodology))
    known += peer_group_rows(peer_groups, known)
    rows = pl.DataFrame(known, schema=["kind", "code", "zh", "en"], orient="row")
    return rows.with_columns(position=pl.int_range(1, pl.len() + 1).over("kind"))


def definition_frame(methodology: dict[str, Any]) -> pl.DataFrame:
    """The indicators' definitions: one row an indicator, in the methodology's order."""
    import polars as pl

    rows = [
        {
            "indicator": one["code"],
            "dimension": one["dimension"],
            "zh": one["zh"],
            "en": one["en"],
            "unit": one["unit"],
            "weight": float(one["weight"]),
            "is_lower_better": one.get("direction") == "lower",
            "clause": one["clause"],
            "families": one["families"],
            **{
                f"{name}_{lang}": one[name][lang]
                for name in ("formula", "numerator", "denominator_text", "why_it_matters")
                for lang in ("zh", "en")
            },
        }
        for one in methodology["indicators"]
    ]
    return pl.DataFrame(rows).with_columns(position=pl.int_range(1, pl.len() + 1))
