"""Ways to game the assessment: each changes what some societies file, before files are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from models.sample.records.year import YearRecords
from models.sample.season import Season

Filed = dict[str, pl.DataFrame]
COPIED_SHA = "c0" * 32  # checksum that a copied document and its original share
YEAR_END = 22  # first day of December that clustered sessions are held on


@dataclass(frozen=True)
class Move:
    """A move: what it is called, which family a check would have to look at, who may gain, what is changed.

    `gains` picks societies (positions) that the move could serve; `change` gives the frames it changes.
    `indicators`: those it is aimed at. `flags`: findings and signals that ought to catch it.
    """

    name: str
    family: str
    indicators: tuple[str, ...]
    flags: tuple[str, ...]
    gains: Callable[[Season, Filed], pl.Series]
    change: Callable[[Season, Filed, list[int]], Filed]


def made(move: Move, season: Season, records: YearRecords, gamers: list[int]) -> YearRecords:
    """The records of a year in which `gamers` (positions) make the move."""
    return replace(records, filed=records.filed | move.change(season, records.filed, gamers))


def _of(gamers: list[int]) -> pl.Expr:
    return pl.col("soc").is_in(gamers)


def _when(gamers: list[int], **values: pl.Expr) -> list[pl.Expr]:
    return [pl.when(_of(gamers)).then(value).otherwise(name).alias(name) for name, value in values.items()]


def _views(_: Season, filed: Filed, gamers: list[int]) -> Filed:
    """Views of a live stream stand as persons online, and the report counts them as members trained."""
    sessions = filed["education_sessions"].with_columns(
        _when(gamers, online_unique_n=pl.coalesce("views_n", "online_unique_n"))
    )
    more = (
        filed["education_sessions"]
        .group_by("soc")
        .agg(extra=(pl.col("views_n") - pl.col("online_unique_n")).sum())
    )
    reports = filed["annual_reports"].join(more, on="soc", how="left", maintain_order="left")
    claimed = pl.min_horizontal(
        "individual_members", pl.col("trained_members_n") + pl.col("extra").fill_null(0)
    )
    return {
        "education_sessions": sessions,
        "annual_reports": reports.with_columns(_when(gamers, trained_members_n=claimed)).drop("extra"),
    }


def _december(season: Season, filed: Filed, gamers: list[int]) -> Filed:
    """The year's teaching in ten days: four added sessions that tick every topic, audience and a case."""
    sessions = filed["education_sessions"]
    topics, audiences = (
        sessions[name].explode().drop_nulls().unique().sort().to_list() for name in ("topics", "audiences")
    )
    last = sessions.filter(_of(gamers)).unique("soc", keep="last", maintain_order=True)
    added = [
        last.with_columns(
            session_id=pl.lit(f"S9{k}"),
            name=pl.col("name") + f"·{k}",
            held_on=pl.date(season.year, 12, YEAR_END + 2 * k),
            topics=pl.lit(topics),
            audiences=pl.lit(audiences),
            has_case_lesson=pl.lit(True),
            verify=pl.lit("sign_in"),
            mode=pl.lit("onsite"),
            onsite_n=pl.lit(11 + k, pl.Int64),
            online_unique_n=pl.lit(0, pl.Int64),
            views_n=pl.lit(None, pl.Int64),
            test_n=pl.lit(None, pl.Int64),
            pass_n=pl.lit(None, pl.Int64),
            evidence=pl.lit(f"附件3-9{k}.pdf"),
        )
        for k in range(4)
    ]
    return {"education_sessions": pl.concat([sessions, *added]).sort("soc", maintain_order=True)}


