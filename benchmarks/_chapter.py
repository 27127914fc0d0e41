"""The chapter on validity, made of what the benchmarks found: docs/validity.zh.md and docs/validity.en.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from benchmarks import _store

FOLDER = Path(__file__).parent / "chapter"
LANGUAGES = ("zh", "en")


def markdown(lang: str, found: dict[str, Any]) -> str:
    """The chapter in one language; `found` is the store of the benchmarks."""
    words = yaml.safe_load((FOLDER / "words.yaml").read_text(encoding="utf-8"))
    text = (FOLDER / f"validity.{lang}.md").read_text(encoding="utf-8")
    return text.format(**_figures(found, words, lang))


def write(folder: Path) -> list[Path]:
    """Write the chapter in both languages to `folder`."""
    found = _store.read()
    paths = [folder / f"validity.{lang}.md" for lang in LANGUAGES]
    for lang, path in zip(LANGUAGES, paths, strict=True):
        path.write_text(markdown(lang, found), encoding="utf-8")
    return paths


def _figures(found: dict[str, Any], words: dict[str, Any], lang: str) -> dict[str, str]:
    valid, game = found["validity"], found["gaming"]
    recovery, cases, turned = valid["recovery"], valid["cases"], valid["turnover"]
    weakest = next(row for row in valid["by"]["quality"] if str(row["group"]) == "1")
    is_fair = abs(cases["error"]) <= cases["error_half"]
    return {
        **{name: f"{recovery[name]:.3f}" for name in recovery if name.startswith("spearman")},
        **{name: f"{recovery[name]:.2f}" for name in ("bias", "rmse", "sd_truth")},
        **{f"error_{name}": f"{value:.2f}" for name, value in valid["errors"].items()},
        **{f"cases_{n}": f"{cases[n]:+.2f} ± {cases[f'{n}_half']:.2f}" for n in ("score", "truth", "error")},
        "nations": str(valid["nations"]),
        "societies": str(valid["societies"]),
        "rated": f"{valid['rated']:,}",
        "draws": f"{valid['draws']:,}",
        "honesty": f"{valid['honesty']:g}",
        "level": f"{valid['level'] * 100:g}",
        "bias_weakest": f"{weakest['bias']:.1f}",
        "pairs": f"{cases['pairs']:g}",
        "cases_verdict": words["cases"]["fair" if is_fair else "unfair"][lang],
        "gamers": str(max(move["gamers"] for move in game["moves"])),
        "game_societies": str(game["societies"]),
        "runs": str(turned["runs"]),
        "changed": str(turned["changed"]),
        "quota": str(sum(row["is_quota"] for row in turned["rows"])),
        "move_notes": "\n- ".join(words["notes"][lang]),
        "table_coverage": _coverage(valid["coverage"], words["coverage"], lang),
        "table_by": _by(valid["by"], words["by"], lang),
        "table_dimensions": " · ".join(f"{r['group']} {_share(r['data'])}" for r in valid["dimensions"]),
        "table_worlds": _worlds(valid["worlds"], words["worlds"], lang),
        "table_moves": _moves(game["moves"], words["moves"], lang),
        "table_turnover": _turnover(turned["rows"], words["turnover"], lang),
    }


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _share(value: float) -> str:
    return f"{value * 100:.1f}%"


def _coverage(held: dict[str, Any], words: dict[str, Any], lang: str) -> str:
    rows = []
    for name, said in words.items():
        if name == "head":
            continue
        one = held[name]
        width = _share(one["width"]) if name == "rank_sets" else f"{one['width']:.1f}"
        rows.append([*said[lang], _share(one["held"]), _share(one["error"]), width])
    return _table(words["head"][lang], rows)


def _by(groups: dict[str, Any], words: dict[str, Any], lang: str) -> str:
    rows = [
        [words[str(r["group"])][lang], f"{r['n']:,}", *(_share(r[n]) for n in ("data", "joint", "rank")),
         f"{r['bias']:+.2f}"]
        for name in ("has_cases", "size_class", "level", "quality")
        for r in groups[name]
    ]  # fmt: skip
    return _table(words["head"][lang], rows)


def _worlds(worlds: list[dict[str, float]], words: dict[str, Any], lang: str) -> str:
    rows = [
        [
            _share(w["mean"]),
            f"{w['bias']:+.2f}",
            f"{w['spearman']:.3f}",
            _share(w["data"]),
            _share(w["joint"]),
        ]
        for w in worlds
    ]
    return _table(words["head"][lang], rows)


def _moves(moves: list[dict[str, Any]], words: dict[str, Any], lang: str) -> str:
    rows = []
    for m in moves:
        flags = ", ".join(f"`{flag}`" for flag in m["caught_by"]) or words["none"][lang]
        rows.append(
            [words[m["move"]][lang], str(m["gamers"]), f"{m['gross']:+.2f}", f"{m['net']:+.2f}",
             f"{m['net_most']:+.2f}", f"{m['chance_most'] * 100:+.0f}%",
             f"{_share(m['caught'])} ({_share(m['alarms'])})", flags]
        )  # fmt: skip
    return _table(words["head"][lang], rows)


def _turnover(rows: list[dict[str, Any]], words: dict[str, Any], lang: str) -> str:
    if not rows:
        return ""
    told = [
        [words[r["what"]][lang], r["before"], r["after"], f"{r['moved']:+.2f}",
         words["yes" if r["is_quota"] else "no"][lang]]
        for r in rows
    ]  # fmt: skip
    return _table(words["head"][lang], told)


if __name__ == "__main__":
    write(_store.STORE.parent)
