"""Imports run one way: data_contracts <- models <- {pipelines, dashboards}."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "data_contracts": {"models", "pipelines", "dashboards", "dagster", "streamlit"},
    "models": {"pipelines", "dashboards", "dagster", "streamlit", "great_expectations"},
    "pipelines": {"dashboards", "streamlit"},
    "dashboards": {"pipelines", "dagster", "great_expectations"},
}
# The command that starts the dashboard, and the one module that speaks to Great Expectations.
ALLOWED = {("pipelines/commands/serve.py", "dashboards")}
ONLY_IN = {"great_expectations": {"data_contracts/expectations.py"}}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


MODULES = [(package, path) for package in FORBIDDEN for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize(("package", "path"), MODULES, ids=lambda v: v.name if isinstance(v, Path) else v)
def test_a_module_imports_only_downwards(package: str, path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    tops = {module.split(".")[0] for module in imported(path)}
    wrong = {t for t in tops & FORBIDDEN[package] if (name, t) not in ALLOWED}
    wrong |= {t for t, where in ONLY_IN.items() if t in tops and name not in where}
    assert not wrong, f"{name} imports {sorted(wrong)}"


def test_dashboards_never_open_the_warehouse() -> None:
    for path in sorted((ROOT / "dashboards").rglob("*.py")):
        assert not any(m.startswith("models.warehouse") for m in imported(path)), path


def test_there_are_modules_to_look_at() -> None:
    assert {package for package, _ in MODULES} == set(FORBIDDEN)