def _copied(_: Season, filed: Filed, gamers: list[int]) -> Filed:
    """A peer's convention with all it needs, filed as one's own; the file is the same to the byte."""
    documents = filed["documents"]
    model = documents.filter(
        pl.col("doc_type") == "convention",
        pl.col("stage") == "effective",
        pl.col("reviewed_on").is_not_null(),
        ~_of(gamers),
    ).sort(pl.col("elements").list.len().fill_null(0), "soc", descending=[True, False])[:1]
    source = int(model["soc"][0])
    copies = pl.concat(
        [
            model.with_columns(
                soc=pl.lit(g, pl.Int64), doc_sha256=pl.lit(COPIED_SHA), evidence=pl.lit("附件2-9.pdf")
            )
            for g in gamers
        ]
    )
    is_convention = (pl.col("doc_type") == "convention") & (pl.col("stage") != "repealed")
    kept = documents.filter(~(_of(gamers) & is_convention)).with_columns(
        doc_sha256=pl.when((pl.col("soc") == source) & is_convention)
        .then(pl.lit(COPIED_SHA))
        .otherwise("doc_sha256")
    )
    return {"documents": pl.concat([kept, copies]).sort("soc", "doc_id")}


def _paper(_: Season, filed: Filed, gamers: list[int]) -> Filed:
    """A committee that exists on paper has done all that was planned."""
    reports = filed["annual_reports"]
    return {
        "annual_reports": reports.with_columns(
            _when(gamers, integrity_done_n=pl.col("integrity_planned_n"), evidence=pl.lit(None, pl.String))
        )
    }


def _omitted(_: Season, filed: Filed, gamers: list[int]) -> Filed:
    """Awards that followed no norm, or set a threshold, are not filed."""
    return {
        "evaluation_activities": filed["evaluation_activities"].filter(
            ~(_of(gamers) & (pl.col("setting") == "awards") & _is_poor())
        )
    }


def _is_poor() -> pl.Expr:
    return (
        pl.col("norm_doc_id").is_null()
        | pl.col("rep_limit").is_null()
        | pl.col("jif_threshold").fill_null(False)
    )


def _inflated(filed: Filed, gamers: list[int], evidence: pl.Expr) -> Filed:
    reports = filed["annual_reports"]
    most = {"pledged_n": ("members_due", 0.97), "trained_members_n": ("individual_members", 0.93),
            "council_45_n": ("council_n", 0.34)}  # fmt: skip
    claims = {
        name: pl.max_horizontal(name, (pl.col(base) * share).floor().cast(pl.Int64))
        for name, (base, share) in most.items()
    }
    return {"annual_reports": reports.with_columns(_when(gamers, evidence=evidence, **claims))}


def _self_reported(_: Season, filed: Filed, gamers: list[int]) -> Filed:
    """Pledges, members trained and young council members made up, with nothing to show for them."""
    return _inflated(filed, gamers, pl.lit(None, pl.String))


def _attached(_: Season, filed: Filed, gamers: list[int]) -> Filed:
    """The same figures made up, with an attachment that says so."""
    return _inflated(filed, gamers, pl.lit("附件1-9.pdf"))


def _split(season: Season, filed: Filed, gamers: list[int]) -> Filed:
    """One session filed once a quarter, with its figures."""
    sessions = filed["education_sessions"]
    first = sessions.filter(_of(gamers)).unique("soc", keep="first", maintain_order=True)
    parts = [
        first.with_columns(
            session_id=pl.lit(f"S9{quarter}"),
            name=pl.col("name") + f"（{quarter}）",
            held_on=pl.date(season.year, 3 * quarter - 1, 14),
            verify=pl.lit("none"),
        )
        for quarter in range(1, 5)
    ]
    return {"education_sessions": pl.concat([sessions, *parts]).sort("soc", maintain_order=True)}


def _unfiled(_: Season, filed: Filed, gamers: list[int]) -> Filed:
    """Commissioned cases are not filed, and the report declares that there were none."""
    return {
        "investigations": filed["investigations"].filter(~_of(gamers)),
        "annual_reports": filed["annual_reports"].with_columns(
            _when(gamers, zero_case_declared=pl.lit(True))
        ),
    }


