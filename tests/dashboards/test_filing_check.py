"""The page 报送检查 through Streamlit's own test runner."""

import re
import shutil
from pathlib import Path

import pytest

from dashboards import filing
from dashboards.listing import cell_of


def script():
    """The page alone: the test runner cannot drive the navigation."""
    from dashboards import view
    from dashboards.i18n import Texts
    from dashboards.pages import filing_check

    filing_check.render(Texts(view.choose_language()))


@pytest.fixture
def home(tmp_path, fabricated):
    (tmp_path / "inbox").mkdir()
    return fabricated.Home(tmp_path)


@pytest.fixture
def start(monkeypatch, home):
    from streamlit.testing.v1 import AppTest

    def run(*files, lang="zh", size=20):
        monkeypatch.setenv("FENGQING_HOME", str(home.root))
        monkeypatch.setenv("FENGQING_UPLOAD_MB", str(size))
        app = AppTest.from_function(script, default_timeout=60)
        app.query_params["lang"] = lang
        settled(app.run())
        if files:
            app.file_uploader[0].set_value([(name, data, "") for name, data in files])
            settled(app.run())
        return app

    return run


def settled(app):
    assert not app.exception, [e.message for e in app.exception]
    return app


def html(app):
    return "\n".join(element.proto.body for element in app.get("html"))


def words(app):
    return re.sub(r"<[^>]+>", " ", html(app))


def file(path):
    return path.name, path.read_bytes()


def captions(app):
    return " ".join(element.value for element in app.caption)


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", ("报送检查", "不留存")), ("en", ("Check before filing", "Nothing is kept"))]
)
def test_before_a_file_is_chosen_the_page_says_what_will_happen(start, lang, said):
    app = start(lang=lang)
    assert all(text in words(app) for text in said)
    assert not app.button and "20" in app.file_uploader[0].label
    assert app.file_uploader[0].accept_multiple_files


@pytest.mark.parametrize(("lang", "verdict"), [("zh", "请先改正"), ("en", "Please correct first")])
def test_a_faulty_workbook_is_shown_cell_by_cell(start, messy, lang, verdict):
    (report,) = filing.judge([filing.Upload(*file(messy))])
    app = start(file(messy), lang=lang)
    text = words(app)
    assert f"× </span> {verdict}" in html(app) or f"× {verdict}" in re.sub(r"\s+", " ", text)
    for one in report.findings:
        assert one["sheet"] is None or f">{one['sheet']}</span></th>" in html(app)
    grave = next(f for f in report.findings if f["verdict"] == "R" and f["row"] and f["col"])
    assert f">{cell_of(grave)}</td>" in html(app)
    for count in ("accepted", "returned", "quarantined", "non_data"):
        assert f'<span class="figure">{report.rows[count]}</span>' in html(app)
    assert {b.label for b in app.get("download_button")} and not app.button[0].disabled


def test_a_flawless_workbook_may_be_filed(start, flawless):
    app = start(file(flawless))
    assert "可以报送" in words(app) and "请先改正" not in words(app)
    assert "<table" not in html(app)


def test_personal_numbers_are_shown_masked_only(start, fabricated):
    code = fabricated.code(3)
    table = f"统一社会信用代码,报告年度,类型\n{code},2025,联系人 13800138000\n".encode()
    text = html(start(("登记.csv", table)))
    assert "13800138000" not in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_that_cannot_be_read_says_why_and_cannot_be_submitted(start, home, lang):
    app = start(("扫描件.pdf", b"%PDF-1.4 scanned"), lang=lang)
    assert ("请先改正" if lang == "zh" else "Please correct first") in words(app)
    assert ("整个文件" if lang == "zh" else "Whole file") in words(app)
    assert app.button[0].disabled
    assert list((home.root / "inbox").iterdir()) == []


def test_the_filter_narrows_by_treatment(start, messy):
    app = start(file(messy))
    assert set(re.findall(r"fq-badge verdict-(\w)", html(app))) >= {"R", "Q"}
    app.button_group(key="letters").set_value(["Q"])
    settled(app.run())
    assert set(re.findall(r"fq-badge verdict-(\w)", html(app))) == {"Q"}
    app.button_group(key="letters").set_value([])
    settled(app.run())
    assert "<table" not in html(app) and any("所选范围内没有问题" in e.value for e in app.text)


