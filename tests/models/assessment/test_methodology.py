"""The methodology file: what it holds, and that a wrong one is refused with its line and the reason."""

import re
from pathlib import Path

import pytest

from models.assessment.methodology import load
from models.assessment.methodology.exemplar_rules import REASONS
from models.assessment.methodology.loader import METHODOLOGY_DIR
from models.errors import FengqingError

TEXT = (METHODOLOGY_DIR / "2025.yaml").read_text(encoding="utf-8")

SIGNED = '{check: rank_shift, item: "1.1", text: {zh: 已知, en: Known}, role: 方法组, signed_on: 2026-06-01}'


def refusal(tmp_path: Path, text: str) -> FengqingError:
    path = tmp_path / "trial.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FengqingError) as caught:
        load(path)
    return caught.value


def changed(old: str, new: str) -> str:
    """The text with the first `old` replaced."""
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_2025_holds_the_37_indicators_of_seven_dimensions(methodology):
    assert len(methodology.indicators) == 37
    assert sum(methodology.weights.values()) == 100
    by_dimension = {d.code: d.weight for d in methodology.dimensions}
    assert by_dimension == {"D1": 12, "D2": 16, "D3": 16, "D4": 18, "D5": 16, "D6": 12, "D7": 10}
    assert methodology.status == "本项目建议值"


def test_text_items_weigh_37_and_action_63(methodology):
    text = {"D1", "D2"}
    weight = sum(
        i.weight for i in methodology.indicators if i.dimension in text or i.code in {"4.1", "4.2", "4.3"}
    )
    assert weight == 37


def test_targets_are_natural_units_and_by_size_for_5_2(methodology):
    assert methodology.indicator("2.4").target_for("small") == 0.8
    assert [methodology.indicator("5.2").target_for(s) for s in ("large", "medium", "small", "micro")] == [
        0.2, 0.3, 0.4, 0.6,
    ]  # fmt: skip
    assert methodology.indicator("5.2").target_for(None) is None
    assert [i.code for i in methodology.indicators if i.low_is_good] == ["7.5"]


def test_missing_rules(methodology):
    shrunk = [i.code for i in methodology.indicators if i.is_shrunk]
    assert shrunk == ["2.4", "3.2", "3.3", "3.4", "3.5", "4.4", "4.5", "5.2", "6.1", "7.2", "7.3", "7.5"]
    conditional = [i.code for i in methodology.indicators if not i.is_required]
    assert conditional == [
        "1.3", "3.2", "3.3", "3.4", "3.5", "3.6", "4.4", "4.5", "4.6",
        "6.1", "6.2", "6.3", "7.2", "7.3", "7.5",
    ]  # fmt: skip


def test_every_reason_has_both_languages(methodology):
    assert set(methodology.exemplars.reasons) == set(REASONS)


def test_rules_in_force_are_picked_by_date(methodology):
    assert methodology.rules_for(2025).panel_minimum == 5
    with pytest.raises(KeyError):
        methodology.rules_for(2021)


def test_the_file_hash_is_kept(methodology):
    assert re.fullmatch(r"[0-9a-f]{64}", methodology.sha256)
    assert load(METHODOLOGY_DIR / "2025.yaml").sha256 == methodology.sha256


def test_earlier_year_uses_the_file_that_covers_it():
    assert load(2024).id == "CX90-2025"


def test_year_nobody_covers_says_which_there_are():
    with pytest.raises(FengqingError) as caught:
        load(2021)
    assert caught.value.code == "METHODOLOGY_NOT_FOUND"
    assert "2025" in caught.value.zh and "2021" in caught.value.en


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(FengqingError) as caught:
        load(tmp_path / "none.yaml")
    assert caught.value.code == "METHODOLOGY_NOT_FOUND"


