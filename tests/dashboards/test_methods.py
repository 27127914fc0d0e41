"""Every parameter of the methodology is named in the reader's words, and none by another thing's name."""

import re

import pytest

from dashboards.pages import methods
from models.assessment.methodology import load
from models.assessment.parameter_names import parameters
from tests.dashboards.test_pages import settled, start, words  # noqa: F401 - a fixture

SOURCES = ("source", "status")


@pytest.fixture
def said(start, published):  # noqa: F811 - the fixture above
    return re.sub(r"\s+", " ", words(settled(start(published, "methods"))))


def test_no_code_stands_for_a_name(said):
    table = said.rpartition("全部参数")[2]
    allowed = {word for one in parameters(load(2025).model_dump(mode="json")) if one.path.endswith(SOURCES)
               for word in re.findall(r"[a-z]+", str(one.value))}  # fmt: skip
    assert set(re.findall(r"[a-z][a-z_]{2,}", table)) <= allowed


def test_a_value_bears_the_name_of_its_own_kind(said):
    assert "视为有效的文件阶段 发布、施行" in said and "分组方式的抽样占比：公布的分组" in said
    assert "提示值：名册载年检不合格或未参检，待核文书 不合格、未参检" in said
    assert "增加现场核的界限：仅自报所占权重偏高 0.1" in said


def test_sizes_stand_in_their_order():
    from dashboards.i18n import Texts

    sizes = ("large", "medium", "small", "micro")
    t = Texts("zh", {("size_class", code): code for code in sizes})
    target = methods._target(t, {"target": dict.fromkeys(reversed(sizes), 0.5), "unit": "share"})
    assert [part.split()[0] for part in target.split("；")] == list(sizes)
