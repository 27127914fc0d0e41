"""The tables of a snapshot: columns, DuckDB types, row order. One place; the writer and its tests read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its columns in order, and the columns that order its rows."""

    comment: str
    columns: dict[str, str]
    order: tuple[str, ...]


# A society's place by its code, from 0. Codes begin alike: a run of equal numbers is found at once, where one
# of equal codes is looked for in every row. The writer adds it, last, to tables that one is looked up in.
NUMBER = "society_no"
NUMBERED = ("societies", "indicators", "contributions")


def _columns(text: str) -> dict[str, str]:
    """`name TYPE, name TYPE` → columns; text is the default type."""
    parts = (part.split() for part in text.split(","))
    return {part[0]: part[1] if len(part) > 1 else "VARCHAR" for part in parts}


# Frames of the assessment and of the measures.
ASSESSMENT: dict[str, Table] = {
    "societies": Table(
        "被评估学会 | Societies assessed",
        _columns(
            "society_id, name, level, reporting_line, supervisor_id, supervisor_name, cast_class, "
            "size_class, has_cases BOOLEAN, individual_members BIGINT, peer_group, peer_n BIGINT, "
            "in_scope BOOLEAN, filed BOOLEAN"
        ),
        ("society_id",),
    ),
    "indicators": Table(
        "学会×指标 | One row a society and indicator",
        _columns(
            "society_id, indicator, dimension, state, numerator DOUBLE, numerator_raw DOUBLE, "
            "denominator DOUBLE, value DOUBLE, value_raw DOUBLE, shrunk BOOLEAN, low DOUBLE, high DOUBLE, "
            "target DOUBLE, score DOUBLE, weight DOUBLE, grade, is_verified BOOLEAN, peer_mean DOUBLE, "
            "absence, missing_case, prior_mean DOUBLE, prior_weight DOUBLE, prior_source, "
            "evidence_share DOUBLE, self_reported_share DOUBLE, worst DOUBLE, best DOUBLE"
        ),
        ("society_id", "indicator"),
    ),
    "dimensions": Table(
        "学会×维度（0–100）| One row a society and dimension (0–100)",
        _columns(
            "society_id, dimension, score DOUBLE, applicable_weight DOUBLE, low DOUBLE, high DOUBLE, "
            "peer_mean DOUBLE, peer_median DOUBLE"
        ),
        ("society_id", "dimension"),
    ),
    "composite": Table(
        "综合得分、区间、等次、同组名次区间 | Score, interval, band, rank range in the peer group",
        _columns(
            "society_id, score DOUBLE, low DOUBLE, high DOUBLE, joint_low DOUBLE, joint_high DOUBLE, "
            "worst DOUBLE, best DOUBLE, band, applicable_weight DOUBLE, "
            "not_reported_n BIGINT, pending_n BIGINT, verified_share DOUBLE, peer_group, peer_n BIGINT, "
            "rank BIGINT, rank_low BIGINT, rank_high BIGINT, joint_rank_low BIGINT, joint_rank_high BIGINT, "
            "veto_code, hold_code, unrated_reason"
        ),
        ("society_id",),
    ),
    "band_probabilities": Table(
        "各等次的概率：仅数据、仅方法、两者 | Probability of each band: data, method, both",
        _columns("society_id, band, data DOUBLE, method DOUBLE, joint DOUBLE"),
        ("society_id", "band"),
    ),
    "selection_probabilities": Table(
        "入选概率：仅数据、仅方法、两者 | Probability of selection: data, method, both",
        _columns("society_id, data DOUBLE, method DOUBLE, joint DOUBLE"),
        ("society_id",),
    ),
    "rank_sets": Table(
        "同组名次的同时置信集与前列置信集 | Simultaneous confidence sets for ranks and for the top places",
        _columns(
            "society_id, peer_group, low BIGINT, high BIGINT, top_n BIGINT, may_be_top BOOLEAN, "
            "is_surely_top BOOLEAN, level DOUBLE, basis"
        ),
        ("society_id",),
    ),
    "sensitivity": Table(
        "灵敏度：各项选择对结果的影响（索博尔指数）| Sobol indices of each choice on an output",
        _columns(
            "output, input, first DOUBLE, first_low DOUBLE, first_high DOUBLE, total DOUBLE, "
            "total_low DOUBLE, total_high DOUBLE"
        ),
        ("output", "input"),
    ),
    "coherence": Table(
        "一致性检验，一行一项 | Coherence checks, one row a check and item",
        _columns(
            "check, item, other, value DOUBLE, minimum DOUBLE, maximum DOUBLE, n BIGINT, breached BOOLEAN, "
            "signed BOOLEAN"
        ),
        ("check", "item", "other"),
    ),
    "exemplars": Table(
        "典型经验推荐的结论与理由 | Exemplar decisions and reasons",
        _columns(
            "society_id, decision, reason_code, reason_zh, reason_en, quota_class, stability DOUBLE, "
            "practice_tag"
        ),
        ("society_id",),
    ),
    "decision_gates": Table(
        "结论的每一步规则 | Every rule of each decision, in order",
        _columns(
            "society_id, step BIGINT, gate, outcome, figure DOUBLE, threshold DOUBLE, detail, text_zh, "
            "text_en"
        ),
        ("society_id", "step"),
    ),
    "decision_outlook": Table(
        "离入选还差什么与候补次序 | Nearest miss, place on the reserve list, panel group",
        _columns(
            "society_id, failed_n BIGINT, next_gate, gap DOUBLE, reserve_place BIGINT, "
            "class_reserve_place BIGINT, panel_group BIGINT, next_zh, next_en"
        ),
        ("society_id",),
    ),
    "decision_flips": Table(
        "改变结论的最小变动 | Smallest change of one indicator, and of the weights, that flips the decision",
        _columns(
            "society_id, direction, score_needed DOUBLE, bound_by, indicator, indicator_from DOUBLE, "
            "indicator_to DOUBLE, indicator_outcome, weight_change DOUBLE, weight_outcome"
        ),
        ("society_id",),
    ),
    "decision_lines": Table(
        "各报送口径的推荐权与使用情况 | The reporting lines and how their right to nominate was used",
        _columns(
            "reporting_line, societies_n BIGINT, filed_n BIGINT, rated_n BIGINT, nominated_n BIGINT, "
            "eligible_n BIGINT, selected_n BIGINT, state"
        ),
        ("reporting_line",),
    ),
    "decision_onsite": Table(
        "现场核名单：随机与风险 | Checks on site: random share and risks",
        _columns("society_id, basis, risks"),
        ("society_id",),
    ),
    "decision_objections": Table(
        "异议及其对结论的作用 | Objections and what each does to the decision",
        _columns(
            "society_id, objection_id, raised_on DATE, subject, is_formal BOOLEAN, is_within_notice BOOLEAN, "
            "acknowledged_on DATE, acknowledged_days BIGINT, answered_on DATE, answered_days BIGINT, "
            "is_late BOOLEAN, handler_recused BOOLEAN, outcome, effect"
        ),
        ("society_id", "objection_id"),
    ),
    "decision_publicity": Table(
        "公示期与公示期内的异议 | Public notice and the objections in it",
        _columns(
            "society_id, is_selected BOOLEAN, publicity_from DATE, publicity_to DATE, working_days BIGINT, "
            "minimum_days BIGINT, verdict, objections_n BIGINT, open_n BIGINT, within_n BIGINT"
        ),
        ("society_id",),
    ),
}

MEASURES: dict[str, Table] = {
    "contributions": Table(
        "每一来源行对指标的贡献 | What every source row adds to an indicator",
        _columns(
            "society_id, indicator, family, row_id, numerator DOUBLE, denominator DOUBLE, grade, "
            "evidence_weight DOUBLE, is_pending BOOLEAN, source_file, source_sheet, source_row BIGINT, "
            "label, left_out"
        ),
        ("society_id", "indicator", "family", "row_id"),
    ),
    "unit_measures": Table(
        "主管单位履责（U1–U6，不排名）| Supervising units (U1–U6, not ranked)",
        _columns("unit_id, name, indicator, numerator DOUBLE, denominator DOUBLE, value DOUBLE"),
        ("unit_id", "indicator"),
    ),
}
