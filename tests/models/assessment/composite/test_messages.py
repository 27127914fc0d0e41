import re
from string import Formatter

import pytest

from models.assessment.composite import CompositeError, Issue
from models.assessment.composite.messages import LABELS, TEXTS, label
from models.errors import FengqingError


@pytest.mark.parametrize("code", TEXTS)
def test_both_languages_tell_the_same_facts_in_one_line(code: str) -> None:
    zh, en = TEXTS[code]
    facts = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (zh, en)]
    assert facts[0] == facts[1]
    assert re.search(r"[\u4e00-\u9fff]", zh) and not re.search(r"[\u4e00-\u9fff]", en)
    assert "\n" not in zh + en


def test_an_error_speaks_both_languages_and_long_lists_are_cut() -> None:
    error = CompositeError("meta_childless", columns=[f"c{number}" for number in range(20)])
    assert isinstance(error, FengqingError)
    assert error.text("zh") == "汇总项 c0、c1、c2、c3、c4、c5、c6、c7 … (20) 没有下级。"
    assert error.text("en").startswith("The aggregates c0, c1,")


def test_an_issue_names_its_columns() -> None:
    issue = Issue("treat", "treat_logged", ("a", "b"))
    assert "a、b" in issue.message("zh") and "a, b" in issue.message("en")


def test_words_of_the_summary() -> None:
    assert all(label(key, "zh") != label(key, "en") for key in LABELS)
