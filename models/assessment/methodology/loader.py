"""Read a methodology file; a wrong one is refused with its line and the reason."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from models.assessment.methodology.schema import Methodology
from models.errors import FengqingError

METHODOLOGY_DIR = Path(__file__).parent

# pydantic's kinds of error, in Chinese
KINDS_ZH = {
    "missing": "缺少此项",
    "extra_forbidden": "不认识的键",
    "literal_error": "不在规定的取值内",
    "greater_than": "须大于下限",
    "greater_than_equal": "不得小于下限",
    "less_than": "须小于上限",
    "less_than_equal": "不得大于上限",
    "string_pattern_mismatch": "格式不符",
    "float_parsing": "须为数值",
    "float_type": "须为数值",
    "int_parsing": "须为整数",
    "int_type": "须为整数",
    "int_from_float": "须为整数",
    "bool_parsing": "须为 true 或 false",
    "bool_type": "须为 true 或 false",
    "string_type": "须为文本",
    "string_too_short": "不得为空",
    "too_short": "项数不足",
    "too_long": "项数过多",
}


def load(year_or_path: int | str | Path) -> Methodology:
    """The methodology for an assessment year, or from a YAML file.

    Raises:
        FengqingError: no file for the year, or a file that is not a valid methodology; the message names
            file, line and reason.
    """
    if isinstance(year_or_path, int):
        return _for_year(year_or_path)
    return _read(Path(year_or_path))


def _for_year(year: int) -> Methodology:
    found = [_read(path) for path in sorted(METHODOLOGY_DIR.glob("*.yaml"), reverse=True)]
    for methodology in found:
        if year in methodology.valid_years:
            return methodology
    years = ", ".join(str(y) for y in sorted({y for m in found for y in m.valid_years}))
    raise FengqingError(
        "METHODOLOGY_NOT_FOUND",
        f"没有适用于 {year} 年度的评价方法（现有：{years}）。请新增方法文件，或在 valid_years 中加入该年度。",
        f"No methodology covers {year} (there are: {years}). Add a file, or add the year to valid_years.",
    )


def _read(path: Path) -> Methodology:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FengqingError(
            "METHODOLOGY_NOT_FOUND",
            f"读不到评价方法文件 {path.name}：{error.strerror}。请检查路径。",
            f"Cannot read the methodology file {path.name}: {error.strerror}. Check the path.",
        ) from error
    try:
        root = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise _refused(path, line, (), "不是有效的 UTF-8 YAML", "not valid UTF-8 YAML") from error
    if root is None:
        raise _refused(path, 1, (), "文件为空", "the file is empty")
    _refuse_repeated_keys(path, root, ())
    try:
        methodology = Methodology.model_validate(yaml.safe_load(content))
    except ValidationError as error:
        raise _from_pydantic(path, root, error) from error
    methodology._sha256 = hashlib.sha256(content).hexdigest()
    return methodology


def _refuse_repeated_keys(path: Path, node: yaml.Node, at: tuple[str | int, ...]) -> None:
    # yaml.safe_load keeps the last of two equal keys and says nothing.
    if isinstance(node, yaml.SequenceNode):
        for n, item in enumerate(node.value):
            _refuse_repeated_keys(path, item, (*at, n))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise _refused(
                    path, key.start_mark.line + 1, (*at, key.value), "键重复", "the key is repeated"
                )
            seen.add(key.value)
            _refuse_repeated_keys(path, value, (*at, key.value))


def _from_pydantic(path: Path, root: yaml.Node, error: ValidationError) -> FengqingError:
    problems = error.errors(include_url=False)
    # A misspelt key is also a missing one: the spelling is what the reader can see.
    first = min(problems, key=lambda p: (p["type"] == "missing", line_of(root, _place(p))))
    at = _place(first)
    if first["type"] == "refused":
        zh, en = first["ctx"]["zh"], first["ctx"]["en"]
    else:
        zh, en = KINDS_ZH.get(first["type"], "取值不合规定"), first["msg"]
    if len(problems) > 1:
        zh, en = f"{zh}（另有 {len(problems) - 1} 处）", f"{en} (and {len(problems) - 1} more)"
    return _refused(path, line_of(root, at), at, zh, en)


def _place(problem: Any) -> tuple[str | int, ...]:
    return (*problem["loc"], *problem.get("ctx", {}).get("at", ()))


def line_of(root: yaml.Node, at: tuple[str | int, ...]) -> int:
    """Line (from 1) of the deepest node on the path; a key that is missing gives its parent's line."""
    node, line = root, root.start_mark.line
    for step in at:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:  # a missing key, or the name pydantic gives to a branch of a union
                continue
            line, node = pair[0].start_mark.line, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
    return line + 1


def _refused(path: Path, line: int, at: tuple[str | int, ...], zh: str, en: str) -> FengqingError:
    place = ".".join(str(step) for step in at)
    return FengqingError(
        "METHODOLOGY_REFUSED",
        f"评价方法 {path.name} 第 {line} 行 {place}：{zh}。请改正后重新运行。",
        f"Methodology {path.name}, line {line}, {place}: {en}. Correct it and run again.",
    )