@pytest.mark.parametrize(
    ("old", "new", "place", "zh", "en"),
    [
        # a total is refused where it is stated, not at the part that spoils it
        ("    weight: 4\n", "    weight: 5\n", "{code: D1", "D1 的指标权重之和为 13", "D1 weigh 13, not 12"),
        (
            "weight: 12, clause: 任务一",
            "weight: 11, clause: 任务一",
            "{code: D1",
            "权重之和为 12",
            "weigh 12",
        ),
        ('code: "1.2"', 'code: "1.1" #', 'code: "1.1" #', "重复", "repeated"),
        ("    dimension: D2\n", "    dimension: D9\n", "dimension: D9", "没有维度", "no dimension"),
        ("    target: 0.8\n", "    target: -0.8\n", "target: -0.8", "不得小于下限", "or equal to 0"),
        ("    missing: [M]\n", "    missing: [M, N]\n", "missing: [M, N]", "M 或 N 之一", "exactly one of"),
        (
            "    missing: [N]\n",
            "    missing: [M]\n",
            "    not_applicable_when",
            "不得有不适用条件",
            "cannot be",
        ),
        ("draws: 1000", "draws: lots", "draws: lots", "须为整数", "valid integer"),
        ("draws: 1000", "drawz: 1000", "drawz: 1000", "不认识的键", "not permitted"),
        ("minimum_score: 80", "minimum_score: 180", "minimum_score: 180", "不得大于上限", "equal to 100"),
        ("minimum: 80}", "minimum: 95}", "minimum: 95}", "须低于上一等次", "below the band before it"),
        (
            "order: [self_reported,",
            "order: [onsite,",
            "order: [onsite",
            "须列全五个证据等级",
            "all five grades",
        ),
        (
            "权重{applicable_weight}",
            "权重{aplicable}",
            "权重{aplicable}",
            "没有占位项",
            "unknown placeholder",
        ),
        ("[D3, D7]", "[D3, D8]", "[D3, D8]", "没有维度", "no dimension"),
        (
            "is_nomination_needed: true",
            "is_nomination_needed: perhaps",
            "needed: perhaps",
            "true 或",
            "boolean",
        ),
        ("    target: 0\n", "    target: 0.1\n", "target: 0.1", "目标须为0", "target must be 0"),
        ("draws: 1000", "draws: 1000\n  draws: 500", "draws: 500", "键重复", "repeated"),
        (
            "negative_correlation: -0.20",
            "negative_correlation: 0.20",
            "negative_correlation: 0.20",
            "不得大于上限",
            "equal to 0",
        ),
        ("sign_offs: []", f"sign_offs: [{SIGNED}, {SIGNED}]", "sign_offs: [", "已有签认", "already signed"),
        (
            "sign_offs: []",
            f"sign_offs: [{SIGNED.replace('rank_shift', 'rank')}]",
            "sign_offs: [",
            "不在规定的取值内",
            "should be",
        ),
    ],
)
def test_wrong_file_is_refused_at_its_line(tmp_path, old, new, place, zh, *, en):
    text = changed(old, new)
    line = line_of(text, place)
    error = refusal(tmp_path, text)
    assert error.code == "METHODOLOGY_REFUSED"
    assert zh in error.zh and en in error.en
    assert f"第 {line} 行" in error.zh and f"line {line}," in error.en


def test_missing_key_is_refused_at_its_block(tmp_path):
    text = changed("  places_minimum: 10\n", "")
    error = refusal(tmp_path, text)
    assert f"第 {line_of(text, 'exemplars:')} 行" in error.zh
    assert "exemplars.places_minimum" in error.zh and "缺少" in error.zh


def test_several_faults_are_counted(tmp_path):
    text = changed("draws: 1000", "draws: lots").replace("minimum_score: 80", "minimum_score: 180")
    error = refusal(tmp_path, text)
    assert "另有 1 处" in error.zh and "and 1 more" in error.en


@pytest.mark.parametrize("text", ["", "id: [", "- 1\n- 2\n"])
def test_what_is_no_methodology_at_all(tmp_path, text):
    assert refusal(tmp_path, text).code == "METHODOLOGY_REFUSED"
