import dataclasses
import json

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from data_contracts.defects import load_defects
from models import warehouse
from models.assessment.methodology import load
from models.errors import FengqingError
from models.home import Home
from models.publication import manifest as manifests
from models.publication import snapshot
from models.publication.tables import ASSESSMENT, MEASURES, NUMBER, NUMBERED


def publish(home, made, year=2025, seed=7):
    with warehouse.open_reader(home) as con:
        manifest = manifests.build(con, load(year), year, seed)
        return snapshot.publish(home, made, made, manifest, con), manifest


@pytest.fixture
def home(fabricated, tmp_path):
    return fabricated.publish(tmp_path, years=(2025,), n=6)


def test_every_table_has_its_declared_columns(con):
    for name, table in (ASSESSMENT | MEASURES).items():
        added = [NUMBER] if name in NUMBERED else []
        assert con.sql(f"select * from {name} limit 0").columns == [*table.columns, *added], name


def test_a_societys_number_is_its_place_by_code_in_every_table(con):
    codes = con.sql("select society_id from societies order by society_no").fetchall()
    assert [code for (code,) in codes] == sorted(code for (code,) in codes)
    for name in NUMBERED:
        numbers = con.sql(f"select distinct society_id, society_no from {name} order by 2").fetchall()
        assert all(codes[no][0] == code for code, no in numbers) and len(numbers) > 1, name


def test_the_frames_come_back_in_order(fabricated, con):
    made = fabricated.frames(44, 2025, seed=2025)
    for name, table in ASSESSMENT.items():
        expected = getattr(made, name).select(*table.columns).sort(*table.order)
        found = con.sql(f"from {name}").pl().drop(NUMBER, strict=False)
        assert_frame_equal(found, expected, check_dtypes=False)


def test_publishing_again_leaves_the_file_alone(fabricated, home):
    made = fabricated.frames(6, 2025, seed=2025)
    path, _ = publish(home, made)
    before = path.stat()
    again, _ = publish(home, made)
    assert again == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    assert len(snapshot.list_runs(home)) == 1


def test_nothing_half_written_is_left_when_a_frame_is_wrong(fabricated, home):
    made = fabricated.frames(6, 2025, seed=1)
    made.composite = made.composite.drop("rank_low")
    known = snapshot.current(home)
    with pytest.raises(FengqingError, match="rank_low"):
        publish(home, made, seed=99)
    assert snapshot.current(home) == known
    assert not list(home.snapshots.glob(".*.tmp"))


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda f: f.with_columns(score=pl.lit(float("nan"))), "NaN"),
        (lambda f: pl.concat([f, f]), "society_id"),
    ],
)
def test_wrong_frames_are_refused(fabricated, home, spoil, word):
    made = fabricated.frames(6, 2025, seed=1)
    made.composite = spoil(made.composite)
    with pytest.raises(FengqingError, match=word):
        publish(home, made, seed=99)


def test_current_names_the_latest_year(published):
    known = snapshot.current(published)
    assert list(known["years"]) == ["2024", "2025"]
    assert known["latest"] == known["years"]["2025"]


def test_a_past_year_made_anew_does_not_lead(fabricated, tmp_path):
    home = fabricated.publish(tmp_path, years=(2024, 2025), n=3)
    latest = snapshot.current(home)["latest"]
    _, manifest = publish(home, fabricated.frames(3, 2024, 5), year=2024, seed=42)
    assert snapshot.current(home) == {
        "latest": latest,
        "years": {"2024": manifest.run_id, "2025": latest},
    }
    assert [run["is_current"] for run in snapshot.list_runs(home)].count(True) == 2
    assert len(snapshot.list_runs(home)) == 3


def test_runs_open_by_name_year_or_none(published):
    years = snapshot.current(published)["years"]
    for asked, expected in (
        ({}, years["2025"]),
        ({"year": 2024}, years["2024"]),
        ({"run_id": years["2024"]}, years["2024"]),
    ):
        with snapshot.open_snapshot(published, **asked) as con:
            assert con.sql("select run_id from run").fetchone() == (expected,)


