"""A contract file in the Open Data Contract Standard to our own shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data_contracts.contract import Contract, EnumValue, Field, Relationship, Rule


def read_contract(path: Path) -> Contract:
    """The contract in one YAML file."""
    import yaml
    from open_data_contract_standard.model import OpenDataContractStandard

    # The library's own loader is pure Python and takes 4 s for the 14 contracts; libyaml takes a tenth.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)

    # Every part is optional to the library; that ours are present is what the schema test asserts.
    odcs: Any = OpenDataContractStandard(**content)
    table = odcs.schema_[0]
    extra = _extras(table.customProperties)
    clause = next(d.description for d in odcs.authoritativeDefinitions if d.type == "clause")
    return Contract(
        name=table.name,
        zh=table.businessName,
        en=_english(table.synonyms),
        description=table.description or "",
        version=odcs.version,
        clause=clause,
        sheets=tuple(extra["sheets"]),
        origins=frozenset(extra["source"].split("+")),
        classification=extra["classification"],
        is_bulk=extra.get("volume") == "bulk",
        fields=tuple(_field(p) for p in table.properties),
        rules=tuple(_rule(q) for q in table.quality or ()),
        relationships=tuple(_relationship(r) for r in table.relationships or ()),
    )


def _extras(properties: Any) -> dict[str, Any]:
    return {p.property: p.value for p in properties or ()}


def _english(synonyms: Any) -> str:
    return next(s.synonym for s in synonyms if s.locale == "en")


def _enum(values: Any) -> tuple[EnumValue, ...]:
    found = []
    for v in values or ():
        extra = _extras(v.customProperties)
        found.append(EnumValue(str(v.value), v.label, extra["en"], tuple(extra.get("aliases", ()))))
    return tuple(found)


def _field(p: Any) -> Field:
    extra, options = _extras(p.customProperties), p.logicalTypeOptions or {}
    return Field(
        name=p.name,
        kind=p.logicalType,
        zh=p.businessName,
        en=_english(p.synonyms),
        description=p.description or "",
        header_aliases=tuple(s.synonym for s in p.synonyms if s.source == "header"),
        enum=_enum(p.items.enum if p.items else p.enum),
        required=bool(p.required),
        must_answer=bool(extra.get("mustAnswer")),
        key_position=p.primaryKeyPosition if p.primaryKey else None,
        from_cover=extra.get("source") == "cover",
        header_group=extra.get("headerGroup"),
        unit=extra.get("unit"),
        transform=extra.get("transform"),
        default=extra.get("default"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        max_length=options.get("maxLength"),
        pattern=options.get("pattern"),
        format=options.get("format"),
        classification=p.classification or "internal",
        references=p.relationships[0].to if p.relationships else None,
        example=p.examples[0] if p.examples else None,
        may_be_future=bool(extra.get("mayBeFuture")),
        needs_day=extra.get("precision") == "day",
        plausible_minimum=extra.get("plausibleMinimum"),
        plausible_maximum=extra.get("plausibleMaximum"),
    )


def _rule(q: Any) -> Rule:
    how = q.implementation
    is_hard = q.severity == "error"
    return Rule(
        q.name,
        q.description,
        _extras(q.customProperties)["en"],
        how["holds"],
        tuple(how["fields"]),
        how["defect"],
        is_hard,
    )


def _relationship(r: Any) -> Relationship:
    def columns(refs: Any) -> tuple[str, ...]:
        return tuple(ref.split(".", 1)[1] for ref in refs)

    return Relationship(columns(r.from_), r.to[0].split(".", 1)[0], columns(r.to))
