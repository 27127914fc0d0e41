"""The catalogue of defects is whole, and every rule and code of the contracts has its words."""

import re

import polars as pl
import pytest

from data_contracts.coding import advise_uscc, is_id_card
from data_contracts.contract import load_contracts
from data_contracts.defects import PLACEHOLDERS, consequences, fill, load_defects, message, templates


def test_all_43_defects_are_there():
    codes = set(load_defects())
    assert {f"D{n:02d}" for n in range(1, 44)} <= codes
    assert all(re.fullmatch(r"[DS]\d\d", c) for c in codes)


@pytest.mark.parametrize("defect", load_defects().values(), ids=lambda d: d.code)
def test_each_defect_speaks_both_languages(defect):
    assert defect.title("zh") and defect.title("en")
    assert defect.default in defect.verdicts
    assert defect.verdicts <= {"A", "W", "R", "Q"}
    for texts in defect.messages.values():
        assert set(texts) == {"zh", "en"}
        assert re.search(r"[\u4e00-\u9fff]", texts["zh"])
        for text in texts.values():
            assert set(re.findall(r"\{(\w+)\}", text)) <= set(PLACEHOLDERS)


def test_every_rule_of_the_contracts_has_a_message():
    for contract in load_contracts().values():
        for rule in contract.rules:
            defect = load_defects()[rule.defect]
            assert defect.default in defect.verdicts
            assert rule.is_hard or "W" in defect.verdicts


def test_one_message():
    text = message("D07", "R", "zh", value="X", a="W", b="Y")
    assert text == "代码“X”的校验码应为W，实为Y，请逐位核对"
    with pytest.raises(KeyError):
        message("D07", "Q", "zh")


def row(**given):
    return {"code": "D05", "verdict": "A", "variant": "", **dict.fromkeys(PLACEHOLDERS), **given}


def test_many_messages_are_filled_at_once_in_their_order():
    frame = pl.DataFrame(
        [
            row(header="名称", value=" 甲 ", repaired="甲"),
            row(code="S07", verdict="R", variant="below", header="人数", value="-1", a="0"),
            row(header="名称", value="{repaired}\n", repaired="乙"),
        ],
        schema_overrides=dict.fromkeys(PLACEHOLDERS, pl.String),
    )
    told = fill(frame)["message_zh"].to_list()
    assert told[0] == "“名称”原值“ 甲 ”含多余空白，已改为“甲”"
    assert told[1] == "“人数”为-1，不能小于0"
    assert told[2] == "“名称”原值“｛repaired｝⏎”含多余空白，已改为“乙”"


def test_filling_agrees_with_the_single_message():
    every = templates().select("code", "verdict", "variant")
    values = {name: f"<{name}>" for name in PLACEHOLDERS}
    told = fill(every.with_columns(pl.lit(v).alias(k) for k, v in values.items()))
    for found in told.to_dicts():
        for lang in ("zh", "en"):
            assert found[f"message_{lang}"] == message(
                found["code"], found["verdict"], lang, found["variant"], **values
            )


def test_a_finding_without_words_is_an_error():
    with pytest.raises(KeyError, match="D05"):
        fill(pl.DataFrame([row(verdict="Q")], schema_overrides=dict.fromkeys(PLACEHOLDERS, pl.String)))


@pytest.mark.parametrize(
    ("code", "defect", "params"),
    [
        ("51990000900000014W", None, ()),
        ("51100000500002862F", None, ()),
        ("T2025-0001", None, ()),
        ("51990000900000014X", "D07", ("W", "X")),
        ("51100000500000024G", "D07", ("M", "G")),
        ("51990000900000O14W", "D06", ("15", "O", "0")),
        ("5I990000900000014W", "D06", ("2", "I", "1")),
        ("5199000A900000014W", "D06", ("8", "A")),
        ("52990000900000014W", "D08", ("民办非企业单位（社会服务机构）",)),
        ("53990000900000014W", "D08", ("基金会",)),
        ("91110000600037341L", "D08", ("企业",)),
        ("5.11E+17", "D09", ()),
        ("5199000090000001", "S09", ("16",)),
    ],
)  # fmt: skip
def test_advice_on_credit_codes(code, defect, params):
    advice = advise_uscc(code)
    assert (advice.code if advice else None) == defect
    if advice:
        assert (advice.a, advice.b, advice.c)[: len(params)] == params
        assert message(advice.code, advice.verdict, "zh", advice.variant)


def test_identity_card_numbers():
    assert is_id_card("11010519491231002X")
    assert is_id_card("11010519491231002x")
    assert not is_id_card("110105194912310021")
    assert not is_id_card("11010519491331002X")
    assert not is_id_card("51990000900000014W")


def test_what_only_follows_from_other_faults_is_marked():
    assert consequences() == {"S02", "S03"}