@pytest.mark.parametrize("asked", [{"year": 2023}, {"run_id": "2025-0000000000"}, {"run_id": "../x"}])
def test_unknown_runs_are_refused(published, asked):
    with pytest.raises(FengqingError) as caught:
        snapshot.resolve(published, **asked)
    assert caught.value.code == "RUN_UNKNOWN"
    assert "fengqing runs" in caught.value.zh and "fengqing runs" in caught.value.en


def test_an_empty_home_says_what_to_do(tmp_path):
    with pytest.raises(FengqingError) as caught:
        snapshot.open_snapshot(Home(tmp_path))
    assert caught.value.code == "NO_RUN"
    assert "fengqing run" in caught.value.zh and "fengqing run" in caught.value.en
    assert snapshot.list_runs(Home(tmp_path)) == []


def test_a_damaged_snapshot_is_named(home):
    run_id = snapshot.current(home)["latest"]
    snapshot.snapshot_path(home, run_id).write_bytes(b"not a database")
    with pytest.raises(FengqingError) as caught:
        snapshot.open_snapshot(home)
    assert caught.value.code == "SNAPSHOT_UNREADABLE"


def test_a_damaged_snapshot_hides_no_other(fabricated, home):
    good = snapshot.current(home)["latest"]
    damaged = f"{good[:4]}-0000000000"
    snapshot.snapshot_path(home, damaged).write_bytes(b"not a database")
    first, last = snapshot.list_runs(home)
    assert first["run_id"] == good and first["is_readable"] and first["is_current"]
    assert last == {**snapshot.UNREAD, "run_id": damaged, "year": int(good[:4]), "is_current": False}
    assert set(first) == set(last)


def test_a_damaged_current_json_is_named(home):
    (home.snapshots / "current.json").write_text("{")
    with pytest.raises(FengqingError) as caught:
        snapshot.current(home)
    assert caught.value.code == "CURRENT_UNREADABLE"


def test_personal_information_stays_behind(con):
    hidden = con.sql(
        "select count(*), count(value), count(repaired) from findings where code = 'D38'"
    ).fetchone()
    assert hidden[0] > 0
    assert hidden[1:] == (0, 0)
    said = con.sql("select distinct message_zh, message_en from findings where code = 'D38'").fetchall()
    advice = load_defects()["D38"].advice
    assert said == [(f"个人信息：{advice['zh']}", f"Personal information: {advice['en']}")]
    assert con.sql("select count(value) from findings where code = 'D18'").fetchone()[0] > 0


def test_values_of_restricted_families_stay_behind(fabricated, home):
    society = fabricated.code(1)
    with warehouse.open_writer(home) as con:
        file = fabricated.sha(2025, 0)
        con.execute(
            "insert into row_runs values (?, '表4学术调查', 9, 9, 'returned', 'investigations', null)", [file]
        )
        con.execute(
            "insert into findings values (?, '表4学术调查', 9, 3, 'opinion', '调查意见', 'D17', 'R', "
            "'案情文字', null, "
            "'原值“案情文字”', 'value “案情文字”', ?, 2025, null)",
            [file, society],
        )
    publish(home, fabricated.frames(6, 2025, 3), seed=11)
    with snapshot.open_snapshot(home) as con:
        found = con.sql("select value, message_zh, message_en from findings where code = 'D17'").fetchall()
    assert len(found) == 1
    assert found[0][0] is None
    assert "案情文字" not in "".join(found[0][1:])


def test_repairs_are_not_listed(con):
    assert con.sql("select count(*) from findings where verdict = 'A'").fetchone() == (0,)


