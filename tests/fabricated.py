"""A fabricated run: fictitious societies with invented figures, published through the real code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from stdnum.cn import uscc

from models import warehouse
from models.assessment.methodology import load
from models.home import Home
from models.publication import manifest as manifests
from models.publication import snapshot
from models.publication.tables import ASSESSMENT

LEVELS = ["national", "provincial", "provincial", "sub_provincial", "city", "county"]
SIZES = ["large", "medium", "small", "micro"]
CLASSES = list("ABCDEX")
LINES = ["110000", "320000", "440000", "XPCC", "440300"]
FIELDS = [
    "量子材料",
    "海洋信息",
    "种质创新",
    "临床检验",
    "科学传播",
    "微纳制造",
    "遥感应用",
    "草地生态",
    "影像医学",
    "数据治理",
]
NO_SIGNALS = pl.DataFrame(schema={"society_id": pl.String, "indicator": pl.String, "signal": pl.String})
GRADES = ["self_reported", "attached", "sampled", "onsite"]


@dataclass
class Frames:
    """Both an assessment and its measures: the publication only reads frames by name."""

    societies: pl.DataFrame
    indicators: pl.DataFrame
    dimensions: pl.DataFrame
    composite: pl.DataFrame
    exemplars: pl.DataFrame
    decision_gates: pl.DataFrame
    decision_outlook: pl.DataFrame
    decision_flips: pl.DataFrame
    decision_lines: pl.DataFrame
    decision_onsite: pl.DataFrame
    decision_objections: pl.DataFrame
    decision_publicity: pl.DataFrame
    band_probabilities: pl.DataFrame
    selection_probabilities: pl.DataFrame
    rank_sets: pl.DataFrame
    sensitivity: pl.DataFrame
    coherence: pl.DataFrame
    contributions: pl.DataFrame
    measures: pl.DataFrame
    signals: pl.DataFrame
    units: pl.DataFrame


def code(n: int) -> str:
    """A valid credit code in the fictitious region 99."""
    body = f"51990000{uscc._alphabet[n % 30]}{n:08d}"
    return body + uscc.calc_check_digit(body)


def sha(year: int, n: int) -> str:
    return f"{year:04d}{n:060x}"


def name(n: int) -> str:
    return f"虚构{FIELDS[n % 10]}学会" if n < 10 else f"虚构{FIELDS[n % 10]}研究会第{n // 10}分区"


def frames(n: int, year: int, seed: int, *, is_provisional: bool = False) -> Frames:
    rng = np.random.default_rng(seed)
    method = load(year)
    ids = [code(i + 1) for i in range(n)]
    quality = rng.uniform(0.35, 1.0, n)
    filed = np.array([i % 11 != 7 for i in range(n)])
    cases = np.array([i % 3 == 0 for i in range(n)])
    levels = [LEVELS[i % 6] for i in range(n)]
    groups = [
        None if not filed[i] else ("national/large/cases" if levels[i] == "national" else f"{levels[i]}/rest")
        for i in range(n)
    ]
    peer_n = [sum(g == h for h in groups) if g else 0 for g in groups]
    societies = pl.DataFrame(
        {
            "society_id": ids,
            "name": [name(i) if i != 5 else "=虚构<b>脚本</b>*学会*" for i in range(n)],
            "level": levels,
            "reporting_line": ["000000" if levels[i] == "national" else LINES[i % 5] for i in range(n)],
            "supervisor_id": [None if i % 9 == 8 else f"U{i % 4 + 1:03d}" for i in range(n)],
            "supervisor_name": [None if i % 9 == 8 else f"虚构第{i % 4 + 1}主管单位" for i in range(n)],
            "cast_class": [CLASSES[i % 6] for i in range(n)],
            "size_class": [SIZES[i % 4] for i in range(n)],
            "has_cases": cases,
            "individual_members": rng.integers(200, 60000, n),
            "peer_group": groups,
            "peer_n": peer_n,
            "in_scope": True,
            "filed": filed,
        }
    )
    rows, sources = [], []
    for i, society in enumerate(ids):
        for one in method.indicators:
            state = "not_reported" if not filed[i] else "reported"
            if filed[i]:
                draw = rng.random()
                case_free = one.families == ["investigations"] and not cases[i]
                state = "not_applicable" if case_free else state
                state = "zero" if draw < 0.04 and not case_free else state
                state = "under_verification" if draw > 0.97 else state
                state = "not_reported" if 0.04 <= draw < 0.08 and one.is_required else state
            value = float(np.clip(quality[i] + rng.normal(0, 0.15), 0.01, 1))
            has = state in {"reported", "zero"}
            denominator = float(
                rng.integers(1, 9) if "investigations" in one.families else rng.integers(5, 200)
            )
            value = 0.0 if state == "zero" else value
            small = has and one.is_shrunk and denominator < 20
            grade = GRADES[int(rng.integers(0, 4))]
            rows.append(
                (
                    society, one.code, one.dimension, state, round(value * denominator, 1) if has else None,
                    round(value * denominator, 1) if has else None, denominator if has else None,
                    value if has else None, value if has else None, small, value * 0.8 if small else None,
                    min(1.0, value * 1.2) if small else None, 1.0,
                    value if has else (0.0 if state == "not_reported" else None), float(one.weight),
                    grade if has else None, has and grade in {"sampled", "onsite"}, 0.7,
                    "verification" if state == "not_applicable" else None,
                    {"not_reported": "required_absent", "not_applicable": "absence_confirmed"}.get(state),
                    0.7 if one.is_sampled else None, 10.0 if one.is_sampled else None,
                    "fixed" if one.is_sampled else None, 1.0 if has else None, 0.0 if has else None,
                    value if has else 0.0, value if has else 1.0,
                )
            )  # fmt: skip
            if has:
                sources += [
                    (
                        society, one.code, one.families[0],
                        f"{sha(year, i)}/表{one.dimension}/{7 + k}/{one.code}", 1.0 * k, 1.0,
                        grade, 1.0, False, sha(year, i), f"表{one.dimension[1]}宣讲教育", 7 + k,
                        f"虚构来源{k + 1}", None,
                    )
                    for k in range(2)
                ]  # fmt: skip
    indicators = pl.DataFrame(rows, orient="row", infer_schema_length=None, schema=[
        "society_id", "indicator", "dimension", "state", "numerator", "numerator_raw", "denominator", "value",
        "value_raw", "shrunk", "low", "high", "target", "score", "weight", "grade", "is_verified",
        "peer_mean", "absence", "missing_case", "prior_mean", "prior_weight", "prior_source",
        "evidence_share", "self_reported_share", "worst", "best",
    ])  # fmt: skip
    contributions = pl.DataFrame(sources, orient="row", schema=[
        "society_id", "indicator", "family", "row_id", "numerator", "denominator", "grade", "evidence_weight",
        "is_pending", "source_file", "source_sheet", "source_row", "label", "left_out",
    ])  # fmt: skip
    counted = indicators.filter(pl.col("score").is_not_null())
    dimensions = (
        counted.group_by("society_id", "dimension")
        .agg(
            score=100 * (pl.col("score") * pl.col("weight")).sum() / pl.col("weight").sum(),
            applicable_weight=pl.col("weight").sum(),
        )
        .with_columns(
            low=(pl.col("score") - 4).clip(0, 100),
            high=(pl.col("score") + 4).clip(0, 100),
            peer_mean=pl.col("score").mean().over("dimension"),
            peer_median=pl.col("score").median().over("dimension"),
        )
        .sort("society_id", "dimension")
    )
    composite = _composite(societies, counted, indicators)
    exemplars, chain = _exemplars(societies, composite, rng)
    units = pl.DataFrame(
        {
            "unit_id": ["U001", "U002", "U003", "U004"] * 2,
            "name": [f"虚构第{k}主管单位" for k in (1, 2, 3, 4)] * 2,
            "indicator": ["U2"] * 4 + ["U5"] * 4,
            "numerator": [1.0, 0, 1, 1, 8, 9, 7, 10],
            "denominator": [1.0, 1, 1, 1, 10, 10, 10, 10],
            "value": [1.0, 0, 1, 1, 0.8, 0.9, 0.7, 1],
        }
    )
    return Frames(
        societies,
        indicators,
        dimensions,
        composite,
        exemplars,
        *_decided(exemplars, chain),
        *_uncertain(composite, is_provisional=is_provisional),
        contributions,
        _measures(indicators),
        NO_SIGNALS,
        units,
    )


def _uncertain(composite: pl.DataFrame, *, is_provisional: bool) -> tuple[pl.DataFrame, ...]:
    """Band and selection chances, rank sets, sensitivity and coherence that fit the composite."""
    rated = composite.filter(pl.col("score").is_not_null())
    bands = pl.DataFrame({"name": ["excellent", "good", "pass", "improve"]})
    sure = pl.when(pl.col("band") == pl.col("name")).then(0.85).otherwise(0.05)
    band_chances = rated.join(bands, how="cross").select(
        "society_id", band="name", data=sure, method=sure, joint=sure
    )
    chance = (pl.col("score") / 100).round(2)
    selection = rated.select("society_id", data=chance, method=chance, joint=chance)
    rank_sets = rated.select(
        "society_id",
        "peer_group",
        low="rank_low",
        high="rank_high",
        top_n=pl.lit(1),
        may_be_top=pl.col("rank_low") <= 1,
        is_surely_top=pl.col("rank_high") <= 1,
        level=pl.lit(0.9),
        basis=pl.lit("pairwise"),
    )
    numbers = {name: [0.5, 0.3] for name in ("first", "first_low", "first_high")}
    totals = {name: [0.6, 0.4] for name in ("total", "total_low", "total_high")}
    sensitivity = pl.DataFrame(
        {"output": ["rank_shift"] * 2, "input": ["data", "weights"], **numbers, **totals}
    )
    coherence = pl.DataFrame(
        {
            "check": ["cronbach_alpha", "negative_correlation"],
            "item": ["all", "3.2"],
            "other": [None, "7.5"],
            "value": [0.82, -0.4],
            "minimum": [0.6, -0.2],
            "maximum": [None, None],
            "n": [40, 40],
            "breached": [False, True],
            "signed": [False, not is_provisional],
        },
        schema_overrides={"maximum": pl.Float64},
    )
    return band_chances, selection, rank_sets, sensitivity, coherence


def _measures(indicators: pl.DataFrame) -> pl.DataFrame:
    """Figures that the indicators could have come from."""
    counts = ["self_reported_n", "attached_n", "sampled_n", "onsite_n", "authority_n"]
    figures = indicators.filter(pl.col("denominator") > 0)
    return figures.select(
        "society_id", "indicator", "numerator", "numerator_raw", "denominator",
        *((2 * (pl.col("grade") == c.removesuffix("_n"))).cast(pl.Int64).alias(c) for c in counts),
        rows_n=pl.lit(2, pl.Int64), pending_n=pl.lit(0, pl.Int64), pending_numerator=pl.lit(None, pl.Float64),
        pending_denominator=pl.lit(None, pl.Float64), self_reported_numerator=pl.lit(None, pl.Float64),
        evidence_mean=pl.lit(1.0),
        answer=pl.lit(None, pl.String), absence=pl.lit(None, pl.String),
        is_absence_confirmed=pl.lit(False), is_due=pl.lit(False),
    )  # fmt: skip


def _composite(societies: pl.DataFrame, counted: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    scored = counted.group_by("society_id").agg(
        score=100 * (pl.col("score") * pl.col("weight")).sum() / pl.col("weight").sum(),
        applicable_weight=pl.col("weight").sum(),
        verified_share=(pl.col("weight") * pl.col("is_verified")).sum() / pl.col("weight").sum(),
    )
    states = indicators.group_by("society_id").agg(
        not_reported_n=(pl.col("state") == "not_reported").sum(),
        pending_n=(pl.col("state") == "under_verification").sum(),
    )
    rated = pl.col("filed")
    # A join keeps no order by itself, and the veto goes by place.
    joined = societies.join(scored, on="society_id").join(states, on="society_id").sort("society_id")
    rank = pl.col("score").rank("ordinal", descending=True).over("peer_group")
    return joined.select(
        "society_id",
        score=pl.when(rated).then("score"),
        low=pl.when(rated).then((pl.col("score") - 3.2).clip(0, 100)),
        high=pl.when(rated).then((pl.col("score") + 3.2).clip(0, 100)),
        joint_low=pl.when(rated).then((pl.col("score") - 5.4).clip(0, 100)),
        joint_high=pl.when(rated).then((pl.col("score") + 4.1).clip(0, 100)),
        worst=pl.when(rated).then((pl.col("score") - 9).clip(0, 100)),
        best=pl.when(rated).then((pl.col("score") + 6).clip(0, 100)),
        band=pl.when(~rated).then(pl.lit("unrated")).when(pl.col("score") >= 90).then(pl.lit("excellent"))
        .when(pl.col("score") >= 80).then(pl.lit("good")).when(pl.col("score") >= 60).then(pl.lit("pass"))
        .otherwise(pl.lit("improve")),
        applicable_weight="applicable_weight",
        not_reported_n="not_reported_n",
        pending_n="pending_n",
        verified_share=pl.when(rated).then("verified_share"),
        peer_group="peer_group",
        peer_n="peer_n",
        rank=pl.when(rated).then(rank),
        rank_low=pl.when(rated).then((rank.cast(pl.Int64) - 2).clip(1)),
        rank_high=pl.when(rated).then(pl.min_horizontal(rank + 2, pl.col("peer_n"))),
        joint_rank_low=pl.when(rated).then((rank.cast(pl.Int64) - 4).clip(1)),
        joint_rank_high=pl.when(rated).then(pl.min_horizontal(rank + 4, pl.col("peer_n"))),
        veto_code=pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("award_fee")),
        hold_code=pl.when(pl.int_range(pl.len()) == 4).then(pl.lit("open_serious_case")),
        unrated_reason=pl.when(~rated).then(pl.lit("NOT_FILED")),
    )  # fmt: skip


def _exemplars(
    societies: pl.DataFrame, composite: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, steps = [], []
    for one in composite.join(societies.select("society_id", "cast_class"), on="society_id").iter_rows(
        named=True
    ):
        score, verified = one["score"], one["verified_share"] or 0.0
        gates = [
            ("filed", score is not None, None, None, "NOT_FILED"),
            ("veto", one["veto_code"] is None, None, None, "VETO"),
            ("hold", one["hold_code"] is None, None, None, "HOLD"),
            ("score", (score or 0) >= 80, score, 80.0, "SCORE_FLOOR"),
            ("verified_share", verified >= 0.4, verified, 0.4, "VERIFIED_SHARE"),
        ]
        failed = next((reason for _, passed, _, _, reason in gates if not passed), "SELECTED")
        chosen = failed == "SELECTED"
        steps += [
            (
                one["society_id"], n, gate, "passed" if passed else "failed", figure, threshold, None,
                f"规则{gate}", f"Rule {gate}",
            )
            for n, (gate, passed, figure, threshold, _) in enumerate(gates, start=1)
        ]  # fmt: skip
        rows.append(
            (
                one["society_id"], "selected" if chosen else "not_selected", failed,
                f"入选：综合得分{score:.1f}" if chosen else f"理由 {failed}",
                f"Selected: score {score:.1f}" if chosen else f"Reason {failed}",
                one["cast_class"], float(rng.uniform(0.8, 1)) if chosen else None,
                "education" if chosen else None,
            )
        )  # fmt: skip
    return _framed("exemplars", rows), _framed("decision_gates", steps)


def _decided(exemplars: pl.DataFrame, chain: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The other frames of the decision: figures that fit, without the rules behind them."""
    yield chain
    ids = exemplars["society_id"].to_list()
    failed = dict(chain.filter(pl.col("outcome") == "failed").group_by("society_id").len().iter_rows())
    first = dict(
        chain.filter(pl.col("outcome") == "failed").sort("step").unique("society_id", keep="first")
        .select("society_id", "gate").iter_rows()
    )  # fmt: skip
    chosen = set(exemplars.filter(pl.col("decision") == "selected")["society_id"])
    near = [one for one in ids if first.get(one) == "score"]
    yield _framed("decision_outlook", [
        (one, failed.get(one, 0), first.get(one), 1.5 if one in near else None,
         near.index(one) + 1 if one in near else None, 1 if one in near else None, None,
         first.get(one) and f"未过{first[one]}", first.get(one) and f"Fails {first[one]}")
        for one in ids
    ])  # fmt: skip
    yield _framed("decision_flips", [
        (one, "lose" if one in chosen else "gain", 80.0, "score", "2.1", 0.5, 0.0 if one in chosen else 1.0,
         "found", 0.12, "within")
        for one in ids
    ])  # fmt: skip
    yield _framed(
        "decision_lines", [("000000", 4, 4, 4, 1, 1, 1, "selected"), ("110000", 9, 8, 8, 0, 0, 0, "not_used")]
    )
    yield _framed("decision_onsite", [(one, "random", "") for one in ids[:4]])
    yield _framed("decision_objections", [
        (ids[-1], "O0001", date(2026, 7, 2), "对得分有异议", True, False, date(2026, 7, 3), 1, None, None,
         False, None, "pending", "shown"),
    ])  # fmt: skip
    yield _framed("decision_publicity", [
        (one, True, None, None, None, 7, "not_scheduled", 0, 0, 0) for one in sorted(chosen)
    ])  # fmt: skip


