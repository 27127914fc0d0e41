from dashboards import tables
from dashboards.tables import Head, Html


def test_data_is_text():
    made = tables.table([Head("名称")], [("<script>alert(1)</script> **粗** ![x](http://x)",)], "表")
    assert "<script>" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt; **粗** ![x](http://x)" in made


def test_our_own_html_stays():
    assert tables.cell(Html("<b>1</b>")) == "<b>1</b>"
    assert tables.cell(None) == ""


def test_every_state_has_its_own_sign():
    assert len(set(tables.SIGNS.values())) == len(tables.SIGNS) == 6
    for code, sign in tables.SIGNS.items():
        assert sign.encode("gb18030").decode("gb18030") == sign
        assert sign in tables.mark(code, "名") and "名" in tables.mark(code, "名")


def test_an_interval_keeps_to_its_scale():
    made = tables.interval(92.0, 88.8, 95.2, "区间")
    assert "left:88.8%;width:6.4%" in made and "left:92.0%" in made
    assert tables.interval(None, None, None, "x") == ""


def test_a_row_of_one_cell_heads_a_group():
    made = tables.table([Head("a"), Head("b")], [("组",), ("1", "2")], "表")
    assert 'colspan="2"' in made


def test_the_name_of_a_file_breaks_between_its_parts_only():
    assert tables.breakable("2025/a_<1>.xlsx_") == "2025/a_<wbr>&lt;1&gt;.xlsx_"


def test_a_table_of_nothing_says_so():
    assert '<td colspan="2">—</td>' in tables.table([Head("a"), Head("b")], [], "表")


def test_a_share_of_draws_that_is_not_told_is_no_blank():
    from dashboards.i18n import Texts
    from dashboards.pages.exemplars import _stability

    t = Texts("zh")
    assert _stability(t, {"stability": None, "coarse": "yes"}) == "※"
    assert _stability(t, {"stability": None, "coarse": "no"}) == "—"
    assert "81.0%" in _stability(t, {"stability": 0.81, "coarse": "no"})