def _socs(frame: pl.DataFrame) -> pl.Series:
    return frame["soc"].unique().sort()


def _few_quarters(_: Season, filed: Filed) -> pl.Series:
    quarters = (
        filed["education_sessions"]
        .group_by("soc")
        .agg(pl.col("held_on").dt.quarter().n_unique().alias("quarters"), pl.len())
    )
    return _socs(quarters.filter(pl.col("quarters") <= 2))


def _few_sessions(_: Season, filed: Filed) -> pl.Series:
    return _socs(filed["education_sessions"].group_by("soc").len().filter(pl.col("len") <= 2))


def _weak_convention(_: Season, filed: Filed) -> pl.Series:
    good = filed["documents"].filter(
        pl.col("doc_type") == "convention",
        pl.col("stage") == "effective",
        pl.col("elements").list.len().fill_null(0) >= 6,
    )
    return _socs(filed["annual_reports"].filter(~pl.col("soc").is_in(good["soc"].implode())))


def _half_done(_: Season, filed: Filed) -> pl.Series:
    return _socs(
        filed["annual_reports"].filter(pl.col("integrity_done_n") * 3 < pl.col("integrity_planned_n") * 2)
    )


def _poor_awards(_: Season, filed: Filed) -> pl.Series:
    return _socs(filed["evaluation_activities"].filter((pl.col("setting") == "awards") & _is_poor()))


def _few_pledges(_: Season, filed: Filed) -> pl.Series:
    return _socs(filed["annual_reports"].filter(pl.col("pledged_n") * 2 < pl.col("members_due")))


def _commissioned(_: Season, filed: Filed) -> pl.Series:
    return _socs(filed["investigations"].filter(pl.col("source") == "commissioned"))


def _viewed(_: Season, filed: Filed) -> pl.Series:
    return _socs(filed["education_sessions"].filter(pl.col("views_n") >= 50))


CLAIMED = ("2.4", "5.2", "6.5")
TAUGHT = ("5.1", "5.3", "5.4", "5.6")
CASES = ("3.2", "3.3", "3.4")
ROSTER, WINNERS, HIDDEN = ("declared_above_roster",), ("winners_filed",), ("unreported_commission",)
MOVES = (
    Move("views", "education_sessions", ("5.2", "5.5"), ("D26",), _viewed, _views),
    Move("december", "education_sessions", TAUGHT, ("D43",), _few_sessions, _december),
    Move("copied", "documents", ("2.1", "2.3", "2.5"), ("S16",), _weak_convention, _copied),
    Move("paper", "annual_reports", ("1.4",), (), _half_done, _paper),
    Move("omitted", "evaluation_activities", ("4.4", "4.5"), WINNERS, _poor_awards, _omitted),
    Move("inflated", "annual_reports", CLAIMED, ROSTER, _few_pledges, _self_reported),
    Move("attached", "annual_reports", CLAIMED, ROSTER, _few_pledges, _attached),
    Move("split", "education_sessions", ("5.1",), ("S17",), _few_quarters, _split),
    Move("unfiled", "investigations", CASES, HIDDEN, _commissioned, _unfiled),
)


def gamers_of(move: Move, season: Season, records: YearRecords, most: int) -> list[int]:
    """Societies whom the move could serve and whom nobody checked, spread over their qualities."""
    checks = records.authority["verifications"].filter(pl.col("family") == move.family)
    checked = season.population.ids.tolist()
    place = {society: k for k, society in enumerate(checked)}
    seen = {place[society] for society in checks["society_id"].to_list()}
    able = [k for k in move.gains(season, records.filed).to_list() if k not in seen]
    ranked = sorted(able, key=lambda k: float(season.quality[k]))
    at = np.unique(np.linspace(0, len(ranked) - 1, min(most, len(ranked))).astype(int))
    return sorted(ranked[k] for k in at)