def _framed(name: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    kinds = {
        "VARCHAR": pl.String,
        "BIGINT": pl.Int64,
        "DOUBLE": pl.Float64,
        "BOOLEAN": pl.Boolean,
        "DATE": pl.Date,
    }
    columns = {c: kinds[kind] for c, kind in ASSESSMENT[name].columns.items()}
    return pl.DataFrame(rows, schema=columns, orient="row")


def fill_intake(home: Home, made: Frames, year: int) -> None:
    """Files, findings and units of `year` in a real warehouse."""
    filed = made.societies.with_row_index("i").filter("filed")
    with warehouse.open_writer(home) as con:
        for one in filed.iter_rows(named=True):
            con.execute(
                "insert into files values (?, ?, 20480, 'society', ?, ?, 1, 'current', 60, 45, 2, 1, 12, "
                "timestamp '2026-04-01 08:00:00', ?, null)",
                [
                    sha(year, one["i"]), f"{one['society_id']}_{year}_r1.xlsx", one["society_id"], year,
                    f"b{year}",
                ],
            )  # fmt: skip
            for row, (defect, verdict) in enumerate(
                [("D14", "A"), ("D18", "R"), ("D21", "W"), ("D38", "Q")], 7
            ):
                if (one["i"] + row) % 3 == 0:
                    continue
                con.execute(
                    "insert into findings values (?, '表3宣讲教育', ?, 2, 'held_on', '活动日期', ?, ?, "
                    "'原值文字', null, '日期不在该年度', 'The date is outside the year', ?, ?, null)",
                    [sha(year, one["i"]), row, defect, verdict, one["society_id"], year],
                )  # fmt: skip
        for one in made.societies.with_row_index("i").iter_rows(named=True):
            lineage = (
                f"'{one['i']}' as row_id, '{sha(year, one['i'])}' as source_file, '表' as source_sheet, "
            )
            lineage += "7 as source_row"
            con.execute(
                "insert into societies by name select ? as society_id, ? as report_year, ? as name, ? as "
                f"former_names, ? as level, ? as reporting_line, ? as cast_class, {lineage}, "
                "'registered' as reg_status, true as in_scope",
                [one["society_id"], year, one["name"], ["虚构旧名协会"] if one["i"] == 0 else [],
                 one["level"], one["reporting_line"], one["cast_class"]],
            )  # fmt: skip
            if not one["filed"]:
                continue
            con.execute(
                "insert into documents by name select ? as society_id, ? as report_year, 'D01' as doc_id, "
                "'charter' as doc_type, '章程' as title, 'congress_passed' as stage, ? as congress_on, "
                f"['duty', 'body'] as elements, {lineage}",
                [one["society_id"], year, date(year, 1 + one["i"] % 12, 3)],
            )
            con.execute(
                "insert into education_sessions by name select ? as society_id, ? as report_year, 'S1' as "
                "session_id, '宣讲' as name, ? as held_on, 'onsite' as mode, 'host' as role, "
                "'none' as verify, "
                f"['graduates'] as audiences, {lineage}",
                [one["society_id"], year, date(year, 1 + one["i"] % 12, 5)],
            )
            con.execute(
                "insert into evaluation_activities by name select ? as society_id, ? as report_year, 'E1' as "
                "activity_id, 'awards' as setting, '评奖' as name, ? as held_on, "
                f"? as norm_doc_id, {lineage}",
                [one["society_id"], year, date(year, 5, 5), None if one["i"] % 2 else "D01"],
            )
            con.execute(
                "insert into supervision_issues by name select ? as society_id, ? as report_year, 'I1' as "
                "issue_id, 'phone' as channel, ? as received_on, ? as rectify_due_on, ? as status, "
                f"{lineage}",
                [one["society_id"], year, date(year, 2, 2), date(year, 6, 30),
                 "open" if one["i"] % 4 == 0 else "closed"],
            )  # fmt: skip
        for k in range(1, 5):
            con.execute(
                "insert into units by name select ? as unit_id, ? as report_year, ? as name, "
                "['supervisor'] as roles, '000000' as reporting_line, true as in_assessment, "
                "'x' as row_id, 'x' as source_file, "
                "'x' as source_sheet, 7 as source_row",
                [f"U{k:03d}", year, f"虚构第{k}主管单位"],
            )  # fmt: skip


def publish(
    root: Path, years: tuple[int, ...] = (2024, 2025), n: int = 44, *, is_provisional: bool = False
) -> Home:
    """A home with a published run a year."""
    home = Home(root)
    for year in years:
        made = frames(n, year, seed=year, is_provisional=is_provisional)
        fill_intake(home, made, year)
        with warehouse.open_reader(home) as con:
            manifest = manifests.build(con, load(year), year, seed=7)
        with warehouse.open_writer(home) as con:
            con.execute(
                "insert into expectation_results values (?, 'documents', 'volume', '行数变化过大', "
                "'drift', false, '312', null, null), (?, 'documents', 'keys', '主键唯一', 'hard', true, '0', "
                "0, null)",
                [manifest.run_id, manifest.run_id],
            )
        with warehouse.open_reader(home) as con:
            snapshot.publish(home, made, made, manifest, con)
    return home
