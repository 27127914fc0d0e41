"""Every parameter of the methodology has a name in both languages and a status."""

import pytest

from models.assessment.methodology import load
from models.assessment.parameter_names import names, parameters


@pytest.fixture(scope="module")
def found():
    return parameters(load(2025).model_dump(mode="json"))


def test_every_parameter_is_named_and_marked(found):
    for one in found:
        for lang in ("zh", "en"):
            assert one.name(lang), f"name {one.path} in parameter_names.yaml"
            assert one.block_name(lang)
        assert one.status in {"本项目建议值", "GKU"}, one.path


def test_paths_are_unique_and_nothing_named_is_gone(found):
    assert len({one.path for one in found}) == len(found)
    used = {one.path.split(".")[-1] for one in found}
    assert set(names()["names"]) <= used
    assert set(names()["blocks"]) == {one.block for one in found}


def test_values_and_what_they_are_of(found):
    by_path = {one.path: one for one in found}
    assert by_path["uncertainty.draws"].value == 1000
    assert by_path["composite.bands.excellent.minimum"].of == "excellent"
    assert by_path["evidence.weights.self_reported"].name("zh") == "证据权重"
    assert by_path["evidence.weights.self_reported"].of == "self_reported"
    assert by_path["rule_packs.221-2022.panel_minimum"].status == "GKU"
