"""Every defect class on hand-made files: the verdict expected and the verdict given, class by class."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from data_contracts.defects import load_defects
from models.home import Home
from models.intake.batch import ingest
from models.intake.judging import Context, Judged, SourceFile, judge, source_file
from models.warehouse import open_reader

TODAY = date(2026, 6, 1)
CLASSES = [c for c in load_defects() if c.startswith("D")]
# What a faulty row drags along: its cover's rows and its children.
FOLLOWING = {"S02", "S03"}
LETTERS = "AWRQ"
FATES = {"R": "returned", "Q": "quarantined"}


def _builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus_build", Path(__file__).parent / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


build = _builder()
CASES = list(build.cases())


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """case, code, verdict of every finding on the corpus: one batch, but for what only loading can tell.

    What became of rows is there too, under the codes `read`, `returned` and `quarantined`.
    """
    folder = tmp_path_factory.mktemp("corpus")
    files, owner = [], {}
    loaded = []
    for case in CASES:
        paths = build.write(case, folder)
        if case.spec.get("ingest"):
            loaded.append(_loaded(case, folder / case.name, folder / "homes" / case.name))
            continue
        for path in paths:
            file_id = source_file(path).file_id
            files.append(SourceFile(file_id, path, path.relative_to(folder / case.name).as_posix()))
            assert owner.setdefault(file_id, case.name) == case.name
    judged: Judged = judge(files, Context(register=None, known_keys=None, salt=b"0" * 32, today=TODAY))
    names = pl.DataFrame({"file_id": list(owner), "case": list(owner.values())})
    found = judged.findings.join(names, on="file_id").select("case", "code", "verdict")
    fates = (
        judged.rows.filter(pl.col("verdict") != "non_data")
        .join(names, on="file_id")
        .select("case", code="verdict")
    )
    fates = pl.concat([fates, fates.with_columns(code=pl.lit("read"))]).with_columns(verdict=pl.lit(""))
    return pl.concat([found, fates.filter(pl.col("code") != "accepted"), *loaded])


def _loaded(case: object, inbox: Path, home: Path) -> pl.DataFrame:
    ingest(inbox, Home(home), today=TODAY)
    with open_reader(Home(home)) as con:
        return (
            con.sql("select code, verdict from findings")
            .pl()
            .select(
                pl.lit(case.name).alias("case"),
                "code",
                "verdict",  # type: ignore[attr-defined]
            )
        )


def test_three_cases_a_class():
    counts = Counter(c.code for c in CASES)
    assert sorted(counts) == CLASSES
    assert min(counts.values()) >= 3


def test_confusion(findings: pl.DataFrame):
    """Print the table; no case may get another verdict, or a grave finding that is not its own."""
    table: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    wrong = []
    for case in CASES:
        mine = findings.filter(pl.col("case") == case.name)
        own = mine.filter(pl.col("code") == case.code)["verdict"].to_list()
        got = max(own, key=LETTERS.index, default="–")
        table[case.code, case.verdict][got] += 1
        allowed = [case.code, *FOLLOWING, *case.spec.get("may", [])]
        strange = mine.filter(pl.col("verdict").is_in(["R", "Q"]) & ~pl.col("code").is_in(allowed))
        fates = set(mine["code"]) & set(FATES.values())
        # A file refused as a whole has no rows; what only loading can tell changes no row.
        has_rows = not mine.filter(pl.col("code") == "read").is_empty()
        due = {FATES[case.verdict]} if case.verdict in FATES else set()
        has_fate = not has_rows or "may" in case.spec or (due <= fates if due else not fates)
        if got != case.verdict or strange.height or not has_fate:
            wrong.append((case.name, case.verdict, got, sorted(strange["code"].unique())))
    print("\nclass expected |" + "".join(f"{x:>4}" for x in (*LETTERS, "–")))
    for (code, expected), counts in sorted(table.items()):
        print(f"{code:>5} {expected:>8} |" + "".join(f"{counts[x] or '':>4}" for x in (*LETTERS, "–")))
    print(f"cases {len(CASES)}, wrong {len(wrong)}")
    assert wrong == []


def test_the_good_report_is_clean(tmp_path: Path):
    """What every case starts from has nothing to be found: a finding is its case's own."""
    case = build.Case("D99", 1, {"verdict": "A"})
    (path,) = build.write(case, tmp_path)
    judged = judge([source_file(path)], Context(register=None, known_keys=None, salt=b"0" * 32, today=TODAY))
    assert judged.findings.is_empty()
    assert judged.files["returned"].sum() + judged.files["quarantined"].sum() == 0
