"""What a run did, in figures: read, judged, assessed, selected, and where each output lies."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from models.home import Home
from pipelines.options import console, say

RECEIVED = """
select count(*) filter (status <> 'container') as files,
       count(*) filter (status = 'container') as archives, count(*) filter (status = 'refused') as refused,
       sum(rows_read)::bigint as rows_read, sum(accepted)::bigint as accepted,
       sum(returned)::bigint as returned,
       sum(quarantined)::bigint as quarantined, sum(non_data)::bigint as non_data
from files
where report_year = $1 or report_year is null
"""

BREACHED = """
select "check", item, other from coherence where breached and not signed order by all
"""
ASSESSED = """
select count(*) as societies, count(*) filter (filed) as filed, count(*) filter (band <> 'unrated') as rated,
       count(*) filter (decision = 'selected') as selected
from societies join composite using (society_id) join exemplars using (society_id)
"""


def summarise(home: Home, run_id: str, year: int) -> dict[str, Any]:
    """Figures of the files received for that year and of the run published, and the paths of its outputs."""
    from models.publication.files import snapshot_path
    from models.publication.snapshot import open_snapshot
    from models.warehouse import open_reader

    with open_reader(home) as con:
        (received,) = con.sql(RECEIVED, params=[year]).pl().to_dicts()
    with closing(open_snapshot(home, run_id)) as con:
        (assessed,) = con.sql(ASSESSED).pl().to_dicts()
        bands = dict(con.sql("select band, count(*) from composite group by band order by band").fetchall())
        breached = con.sql(BREACHED).pl()
        failed = con.sql(
            "select family, expectation, severity from expectation_results where not success order by all"
        ).pl()
    exports = home.exports / run_id
    return {
        "run_id": run_id,
        "received": received,
        "assessed": assessed,
        "bands": bands,
        "is_provisional": not breached.is_empty(),
        "unsigned_breaches": breached.to_dicts(),
        "warnings": failed.to_dicts(),
        "outputs": {
            "warehouse": str(home.warehouse),
            "snapshot": str(snapshot_path(home, run_id)),
            "exports": [str(path) for path in sorted(exports.iterdir())],
        },
    }


def print_summary(summary: dict[str, Any], lang: str) -> None:
    """The summary as a short table on standard output."""
    from rich.table import Table

    received, assessed = summary["received"], summary["assessed"]
    table = Table(show_header=False, title=say(lang, "评估完成 ", "Assessed ") + summary["run_id"])
    for zh, en, value in (
        ("收到文件", "Files received", received["files"]),
        ("其中未受理", "of them refused", received["refused"]),
        ("压缩包（其中文件已逐个计入）", "Archives (their files are counted above)", received["archives"]),
        ("读取行", "Rows read", received["rows_read"]),
        ("接收行", "Rows accepted", received["accepted"]),
        ("退回行", "Rows returned", received["returned"]),
        ("隔离行", "Rows quarantined", received["quarantined"]),
        ("非数据行（表头、合计、说明）", "Non-data rows (headers, totals, notes)", received["non_data"]),
        ("应评学会", "Societies due", assessed["societies"]),
        ("已报送", "Filed", assessed["filed"]),
        ("已评定等次", "Rated", assessed["rated"]),
        ("推荐典型", "Selected as exemplars", assessed["selected"]),
        ("检验提示", "Expectation warnings", len(summary["warnings"])),
    ):
        table.add_row(say(lang, zh, en), f"{value:,}")
    breaches = len(summary["unsigned_breaches"])
    table.add_row(
        say(lang, "状态", "Status"),
        say(
            lang,
            f"试评：一致性检验 {breaches} 项超限未签认",
            f"Provisional (试评): {breaches} coherence breaches not signed off",
        )
        if breaches
        else say(lang, "正式", "Final"),
    )
    out = console()
    out.print(table)
    out.print(say(lang, "成果位置：", "Outputs:"))
    outputs = summary["outputs"]
    for path in (outputs["warehouse"], outputs["snapshot"], *outputs["exports"]):
        out.print(f"  {path}", soft_wrap=True, highlight=False)
