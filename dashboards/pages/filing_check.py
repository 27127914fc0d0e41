"""报送检查: drop a file, see at once what intake would say of it; kept only if submitted to the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import filing, gate, listing, settings
from dashboards.filing import Receipt, Upload
from dashboards.i18n import DASH, Texts, lasting_labels
from dashboards.tables import Head, Html, badge, cards, cell, table
from dashboards.turns import RERUNS
from dashboards.view import heading, section
from models.errors import FengqingError
from models.home import Home
from models.intake.check import FileReport

LETTERS = ("Q", "R", "W", "A")
# Form besides colour; each is in the bundled font.
SIGNS = {"Q": "■", "R": "×", "W": "△", "A": "√"}
COUNTS = ("accepted", "returned", "quarantined", "non_data")
MOST_FILES, SHOWN = 10, 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def render(texts: Texts) -> None:
    """The whole page; needs no run."""
    t = Texts(texts.lang, lasting_labels(texts.lang))
    known = settings.load()
    heading(t("filing.title"), t("filing.lead"))
    uploads = _choose(t, known.upload_mb)
    if not uploads:
        _forget()
        _explain(t)
        return
    refusal = _too_much(t, uploads, known.upload_mb)
    if refusal:
        _forget()
        st.html(_banner("mend", "×", t("filing.too_much.title"), refusal))
        return
    reports = _judge(t, uploads, known.home)
    if reports is None:
        return
    if not gate.view_recorded(t, "filing_check", None, **_about_whom(uploads, reports)):
        return
    letters = _filter(t)
    by_id = {one.file_id: one for one in uploads}
    for number, report in enumerate(reports):
        _file(t, number, report, by_id.get(report.file_id), letters, known.home)
    judged = {report.file_id for report in reports}
    for file_id, upload in by_id.items():
        if file_id not in judged:
            _archive(t, upload, known.home)
    is_consulted = all(one.is_register_consulted for one in reports)
    limits = t("filing.limits") if is_consulted else t("filing.no_register")
    st.html(f'<p class="fq-legend">{cell(limits)}</p>')


def _about_whom(uploads: Sequence[Upload], reports: Sequence[FileReport]) -> dict[str, list[str]]:
    """Names and hashes of the files sent, and the societies that they say they are of."""
    return {
        "file": [one.name for one in uploads],
        "sha256": [one.file_id[: filing.HASH_LENGTH] for one in uploads],
        "society": sorted({one.society_id for one in reports if one.society_id}),
    }


def _choose(t: Texts, largest: int) -> list[Upload]:
    sent = st.file_uploader(
        t("filing.choose", size=largest, files=MOST_FILES),
        accept_multiple_files=True,
        key="uploads",
        max_upload_size=largest,
    )
    return [Upload(one.name, one.getvalue()) for one in sent or []]


def _too_much(t: Texts, uploads: Sequence[Upload], largest: int) -> str | None:
    total = sum(len(one.data) for one in uploads)
    if len(uploads) > MOST_FILES:
        return t("filing.too_many", n=len(uploads), most=MOST_FILES)
    if total > largest * settings.MEGABYTE:
        return t("filing.too_large", size=t.decimal(total / settings.MEGABYTE), most=largest)
    return None


def _explain(t: Texts) -> None:
    """Before a file is chosen: what happens to it."""
    points = "".join(
        f"<li><strong>{cell(t(f'filing.point{n}.title'))}</strong>"
        f"<span>{cell(t(f'filing.point{n}.text'))}</span></li>"
        for n in (1, 2, 3)
    )
    st.html(f'<ol class="fq-points">{points}</ol>')


def _judge(t: Texts, uploads: Sequence[Upload], home: Home) -> list[FileReport] | None:
    """The reports; judged once, not at every click. Held by the session until the files are taken away."""
    held = st.session_state.get("filing")
    sent = [(one.file_id, one.name) for one in uploads]
    if held is None or held[0] != sent:
        st.session_state.pop("filing", None)
        try:
            with st.spinner(t("filing.judging")), RERUNS.give_up():
                held = (sent, filing.judge(uploads, filing.register(home, gate.permission().scope)))
        except FengqingError as error:
            st.html(_banner("mend", "×", t("filing.failed"), error.text(t.lang)))
            return None
        st.session_state["filing"] = held
    reports: list[FileReport] = held[1]
    return reports


def _forget() -> None:
    for name in ("filing", "receipts"):
        st.session_state.pop(name, None)


def _filter(t: Texts) -> list[str]:
    return st.pills(
        t("filing.filter"),
        LETTERS,
        selection_mode="multi",
        default=LETTERS,
        key="letters",
        format_func=lambda letter: f"{SIGNS[letter]} {t.label('finding_verdict', letter)}",
    )


def _banner(css: str, sign: str, title: str, text: str) -> str:
    return (
        f'<div class="fq-banner {css}" role="status"><strong><span aria-hidden="true">{sign}</span> '
        f"{cell(title)}</strong><span>{cell(text)}</span></div>"
    )


def _file(  # noqa: PLR0913, PLR0917 - what a file's part of the page shows
    t: Texts, number: int, report: FileReport, upload: Upload | None, letters: Sequence[str], home: Home
) -> None:
    section(report.path.as_posix(), _about(t, report))
    st.html(_verdict(t, report))
    st.html(
        cards(
            (t.label("verdict", code), t.integer(report.rows[code]), t(f"filing.{code}")) for code in COUNTS
        )
    )
    with st.container(horizontal=True):
        _downloads(t, number, report, upload)
        if upload is not None:
            _submission(t, f"submit_{number}", upload, report, home)
    if upload is not None:
        _standing(t, upload, home)
    _findings(t, report, letters)


def _archive(t: Texts, upload: Upload, home: Home) -> None:
    """A file whose parts were judged one by one; it is submitted as a whole."""
    section(upload.name, t("filing.archive"))
    _submission(t, f"submit_{upload.file_id}", upload, None, home)
    _standing(t, upload, home)


def _about(t: Texts, report: FileReport) -> str:
    parts = [
        report.society_id,
        None if report.report_year is None else t("filing.year", year=report.report_year),
        None if report.revision is None else t("filing.revision", n=report.revision),
        t("filing.rows", n=t.integer(report.rows["rows_read"])),
    ]
    return " · ".join(part for part in parts if part)


def _verdict(t: Texts, report: FileReport) -> str:
    warned = sum(one["verdict"] == "W" for one in report.findings)
    if report.status == "refused":
        return _banner("mend", "×", t("filing.mend"), t("filing.mend.refused"))
    if not report.is_clean:
        grave = {code: t.integer(report.rows[code]) for code in ("returned", "quarantined")}
        return _banner("mend", "×", t("filing.mend"), t("filing.mend.rows", **grave))
    text = t("filing.ready.warned", n=t.integer(warned)) if warned else t("filing.ready.clean")
    return _banner("ready", "√", t("filing.ready"), text)


def _downloads(t: Texts, number: int, report: FileReport, upload: Upload | None) -> None:
    """The list, and the sender's workbook with its marks; made when asked for."""
    about = {"file": report.path.as_posix(), "sha256": report.file_id[: filing.HASH_LENGTH]}
    st.download_button(
        t("filing.list"),
        gate.recorded(
            partial(listing.findings_workbook, report, t.lang), "filing findings.xlsx", None, **about
        ),
        file_name=t("filing.list.file", name=filing.stem_of(report)),
        mime=XLSX,
        key=f"list_{number}",
        on_click="ignore",
        disabled=not report.findings,
    )
    if upload is not None and filing.is_markable(upload, report):
        st.download_button(
            t("filing.marked"),
            gate.recorded(
                partial(filing.return_workbook, upload, report, t.lang), "filing marked.xlsx", None, **about
            ),
            file_name=filing.return_name(upload),
            mime=XLSX,
            key=f"marked_{number}",
            on_click="ignore",
        )