def test_files_are_judged_once_and_forgotten_when_taken_away(start, messy, flawless, monkeypatch):
    judged = []

    def count(uploads, known=None):
        judged.append(len(uploads))
        return original(uploads, known)

    original = filing.judge
    monkeypatch.setattr(filing, "judge", count)
    app = start(file(messy))
    app.button_group(key="letters").set_value(["R"])
    settled(app.run())
    assert judged == [1]
    app.file_uploader[0].set_value([(*file(messy), ""), (*file(flawless), "")])
    settled(app.run())
    assert judged == [1, 2]
    app.file_uploader[0].clear()
    settled(app.run())
    assert "filing" not in app.session_state and "receipts" not in app.session_state


def test_nothing_is_kept_until_submitted(start, home, messy):
    inbox = home.root / "inbox"
    app = start(file(messy))
    assert list(inbox.iterdir()) == [] and "尚未保存" in captions(app)
    app.button(key="submit_0").click()
    settled(app.run())
    (kept,) = inbox.iterdir()
    assert kept.read_bytes() == messy.read_bytes()
    assert "已提交到收件箱" in words(app) and kept.name in words(app)
    assert app.button(key="submit_0").disabled


def test_the_same_file_submitted_again_is_not_kept_twice(start, home, messy):
    for said in ("已提交到收件箱", "未重复保存"):
        app = start(file(messy))
        app.button(key="submit_0").click()
        assert said in words(settled(app.run()))
    assert len(list((home.root / "inbox").iterdir())) == 1


def test_without_an_inbox_there_is_no_submitting(start, home, messy):
    (home.root / "inbox").rmdir()
    app = start(file(messy))
    assert app.button(key="submit_0").disabled
    assert "没有可写的收件箱" in captions(app)
    assert "请先改正" in words(app)


def test_an_inbox_that_fails_is_told(start, home, flawless, monkeypatch):
    monkeypatch.setattr(filing.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "disk full")))
    app = start(file(flawless))
    app.button(key="submit_0").click()
    assert "不能写入收件箱（disk full）" in words(settled(app.run()))
    assert list((home.root / "inbox").iterdir()) == []


def test_too_much_at_once_is_not_judged(start, monkeypatch):
    monkeypatch.setattr(filing, "judge", lambda _: pytest.fail("judged"))
    half = b"x" * 600_000
    text = words(start(("a.csv", half), ("b.csv", half), size=1))
    assert "未检查" in text and "1.1 MB" in text and "上限为 1 MB" in text
    text = words(start(*((f"{n}.csv", b"x") for n in range(11)), lang="en"))
    assert "There are 11 files; check 10 at a time." in text


def test_a_failure_of_judging_is_told(start, monkeypatch):
    def fail(_, register=None):
        raise ValueError("secret")

    monkeypatch.setattr(filing, "check", fail)
    app = start(("a.csv", b"x"))
    assert "检查未能完成（ValueError）" in words(app) and "secret" not in html(app)


def test_names_never_become_markup(start):
    made = html(start(("<img src=x onerror=alert(1)>.csv", b"a,b\n<b>1</b>,2\n")))
    assert "<img" not in made and "<b>1" not in made


def test_files_of_one_name_and_one_content_do_not_collide(start, messy, flawless):
    app = start(file(messy), file(messy), ("a.xlsx", flawless.read_bytes()))
    assert html(app).count('class="fq-section"') == 3


def test_long_lists_are_cut_and_say_so(start, messy, monkeypatch):
    from dashboards.pages import filing_check

    monkeypatch.setattr(filing_check, "SHOWN", 1)
    app = start(file(messy))
    assert html(app).count('class="fq-badge verdict-') == 1
    assert "此处显示前 1 条" in captions(app)


def test_the_whole_app_offers_the_page_before_the_first_run(monkeypatch, empty_home):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("FENGQING_HOME", str(empty_home.root))
    monkeypatch.setenv("FENGQING_RUN", "")
    app = AppTest.from_file(str(Path(filing.__file__).with_name("app.py")), default_timeout=60)
    settled(app.run())
    assert "尚无已发布的评估" in words(app)


def test_a_zip_is_judged_by_its_files_and_submitted_whole(start, home, messy, tmp_path):
    folder = tmp_path / "packed"
    folder.mkdir()
    shutil.copy(messy, folder)
    data = Path(shutil.make_archive(str(tmp_path / "报送"), "zip", folder)).read_bytes()
    app = start(("报送.zip", data))
    assert f"报送.zip/{messy.name}" in words(app) and "请先改正" in words(app)
    (button,) = app.button
    button.click()
    settled(app.run())
    assert [p.read_bytes() for p in (home.root / "inbox").iterdir()] == [data]
