"""The warnings that accepted rows get beside other rows; no verdict of a row changes here."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from models.intake.crosscheck import attachments, clustering, sameness, sessions, similarity
from models.intake.crosscheck.holdings import Holdings
from models.intake.frames import no_findings


def warnings(
    accepted: Mapping[str, pl.DataFrame], sheets: pl.DataFrame, names: pl.DataFrame, held: Holdings
) -> pl.DataFrame:
    """D27, D36, D42, D43, S15, S16 and S17 for a batch.

    Args:
        accepted: by family the typed rows taken in, with sheet_no and row.
        sheets: sheet_no, file_id.
        names: file_id, name of the files of the batch.
        held: what earlier batches brought.
    """
    return pl.concat(
        [
            no_findings(),
            sessions.double_reports(accepted, held),
            sessions.rosters(accepted, held),
            sessions.split_sessions(accepted),
            sameness.same_documents(accepted, held),
            similarity.copied_texts(accepted, held),
            clustering.clustered(accepted),
            attachments.missing(accepted, sheets, names, held),
        ]
    )
