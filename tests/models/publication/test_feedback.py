"""The feedback sheet: figures of the run, in both languages, hostile names as text, at most two pages."""

import io
from datetime import timedelta

import duckdb
import polars as pl
import pytest

from models.errors import FengqingError
from models.publication import figures
from models.publication.feedback import GAPS, _dimensions, content, feedback, texts, write_all


@pytest.fixture
def society(con):
    found = con.sql(
        "select society_id from composite where score is not null order by score limit 1"
    ).fetchone()
    return found[0]


def document_text(data):
    from docx import Document

    document = Document(io.BytesIO(data))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_field_is_filled_with_the_runs_figures(con, society, lang):
    said = document_text(feedback(con, society, lang))
    assert "{{" not in said
    assert "{%" not in said
    score, low, high = con.sql(
        "select score, low, high from composite where society_id = $1", params=[society]
    ).fetchone()
    for figure in (society, f"{score:.1f}", f"{low:.1f}–{high:.1f}"):
        assert figure in said
    for part in texts()["parts"]:
        assert part["heading"][lang] in said
    # The reader's clock, as on the pages.
    (created_at,) = con.sql("select created_at from run").fetchone()
    assert f"{created_at + timedelta(hours=8):%Y-%m-%d %H:%M}" in said
    assert "UTC" not in said


def test_figures_of_dimensions_are_rounded_as_everywhere():
    """0.35 is a little less in binary: written by itself it would be 0.3, where the pages say 0.4."""
    with duckdb.connect() as con:
        con.execute(
            "create table dimensions as select 'a' as society_id, 'D1' as dimension, 50.0 as score, "
            "0.35::double as low, 1234.35::double as high, 1.0 as peer_mean, "
            "12.345678::double as applicable_weight"
        )
        (one,) = _dimensions(con, "a", (), {("dimension", "D1"): "D1"}, "zh")
    low, high = (figures.decimal(v, "zh") for v in (0.35, 1234.35))
    assert one["interval"] == f"{low}–{high}" == "0.4–1,234.4"
    assert one["weight"] == "12.35"


def test_gains_are_what_full_marks_would_add(con, society):
    rows = con.sql(
        "select indicator, score, weight from indicators where society_id = $1 and score is not null",
        params=[society],
    ).pl()
    total = rows["weight"].sum()
    gains = (
        rows.filter(pl.col("score") < 1)
        .with_columns(gain=100 * pl.col("weight") * (1 - pl.col("score")) / total)
        .sort("gain", descending=True)
    )
    found = content(con, society, "zh")["gaps"]
    assert len(found) == min(GAPS, gains.height)
    assert found[0]["gain"] == f"{gains['gain'][0]:.1f}"
    assert found[0]["indicator"].startswith(gains["indicator"][0])


def test_an_unrated_society_is_told_why_and_has_no_rank(con):
    code, reason = con.sql(
        "select society_id, unrated_reason from composite where band = 'unrated' order by society_id limit 1"
    ).fetchone()
    label = con.sql(
        "select zh from labels where kind = 'unrated_reason' and code = $1", params=[reason]
    ).fetchone()
    results = {one["item"]: one for one in content(con, code, "zh")["results"]}
    assert results["等次"]["note"].startswith(label[0])
    assert results["同类组名次区间"]["value"] == "—"


def test_all_of_a_run_are_written_or_none(con, tmp_path):
    with pytest.raises(FengqingError) as error:
        write_all(con, tmp_path / "none", ["51990000900000014X"])
    assert error.value.code == "SOCIETY_UNKNOWN"
    assert not (tmp_path / "none").exists()
    codes = [c for (c,) in con.sql("select society_id from societies order by 1 limit 3").fetchall()]
    told = []
    written = write_all(con, tmp_path, codes, "en", lambda *word: told.append(word))
    assert [p.name for p in written] == [f"{c}_feedback.docx" for c in codes]
    assert told[-1] == ("feedback", 3, 3)


def test_the_templates_hold_the_fields_that_are_filled(con, society):
    filled = content(con, society, "zh")
    for part in texts()["parts"]:
        if "columns" in part:
            assert {c["field"] for c in part["columns"]} <= filled[part["rows"]][0].keys()