def test_a_finding_is_of_the_family_of_its_sheets_rows_whatever_the_sheet_is_called(fabricated, home):
    society, file = fabricated.code(1), fabricated.sha(2025, 0)
    with warehouse.open_writer(home) as con:
        con.executemany(
            "insert into row_runs values (?, '我们的登记', ?, ?, ?, ?, null)",
            [(file, 1, 1, "non_data", None), (file, 2, 4, "returned", "investigations")],
        )
        con.executemany(
            "insert into findings values (?, '我们的登记', ?, null, null, null, 'D17', 'R', null, null, "
            "'说明', 'said', ?, 2025, null)",
            [(file, row, society) for row in (None, 1, 3)],
        )
    publish(home, fabricated.frames(6, 2025, 3), seed=11)
    with snapshot.open_snapshot(home) as con:
        query = "select row, family from findings where sheet = '我们的登记' order by row nulls first"
        assert con.sql(query).fetchall() == [(row, "investigations") for row in (None, 1, 3)]


def test_the_run_row_tells_all(published, con):
    run = con.sql("from run").pl().row(0, named=True)
    assert run["run_id"] == snapshot.current(published)["latest"]
    assert run["previous_run_id"] == snapshot.current(published)["years"]["2024"]
    assert json.loads(run["methodology"])["status"] == "本项目建议值"
    assert json.loads(run["manifest"])["seed"] == 7
    assert json.loads(run["counts"])["societies"] == 44


def test_every_code_has_a_name_in_both_languages(con):
    for kind, column, table in (
        ("level", "level", "societies"),
        ("reporting_line", "reporting_line", "societies"),
        ("cast_class", "cast_class", "societies"),
        ("size_class", "size_class", "societies"),
        ("peer_group", "peer_group", "societies"),
        ("band", "band", "composite"),
        ("state", "state", "indicators"),
        ("grade", "grade", "indicators"),
        ("indicator", "indicator", "indicators"),
        ("dimension", "dimension", "dimensions"),
        ("reason", "reason_code", "exemplars"),
        ("decision", "decision", "exemplars"),
        ("practice_tag", "practice_tag", "exemplars"),
        ("defect", "code", "findings"),
        ("family", "family", "contributions"),
    ):
        query = (
            f"select distinct {column} from {table} t where {column} is not null and not exists "
            f"(select 1 from labels l where l.kind = '{kind}' and l.code = t.{column} "
            "and l.zh <> '' and l.en <> '')"
        )
        assert con.sql(query).fetchall() == [], kind


def test_labels_cover_the_codes_of_the_methodology():
    from models.assessment.methodology.exemplar_rules import REASONS
    from models.publication.labels import label_rows

    known = {(kind, code) for kind, code, *_ in label_rows(load(2025).model_dump(mode="json"))}
    assert {("reason", code) for code in REASONS} <= known


def test_past_selections_are_of_earlier_years(published):
    past = snapshot.past_selections(published, 2025)
    assert past.schema == {"society_id": pl.String, "year": pl.Int64}
    assert past["year"].unique().to_list() == [2024]
    assert snapshot.past_selections(published, 2024).is_empty()


def test_two_readers_share_a_snapshot_while_the_next_is_published(fabricated, home):
    first, second = snapshot.open_snapshot(home), snapshot.open_snapshot(home)
    publish(home, fabricated.frames(6, 2025, 8), seed=12)
    assert first.sql("select run_id from run").fetchone() == second.sql("select run_id from run").fetchone()
    assert first.sql("select run_id from run").fetchone()[0] != snapshot.current(home)["latest"]
    first.close()
    second.close()


def test_manifest_is_frozen(published):
    with warehouse.open_reader(published) as con:
        manifest = manifests.build(con, load(2025), 2025, 7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        manifest.seed = 1


@pytest.mark.parametrize(
    ("group", "zh", "en"),
    [
        ("national/large/cases", "全国·大型·有受托案件", "National, Large, with commissioned cases"),
        ("provincial/rest", "省·其余合并", "Provincial, others combined"),
        ("all/rest", "其余合并", "others combined"),
        ("all", "全部学会", "all societies"),
        ("city/unknown/no_cases", "地市·未知·无受托案件", "City, unknown, without commissioned cases"),
    ],
)
def test_a_peer_group_is_named_by_its_parts(group, zh, en):
    from models.publication.labels import label_rows, peer_group_rows

    known = list(label_rows(load(2025).model_dump(mode="json")))
    assert list(peer_group_rows([group], known)) == [("peer_group", group, zh, en)]
