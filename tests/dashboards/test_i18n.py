import ast
import re
import string
from pathlib import Path

import pytest

from dashboards import i18n
from dashboards.i18n import Texts, catalogue
from dashboards.navigation import GROUPS, PAGES
from dashboards.pages import issues
from dashboards.pages.task import TASKS
from models.publication.exports import WORKBOOKS as EXPORTED

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
SPECIFIED = {text for task in TASKS.values() for one in task.questions for text in one.columns} | {
    *issues.COLUMNS
}
# Keys put together at run time: the head, and what may follow.
MADE = {
    "exports.": tuple(f"{table}{part}" for table in (*EXPORTED, "manifest") for part in ("", ".what")),
    "filter.": ("level", "cast_class", "size_class", "band", "reporting_line", "supervisor_id"),
    "sort.": ("peer", "score", "verified", "missing", "name"),
    "filing.": ("accepted", "returned", "quarantined", "non_data"),
    "filing.point": tuple(f"{n}.{part}" for n in (1, 2, 3) for part in ("title", "text")),
    "filing.receipt.": ("new", "known"),
    "empty.step": ("1", "2", "3"),
    "empty.command": ("1", "2", "3"),
    "regions.measure.": ("filed_share", "best_share", "verified_share", "median"),
    "regions.": ("cast_class.title", "level.title", "size_class.title"),
    "methods.missing.": ("M", "N", "H"),
    "methods.direction.": ("higher", "lower"),
    "chart.sobol_": ("first", "total"),
    "attention.": tuple(f"{n}{part}" for n in ("unfiled_n", "returned_n", "overdue_n", "stalled_n",
                                               "pending_n", "barred_n") for part in ("", ".do")),
    "changes.": ("data", "methodology", "peers", "software", "data.note", "methodology.note", "peers.note",
                 "software.note", "basis.previous_year", "basis.restated"),
    "task.": tuple(TASKS),
    "question.": tuple(f"{one.key}{part}" for task in TASKS.values() for one in task.questions
                       for part in ("", ".lead", ".card", ".remark")),
    "shares.": tuple({key for task in TASKS.values() for key, *_ in task.shares}),
    "column.": tuple({text.partition(":")[0].replace("name", "society", 1) if text == "name"
                      else text.partition(":")[0] for text in SPECIFIED}),
}  # fmt: skip
NAVIGATION = (*(page.title for page in PAGES), *GROUPS)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def keys_used():
    """Every string given to a call of t, texts, self or view.texts."""
    found = set()
    for path in DASHBOARDS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                named = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if named in {"t", "texts", "self"} and isinstance(node.args[0].value, str):
                    found.add(node.args[0].value)
    return found


def test_both_catalogues_have_the_same_keys():
    assert catalogue("zh").keys() == catalogue("en").keys()


def test_every_key_used_is_there_and_every_key_there_is_used():
    made = {head + tail for head, tails in MADE.items() for tail in tails}
    assert keys_used() | made | set(NAVIGATION) == set(catalogue("zh"))


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue("zh")))
def test_a_message_is_translated(key):
    zh, en = catalogue("zh")[key], catalogue("en")[key]
    assert zh.strip() and en.strip()
    assert fields(zh) == fields(en)
    # The mark itself, and the notice's number, stay Chinese.
    assert not CHINESE.search(en.replace("本项目建议值", "").replace("国科办督〔2023〕90号", ""))


def test_no_chinese_stands_in_the_code_of_the_pages():
    allowed = {"中文", "语言 Language", "风清 Fengqing", "；", "　", "本项目建议值"}
    drawn = [path for folder in ("pages", "charts") for path in (DASHBOARDS / folder).glob("*.py")]
    for path in [*drawn, DASHBOARDS / "view.py"]:
        tree = ast.parse(path.read_text("utf-8"))
        documents = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
                assert not CHINESE.search(node.value) or node.value in allowed, (path.name, node.value)


def test_a_missing_message_is_an_error():
    with pytest.raises(KeyError):
        Texts("zh")("no.such.key")


def test_numbers():
    t = Texts("zh")
    assert t.integer(25000) == "25,000"
    assert t.decimal(83.449) == "83.4"
    assert t.percent(0.4567) == "45.7%"
    assert t.trimmed(3.0) == "3"
    assert [t.trimmed(3.14159), t.trimmed(0.25), t.trimmed(0.35)] == ["3.14", "0.25", "0.35"]
    assert [t.integer(None), t.decimal(None), t.percent(None), t.value(None, "share")] == [i18n.DASH] * 4
    assert [t.value(0.0, "share"), t.value(0.7, "level"), t.value(2, "count")] == ["0.0%", "0.7", "2"]
    # Few is not none.
    assert [t.percent(0.0), t.percent(0.0002), t.percent(0.001)] == ["0.0%", "<0.1%", "0.1%"]
    assert [t.span(3, 3), t.span(3, 12)] == ["3", "3–12"]
    assert [t.signed(3.21), t.signed(-3.21), t.signed(0.01), t.signed(0.0)] == ["+3.2", "−3.2", "±0.0", "0"]
    assert t.signed(0.075, is_share=True) == "+7.5 个百分点"


def test_a_score_is_not_rounded_up_to_a_limit_that_it_does_not_reach():
    t = Texts("zh", limits=(60.0, 80.0))
    assert [t.score(59.98), t.score(60.0), t.score(59.9999999), t.score(79.96)] == [
        "59.9",
        "60.0",
        "60.0",
        "79.9",
    ]
    assert [t.score(65.97), t.score(59.94), t.score(None)] == ["66.0", "59.9", i18n.DASH]


def test_two_figures_are_shown_apart():
    t = Texts("zh")
    assert [t.apart(70.0, 70.03), t.apart(78.8, 98.2)] == ["70.00 → 70.03", "78.8 → 98.2"]
    assert t.apart(1.0, 1.0) == "1.0000 → 1.0000"


def test_an_unknown_code_shows_itself_and_nothing_shows_a_dash():
    t = Texts("zh", {("band", "good"): "良好"})
    assert [t.label("band", "good"), t.label("band", "odd"), t.label("band", None)] == ["良好", "odd", "—"]


def test_a_text_in_two_halves_shows_the_one_asked_for():
    assert [Texts("zh").half("中文 | English"), Texts("en").half("中文 | English")] == ["中文", "English"]
    assert Texts("en").half("unparted") == "unparted"


def test_verdicts_are_named_without_a_run():
    assert i18n.lasting_labels("zh")["verdict", "returned"] == "退回补正"
    assert set("AWRQ") == {code for kind, code in i18n.lasting_labels("en") if kind == "finding_verdict"}