def _submission(t: Texts, key: str, upload: Upload, report: FileReport | None, home: Home) -> None:
    """The button by which a file is kept; foremost only where nothing is to be mended."""
    inbox = filing.inbox_of(home)
    is_done = _receipt(upload) is not None
    is_refused = report is not None and report.status == "refused"
    pressed = st.button(
        t("filing.submit"),
        key=key,
        type="primary" if report is not None and report.is_clean else "secondary",
        disabled=inbox is None or is_refused or is_done,
    )
    if pressed and inbox is not None:
        _submit(t, upload, inbox)


def _standing(t: Texts, upload: Upload, home: Home) -> None:
    """Whether the file has been kept."""
    receipt = _receipt(upload)
    if receipt is not None:
        key = "filing.receipt.new" if receipt.is_new else "filing.receipt.known"
        about = t("filing.receipt", name=receipt.name, size=t.integer(receipt.bytes),
                  sha=receipt.file_id[:16], time=t.moment(receipt.received_at))  # fmt: skip
        st.html(_banner("ready", "√", t(key), about))
    else:
        st.caption(t("filing.no_inbox") if filing.inbox_of(home) is None else t("filing.not_kept"))


def _receipt(upload: Upload) -> Receipt | None:
    found: Receipt | None = st.session_state.get("receipts", {}).get(upload.file_id)
    return found


def _submit(t: Texts, upload: Upload, inbox: Path) -> None:
    try:
        receipt = filing.submit(upload, inbox)
    except FengqingError as error:
        st.html(_banner("mend", "×", t("filing.failed"), error.text(t.lang)))
        return
    st.session_state.setdefault("receipts", {})[upload.file_id] = receipt
    # Once more from the top: the button is drawn before it is known that it was pressed.
    st.rerun()


def _findings(t: Texts, report: FileReport, letters: Sequence[str]) -> None:
    if not report.findings:
        return
    chosen = [one for one in report.findings if one["verdict"] in letters]
    if not chosen:
        st.text(t("filing.filter.none", n=t.integer(len(report.findings))))
        return
    heads = [
        Head(t("column.treatment"), css="treatment"),
        Head(t("column.place"), css="code"),
        Head(t("column.header"), css="group"),
        Head(t("column.original"), css="value"),
        Head(t("column.message"), css="message"),
    ]
    rows: list[tuple[str | None, ...]] = []
    sheet: str | None = ""
    for one in chosen[:SHOWN]:
        if one["sheet"] != sheet:
            sheet = one["sheet"]
            rows.append((sheet or t("filing.whole_file"),))
        rows.append(_row(t, one))
    st.html(table(heads, rows, t("filing.findings", name=report.path.name)))
    if len(chosen) > SHOWN:
        st.caption(t("filing.more", shown=SHOWN, total=t.integer(len(chosen))))


def _row(t: Texts, one: dict[str, Any]) -> tuple[str | None, ...]:
    letter = one["verdict"]
    mark = badge(f"{SIGNS[letter]} {t.label('finding_verdict', letter)}", f"verdict-{letter}")
    return (
        Html(f"{mark}<small>{cell(one['code'])}</small>"),
        listing.place(t, one),
        one["header"] or DASH,
        one["value"] if one["value"] is not None else DASH,
        t.pick(one["message_zh"], one["message_en"]),
    )
