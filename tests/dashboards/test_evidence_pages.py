"""The pages on units, regions, data quality and methods show the run's own figures."""

import duckdb
import polars as pl
import pytest

from dashboards import access, charts
from dashboards.filters import ALL, Filters
from dashboards.i18n import Texts
from dashboards.pages.regions import tiles
from dashboards.queries import quality, regions, units
from data_contracts.contract import load_contract
from models.publication.snapshot import open_snapshot, resolve


@pytest.fixture
def con(published):
    found = access.connect(published, resolve(published), access.Scope())
    yield found
    found.close()


def test_every_reporting_line_has_one_tile_of_its_own():
    lines = {value.code for value in load_contract("societies").field("reporting_line").enum}
    assert set(tiles()) == lines
    assert len(set(tiles().values())) == len(lines)


def test_regions_add_up_to_the_nation(con):
    found = regions.summary(con, "reporting_line")
    for column, query in (
        ("societies_n", "select count(*) from societies"),
        ("filed_n", "select count(*) from societies where filed"),
        ("rated_n", "select count(score) from composite"),
    ):
        assert found[column].sum() == con.sql(query).fetchone()[0]
    with pytest.raises(ValueError):
        regions.summary(con, "name; drop table run")


def test_units_stand_by_line_and_number_and_never_by_success():
    con = duckdb.connect()
    con.execute(
        "create table units as select * from (values "
        "('U2', '乙', '110000', ['supervisor'], null, null, null), "
        "('U1', '甲', '110000', ['industry_admin'], '发〔2025〕1号', date '2025-02-01', null), "
        "('U9', '登记', '110000', ['registrar'], null, null, null)) "
        "t(unit_id, name, reporting_line, roles, plan_doc_no, plan_date, doc_no)"
    )
    con.execute(
        "create table unit_measures as select * from (values ('U1', 'U2', 1.0, 1.0, 1.0), "
        "('U2', 'U2', 0.0, 1.0, 0.0), ('U1', 'U4', 1.0, 2.0, 0.5), ('U2', 'U4', 0.0, 0.0, null), "
        "('U9', 'U2', 0.0, 1.0, 0.0)) t(unit_id, indicator, numerator, denominator, value)"
    )
    assert units.cards(con)["unit_id"].to_list() == ["U1", "U1", "U2", "U2"]
    counts = {one["indicator"]: one for one in units.completeness(con).iter_rows(named=True)}
    plan, practice = counts["U2"], counts["U4"]
    assert (plan["complete_n"], plan["none_n"], plan["units_n"]) == (1, 1, 2)
    # Nothing to do is not the same as nothing done.
    assert (practice["partial_n"], practice["idle_n"], practice["none_n"]) == (1, 1, 0)


def test_coverage_shares_every_society_out_among_the_states(con):
    found = quality.coverage(con)
    assert found.height == 37
    total = found.select(sum(found[code] for code in charts.STATES).alias("total"))["total"]
    assert total.to_list() == pytest.approx([1.0] * 37)


def test_drift_compares_societies_with_a_value_in_both_years(published):
    now, before = open_snapshot(published, year=2025), open_snapshot(published, year=2024)
    found = quality.drift(now, before)
    one = found.row(0, named=True)
    query = "select society_id, value from indicators where indicator = $1 and value is not null"
    a, b = (dict(c.sql(query, params=[one["indicator"]]).fetchall()) for c in (now, before))
    both = a.keys() & b.keys()
    assert one["societies_n"] == len(both)
    assert one["now"] == pytest.approx(sum(a[k] for k in both) / len(both))
    assert one["change"] == pytest.approx(one["now"] - one["before"])
    now.close(), before.close()


def test_a_tile_of_few_societies_is_drawn_so(con):
    from dashboards.pages.regions import FEW, _placed

    t = Texts("zh", {})
    placed = _placed(regions.summary(con, "reporting_line"), "median", t)
    assert placed.filter(placed["n"] < FEW)["is_few"].all()
    plain, hatched = charts.tile_grid(placed, False, t).checked.data
    few = placed.filter(placed["is_few"] & placed["value"].is_not_null())
    assert plain.marker.pattern.shape is None and hatched.marker.pattern.shape == "/"
    assert list(zip(hatched.x, hatched.base, strict=True)) == [
        (x, -y - 0.46) for x, y in few["x", "y"].rows()
    ]
    assert few.height > 0 and len(plain.x) + few.height == placed.height


@pytest.mark.parametrize("filters", [ALL, Filters(level="provincial")])
def test_every_count_of_the_quality_page_is_the_number_of_its_rows(con, filters):
    found = quality.findings(con, filters)
    for one in found.group_by("code").agg(n=pl.col("findings_n").sum()).iter_rows(named=True):
        rows = quality.finding_rows("zh", one["code"], filters).all(con)
        assert rows.height == one["n"] > 0
        assert rows.select(pl.col("file", "sheet", "line", "message").null_count()).row(0) == (0, 0, 0, 0)
    total, files = quality.total(con, filters), quality.file_rows(filters=filters).all(con)
    assert (total["rows_read"], total["returned"]) == (files["rows_read"].sum(), files["returned"].sum())
    assert quality.file_rows(verdict="returned", filters=filters).count(con) == (files["returned"] > 0).sum()
    assert quality.files(con, filters)["files_n"].sum() == files.height


def test_filters_narrow_what_the_quality_page_counts(con, published):
    some = Filters(level="provincial")
    assert 0 < quality.total(con, some)["rows_read"] < quality.total(con)["rows_read"]
    assert quality.coverage(con, some)["societies_n"].max() < quality.coverage(con)["societies_n"].max()
    with open_snapshot(published, year=2024) as before:
        narrow, wide = (quality.drift(con, before, one)["societies_n"].max() for one in (some, ALL))
    assert 0 < narrow < wide
    with pytest.raises(ValueError):
        quality.file_rows(verdict="returned > 0 or 1 = 1; --")
