"""What a society's next report may start from: its name on the register and last year's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import FengqingError
from models.home import Home
from models.warehouse import open_reader

if TYPE_CHECKING:
    import polars as pl

# Rules stay in force from year to year; activities, cases and head counts are each year's own.
CARRIED_OVER = ("documents",)


def carried_over(home: Home, society_id: str, year: int) -> tuple[str, dict[str, pl.DataFrame]]:
    """Name of the society, and its accepted rows of the year before by family.

    Raises:
        FengqingError: the register does not know the society, or there is no warehouse.
    """
    with open_reader(home) as con:
        names = con.sql(
            "select name from societies where society_id = $1 order by report_year desc limit 1",
            params=[society_id],
        ).fetchall()
        if not names:
            raise FengqingError(
                "society_unknown",
                f"名册中没有统一社会信用代码 {society_id}，请核对，或去掉 --prefill。",
                f"The register has no society {society_id}; check the code, or leave out --prefill.",
            )
        rows = {
            family: con.sql(
                f"select * from {family} where society_id = $1 and report_year = $2 order by source_row",
                params=[society_id, year - 1],
            ).pl()
            for family in CARRIED_OVER
        }
    return str(names[0][0]), rows
