import json
import re
from datetime import date
from importlib.resources import files

import duckdb
import jsonschema
import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts import coding
from data_contracts.contract import CONTRACTS_DIR, load_contract, load_contracts
from data_contracts.defects import load_defects

FAMILIES = sorted(p.name.removesuffix(".odcs.yaml") for p in CONTRACTS_DIR.glob("*.odcs.yaml"))
RULES = [(c.name, r.name) for c in load_contracts().values() for r in c.rules]


@pytest.fixture(scope="module")
def schema():
    return json.loads((files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))


def test_there_are_fourteen_families():
    assert len(FAMILIES) == 14
    assert set(load_contracts()) == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_contract_passes_the_standards_own_schema(schema, family):
    contract = yaml.safe_load((CONTRACTS_DIR / f"{family}.odcs.yaml").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(contract)] == []


def test_the_schema_refuses_a_wrong_contract(schema):
    contract = yaml.safe_load((CONTRACTS_DIR / "units.odcs.yaml").read_text(encoding="utf-8"))
    contract["schema"][0]["properties"][0]["logicalType"] = "text"
    assert list(jsonschema.validators.validator_for(schema)(schema).iter_errors(contract))


@pytest.mark.parametrize("family", FAMILIES)
def test_names_are_unique(family):
    contract = load_contract(family)
    for names in (
        [f.name for f in contract.fields],
        [f.zh for f in contract.fields],
        [r.name for r in contract.rules],
    ):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_header_means_one_column(family):
    headers = [h for f in load_contract(family).fields for h in dict.fromkeys(f.headers)]
    assert sorted(h for h in headers if headers.count(h) > 1) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_spelling_means_one_code(family):
    for f in load_contract(family).fields:
        spellings = [s for v in f.enum for s in dict.fromkeys(v.spellings)]
        assert sorted({s for s in spellings if spellings.count(s) > 1}) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_keys_are_required_and_hold_the_year(family):
    contract = load_contract(family)
    assert "report_year" in contract.key
    assert all(contract.field(name).required for name in contract.key)


@pytest.mark.parametrize("family", FAMILIES)
def test_relationships_lead_to_keys(family):
    contract = load_contract(family)
    for relationship in contract.relationships:
        parent = load_contract(relationship.to_family)
        assert set(relationship.to_columns) <= set(parent.key)
        kinds = [
            (contract.field(a).kind, parent.field(b).kind)
            for a, b in zip(relationship.columns, relationship.to_columns, strict=True)
        ]
        assert all(a == b for a, b in kinds)
    for f in contract.fields:
        if f.references:
            parent, column = f.references.split(".")
            assert column in load_contract(parent).key


def test_parents_are_loaded_first():
    order = list(load_contracts())
    for contract in load_contracts().values():
        for relationship in contract.relationships:
            assert order.index(relationship.to_family) < order.index(contract.name)


@pytest.mark.parametrize(("family", "rule"), RULES)
def test_every_rule_names_known_columns_and_a_known_defect(family, rule):
    contract = load_contract(family)
    [found] = [r for r in contract.rules if r.name == rule]
    assert found.fields
    assert {f for f in found.fields} <= {f.name for f in contract.fields}
    assert found.defect in load_defects()


@pytest.mark.parametrize(("family", "rule"), RULES)
def test_every_rule_says_in_both_languages_what_must_hold(family, rule):
    """And names every column it relates, so that a return can mark them all."""
    contract = load_contract(family)
    [found] = [r for r in contract.rules if r.name == rule]
    used = {f.name for f in contract.fields} & set(re.findall(r"\w+", found.holds.replace("year from", "")))
    between = {n for n in used if f"{n} is not null" in found.holds and n not in found.fields}
    assert set(found.fields) == used - {"report_year"} - between
    assert re.search(r"[\u4e00-\u9fff]", found.zh) and not re.search(r"[\u4e00-\u9fff_]", found.en)
    if "_n" not in "".join(found.fields):
        assert all(contract.field(n).zh in found.zh for n in found.fields if contract.field(n).kind == "date")


def values(f):
    if f.enum and f.kind == "string":
        return st.sampled_from([v.code for v in f.enum])
    stock = {
        "string": st.sampled_from(["51990000900000014W", "52990000900000014W", "x", ""]),
        "integer": st.integers(0, 4) | st.sampled_from([2024, 2025]),
        "number": st.floats(0, 4),
        "date": st.dates(date(2024, 1, 1), date(2026, 12, 31)),
        "boolean": st.booleans(),
    }
    return stock[f.kind]


@pytest.mark.parametrize(("family", "rule"), RULES)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_both_engines_agree_on_every_rule(family, rule, data):
    contract = load_contract(family)
    [found] = [r for r in contract.rules if r.name == rule]
    fields = [f for f in contract.fields if f.kind != "array"]
    row = st.fixed_dictionaries(
        {f.name: st.none() | values(f) if f.name in found.holds else st.none() for f in fields}
    )
    rows = data.draw(st.lists(row, min_size=8, max_size=8))
    frame = pl.DataFrame(rows, schema={f.name: contract.polars_schema()[f.name] for f in fields})
    by_polars = frame.select(holds=pl.sql_expr(found.holds))["holds"].to_list()
    with duckdb.connect() as con:
        by_duckdb = [r[0] for r in con.sql(f"select {found.holds} from frame").fetchall()]
    assert by_polars == by_duckdb


@pytest.mark.parametrize(("family", "rule"), RULES)
def test_every_rule_can_be_broken(family, rule):
    """A rule that nothing breaks checks nothing."""
    contract = load_contract(family)
    [found] = [r for r in contract.rules if r.name == rule]
    fields = [f for f in contract.fields if f.name in found.holds]
    pools = {
        "integer": [1, 9, 2025], "number": [1.0, 9.0], "boolean": [True, False],
        "date": [date(2024, 5, 1), date(2025, 5, 1), None], "string": ["52990000900000014W", None],
    }  # fmt: skip
    rows = pl.DataFrame({"_": [0]})
    for f in fields:
        pool = [v.code for v in f.enum] + [None] if f.enum else pools[f.kind]
        rows = rows.join(pl.DataFrame({f.name: pool}), how="cross")
    assert rows.select(holds=pl.sql_expr(found.holds))["holds"].to_list().count(False) > 0


@pytest.mark.parametrize(
    ("code", "is_valid"),
    [
        ("51100000500002862F", True),  # a real society's
        ("51100000500000024G", False),  # in public seed data, wrong
        ("51990000900000014W", True),
        ("51990000900000022P", True),
        ("51990000900000030J", True),
    ],
)
def test_credit_codes(code, is_valid):
    assert (coding.advise_uscc(code) is None) is is_valid


def test_examples_fit_their_fields():
    for contract in load_contracts().values():
        for f in contract.fields:
            if f.example is None:
                continue
            if f.max_length:
                assert len(f.example) <= f.max_length
            if f.kind == "date":
                assert date.fromisoformat(f.example)
            if f.kind in ("integer", "number"):
                assert f.minimum is None or f.example >= f.minimum
            if f.format == "uscc":
                assert coding.advise_uscc(f.example) is None


def test_an_unknown_family_is_named_with_the_known_ones():
    with pytest.raises(KeyError, match="societies"):
        load_contract("nothing")
