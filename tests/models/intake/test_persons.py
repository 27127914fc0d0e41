"""Names of parties, old identity numbers and private addresses are found; ordinary words are not."""

import polars as pl
import pytest

from models.intake.privacy import detect


def kinds(*texts):
    return dict(detect(pl.Series(texts, dtype=pl.String)).select("text", "kind").rows())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("当事人张伟存在抄袭", "name"),
        ("举报人：李小明", "name"),
        ("被举报人刘某涉嫌造假", "name"),
        ("联系人 欧阳修文，电话", "name"),
        ("对王芳教授的投诉", "titled"),
        ("向赵国强老师核实", "titled"),
        ("身份证110105491231002", "id"),
        ("证件号：110105491231002。", "id"),
        ("联系 zhangsan@qq.com", "mail"),
    ],
)
def test_found_and_hidden(text, kind):
    found = detect(pl.Series([text]))
    assert found["kind"].to_list() == [kind]
    secrets = {"张伟", "李小明", "刘某", "欧阳修文", "王芳", "赵国强", "110105491231002", "zhangsan"}
    assert not any(s in found["hidden"][0] for s in secrets)


@pytest.mark.parametrize(
    "text",
    [
        "举报人权益保护", "当事人应当说明", "高级研究员", "特聘教授", "方法研究员", "当事人单位",
        "当事人明确表示", "举报人对处理结果", "举报人和当事人", "投诉人要求公开", "常务理事教授",
        "邀请高校教授", "与相关老师座谈", "office@society.org.cn", "学号110105491231002",
        "身份证202313491231002", "组织全体理事学习自律公约", "认为签到名册未被计入",
        "修订评审回避办法并重新公示", "对涉事分支机构开展约谈并限期整改",
    ],
)  # fmt: skip
def test_ordinary_words_are_left_alone(text):
    assert kinds(text) == {}


def test_forms_of_address_count_in_cases_and_complaints_only(book, judged, rows):
    book.table("education_sessions", {**rows["education_sessions"], "name": "王芳教授报告会"})
    book.table("supervision_issues", {**rows["supervision_issues"], "plan": "约谈王芳教授"})
    result = judged(book)
    found = result.findings.filter(pl.col("code") == "D38")
    assert found["sheet"].to_list() == []  # 约谈 is neither a mark nor a word that comes before a name
    book.table("supervision_issues", {**rows["supervision_issues"], "plan": "对王芳教授约谈"})
    found = judged(book).findings.filter(pl.col("code") == "D38")
    assert found.select("sheet", "value").rows() == [("表7社会监督", "对***教授约谈")]


def test_nothing_else_is_quoted_of_the_cell(book, judged, rows):
    book.table("supervision_issues", {**rows["supervision_issues"], "plan": "当事人张伟，責令检查"})
    found = judged(book).findings
    assert set(found["code"]) == {"D29", "D38"}
    assert not any("张伟" in str(v) for v in found.rows())
