"""What the composite engine says, in Chinese and English: errors stop the build, issues travel with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from models.errors import FengqingError

TEXTS: dict[str, tuple[str, str]] = {
    # metadata and data
    "meta_columns": (
        "iMeta 缺少列：{columns}。请按模板补齐。",
        "iMeta lacks the columns {columns}; add them.",
    ),
    "meta_type": (
        "iMeta 中 {columns} 的 Type 无效。可用值：{allowed}。",
        "iMeta Type is not valid for {columns}; use one of {allowed}.",
    ),
    "meta_code": (
        "iMeta 的 iCode 为空或重复：{columns}。",
        "iMeta has empty or repeated iCode values: {columns}; make each one unique.",
    ),
    "meta_direction": (
        "指标 {columns} 的 Direction 须为 1 或 -1。",
        "Direction must be 1 or -1 for {columns}.",
    ),
    "meta_weight": (
        "{columns} 的 Weight 须为不小于 0 的数。",
        "Weight must be a number not below 0 for {columns}.",
    ),
    "meta_weight_sum": (
        "{columns} 的下级权重之和为 0，无法合成。请至少给一个下级正权重。",
        "The weights below {columns} sum to 0, so it cannot be aggregated; give one child a positive weight.",
    ),
    "meta_level": (
        "{columns} 的 Level 无效：指标须为 1，上级须比下级正好高一级。",
        "Level is not valid for {columns}: indicators are level 1 and a parent is exactly one level up.",
    ),
    "meta_parent": (
        "{columns} 的 Parent 在 iMeta 中不存在或不是汇总项。",
        "The Parent of {columns} is not an Aggregate in iMeta.",
    ),
    "meta_root": (
        "须有且只有一个最高级汇总项（没有 Parent），现为：{columns}。",
        "There must be exactly one top aggregate (without Parent); found: {columns}.",
    ),
    "meta_childless": ("汇总项 {columns} 没有下级。", "The aggregates {columns} have no children."),
    "meta_empty": ("iMeta 中没有指标（Type = Indicator）。", "iMeta has no row with Type = Indicator."),
    "meta_denominator": (
        "{columns} 的 Denominator 未在 iMeta 中登记为 Type = Denominator。",
        "The Denominator of {columns} is not listed in iMeta with Type = Denominator.",
    ),
    "data_columns": (
        "iData 缺少列：{columns}。",
        "iData lacks the columns {columns}; add them or correct iMeta.",
    ),
    "data_units": (
        "iData 的 uCode 为空或重复：{units}。",
        "iData has empty or repeated uCode values: {units}; make each one unique.",
    ),
    "data_empty": ("iData 没有数据行。", "iData has no rows."),
    "data_number": (
        "列 {columns} 第 {row} 行的“{value}”不是数。请改正，或留空表示缺失。",
        "“{value}” in column {columns}, data row {row}, is not a number; correct it or leave it empty.",
    ),
    "data_infinite": (
        "列 {columns} 含无穷大。请改正，或留空表示缺失。",
        "Column {columns} holds infinite values; correct them or leave them empty.",
    ),
    "data_shape": (
        "数组形状不符：{what} 应为 {expected}，实为 {found}。",
        "Array shape does not fit: {what} should be {expected}, is {found}.",
    ),
    "data_times": (
        "同一 uCode 有多个 Time（{times}）。请用 --panel 指定面板插补，或只保留一个时点。",
        "iData holds several Time values ({times}); choose --panel, or keep one point in time.",
    ),
    "panel_times": (
        "面板插补需要至少两个递增的时点，现为：{times}。",
        "Panel imputation needs at least two increasing points in time; found: {times}.",
    ),
    # options
    "option": (
        "选项 {option} 的值“{value}”无效。可用：{allowed}。",
        "Option {option} does not take “{value}”; use {allowed}.",
    ),
    "group_column": (
        "分组列“{columns}”不在 iData 中。可用：{allowed}。",
        "The group column “{columns}” is not in iData; available: {allowed}.",
    ),
    "goalposts": (
        "指标 {columns} 没有有效目标区间。请在 iMeta 填 goalpost_lower 与 goalpost_upper（前者小于后者，"
        "按除以分母后的单位）。",
        "{columns} have no valid goalposts; fill goalpost_lower and goalpost_upper in iMeta (lower below "
        "upper, in units after the denominator).",
    ),
    "file_header": (
        "文件 {path} 的表头重复：{columns}。",
        "{path} repeats the headers {columns}; make each one unique.",
    ),
    "file_read": ("无法读取文件 {path}：{reason}", "Cannot read {path}: {reason}"),
    "file_write": ("无法写入目录 {path}：{reason}", "Cannot write to {path}: {reason}"),
    # stages
    "denominator_zero": (
        "列 {columns} 的分母在 {units} 处为 0，无法相除。请更正分母，未知则留空。",
        "The denominator of {columns} is 0 for {units}; correct it, or leave it empty if unknown.",
    ),
    "denominator_missing": (
        "列 {columns} 有 {count} 个值因分母缺失而记为缺失。",
        "{count} values of {columns} became missing because the denominator is missing.",
    ),
    "impute_no_source": (
        "列 {columns} 在组 {groups} 中没有任何观测值，该组未插补。",
        "{columns} has no observed value in group {groups}; nothing was imputed there.",
    ),
    "impute_no_group": (
        "{count} 个单位没有分组值，未插补：{units}。",
        "{count} units have no group value and were not imputed: {units}.",
    ),
    "panel_no_source": (
        "列 {columns} 有 {count} 个单位在任何时点都没有观测值，未插补。",
        "{columns} has {count} units without any observation in time; they were not imputed.",
    ),
    "still_missing": (
        "{count} 个值仍缺失（列 {columns}），按缺失退出加权的分子与分母。",
        "{count} values stay missing (columns {columns}); they leave both sums of every mean.",
    ),
    "screened_out": (
        "{count} 个单位的数据覆盖率低于 {share}，已移出：{units}。",
        "{count} units have coverage below {share} and were removed: {units}.",
    ),
    "screen_after_impute": (
        "筛查按插补后的覆盖率进行；{count} 个单位插补前低于 {share}：{units}。要按原始覆盖率筛查，"
        "请用 --screen-on raw。",
        "Screening used coverage after imputation; {count} units were below {share} before it: {units}. "
        "Use --screen-on raw to screen on observed data.",
    ),
    "screen_none_left": (
        "按覆盖率 {share} 筛查后没有单位剩下。请降低 --screen。",
        "No unit is left after screening at {share}; lower --screen.",
    ),
    "treat_two_values": (
        "列 {columns} 只有两个不同取值且偏度、峰度超限；缩尾会使其成为常数，未处理。",
        "{columns} has only two distinct values and fails the skewness and kurtosis test; winsorising would "
        "make it constant, so it was left as it is.",
    ),
    "treat_few": (
        "列 {columns} 的有效值少于 4 个，无法检验峰度，未处理。",
        "{columns} has fewer than 4 values, so kurtosis is undefined; it was not treated.",
    ),
    "treat_logged": (
        "列 {columns} 在允许的缩尾点数内未达标，改为对原值取对数。",
        "Winsorising did not bring {columns} within the limits; the untreated values were log-transformed.",
    ),
    "treat_still_outside": (
        "列 {columns} 处理后偏度与峰度仍超限。",
        "{columns} stays outside the skewness and kurtosis limits after treatment.",
    ),
    "constant": (
        "列 {columns} 是常数（或只有一个有效值），无法按 {method} 标准化。请移除该指标，"
        "或用 --on-constant drop 让其退出合成。",
        "{columns} is constant (or has a single value) and cannot be normalised by {method}; remove the "
        "indicator, or use --on-constant drop to leave it out.",
    ),
    "all_missing": (
        "列 {columns} 全部缺失。请补数、移除该指标，或用 --on-constant drop 让其退出合成。",
        "{columns} is missing for every unit; supply data, remove the indicator, or use --on-constant drop.",
    ),
    "dropped": (
        "列 {columns} 是常数或全部缺失，已按要求退出合成（记为缺失，不是 0）。",
        "{columns} is constant or wholly missing and was left out as asked (missing, not 0).",
    ),
    "nothing_to_aggregate": (
        "没有任何指标可供合成。",
        "No indicator is left to aggregate.",
    ),
    "constant_posts": (
        "列 {columns} 按目标区间标准化后为常数，不区分单位。",
        "{columns} is constant after goalposts: it does not tell units apart.",
    ),
    "not_positive": (
        "{columns} 含不大于 0 的值，不能取 {method}。请用 --scale 1,100 等正区间标准化，或换合成方法。",
        "{columns} holds values not above 0, so {method} is undefined; normalise to a positive range such as "
        "--scale 1,100 or choose another aggregation.",
    ),
    "aggregate_missing": (
        "{count} 个单位的 {columns} 没有可用下级值，记为缺失：{units}。",
        "{count} units have no value below {columns}; it is missing for them: {units}.",
    ),
}

# Words of the summary, by the same (zh, en) rule.
LABELS: dict[str, tuple[str, str]] = {
    "title": ("综合指标", "Composite indicator"),
    "units": ("单位数（保留/全部）", "Units (kept / all)"),
    "indicators": ("指标数", "Indicators"),
    "missing": ("原始缺失值", "Missing before imputation"),
    "imputed": ("已插补", "Imputed"),
    "winsorised": ("缩尾指标（点数）", "Winsorised indicators (points)"),
    "logged": ("取对数指标", "Logged indicators"),
    "method": ("标准化与合成", "Normalisation and aggregation"),
    "files": ("输出文件", "Files written"),
    "ranking": ("名次（前十）", "Ranks (first ten)"),
    "rank": ("名次", "Rank"),
    "score": ("得分", "Score"),
    "issues": ("须知事项", "Take note"),
    "not_treated": ("未处理", "not treated"),
}

_LISTED = 8


def label(key: str, lang: str) -> str:
    """Give a word of the summary in `lang` ("zh" or "en")."""
    return LABELS[key][1 if lang == "en" else 0]


def text(code: str, lang: str, facts: Mapping[str, Any]) -> str:
    """Give the message `code` in `lang` ("zh" or "en"); lists in `facts` are joined and cut after eight."""
    zh, en = TEXTS[code]
    joiner = "、" if lang == "zh" else ", "
    shown = {key: _listed(value, joiner) for key, value in facts.items()}
    # Whatever a file or a library put into a fact, a message stays one line.
    return " ".join((en if lang == "en" else zh).format_map(shown).split())


def _listed(value: Any, joiner: str) -> Any:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    head = joiner.join(str(item) for item in value[:_LISTED])
    return f"{head} … ({len(value)})" if len(value) > _LISTED else head


def named(codes: Sequence[str], mask: ArrayLike) -> list[str]:
    """Give the codes that `mask`, of the same length, marks: the columns or units a message is about."""
    return [code for code, marked in zip(codes, np.asarray(mask).tolist(), strict=True) if marked]


class CompositeError(FengqingError):
    """A build cannot go on: a code of TEXTS and the facts (columns, units, option …) its message names."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.facts = facts
        super().__init__(code, text(code, "zh", facts), text(code, "en", facts))


@dataclass(frozen=True)
class Issue:
    """Something the reader of the result must know: `stage`, message `code`, columns named, further facts."""

    stage: str
    code: str
    columns: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def message(self, lang: str = "zh") -> str:
        """Say it in one line, in "zh" or "en"."""
        return text(self.code, lang, {"columns": self.columns, **self.facts})
