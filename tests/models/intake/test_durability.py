"""Landing when something breaks: the disk, the power, or the process, in the middle of it."""

import errno
import fcntl
import hashlib
import os
import zipfile
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import FengqingError
from models.home import Home
from models.intake import barrier, landing, originals
from models.intake.landing import land
from models.intake.receipts import RECEIPTS, Landed, open_book, received

FILES = {f"{k}.csv": f"{k}\n".encode() for k in range(5)}


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def inbox(tmp_path):
    path = tmp_path / "inbox"
    path.mkdir()
    for name, content in FILES.items():
        (path / name).write_bytes(content)
    return path


@pytest.fixture
def chunks_of_two(monkeypatch):
    for module in (landing, originals):
        monkeypatch.setattr(module, "CHUNK_FILES", 2)


def book_of(home):
    return home.landing / RECEIPTS


def are_whole(landed):
    return all(hashlib.sha256(r.path.read_bytes()).hexdigest() == r.file_id for r in landed)


def test_killed_while_landing_only_the_chunk_in_work_is_lost(inbox, home, chunks_of_two):
    class Killed(BaseException):
        pass

    def kill(_, done, total):
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        land(inbox, home, kill)
    before = received(home)
    assert [r.name for r in before] == ["0.csv", "1.csv"]
    assert [r.name for r in land(inbox, home)] == list(FILES)
    assert received(home)[:2] == before
    assert are_whole(received(home))


def test_receipts_are_added_and_never_written_anew(inbox, home, chunks_of_two):
    land(inbox, home)
    before, inode = book_of(home).read_bytes(), book_of(home).stat().st_ino
    (inbox / "9.csv").write_bytes(b"nine")
    land(inbox, home)
    assert book_of(home).read_bytes().startswith(before)
    assert book_of(home).stat().st_ino == inode
    assert [r.name for r in received(home)] == [*FILES, "9.csv"]


def test_cut_off_anywhere_in_the_last_receipt(inbox, home):
    land(inbox, home)
    whole = book_of(home).read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for end in range(last, len(whole)):
        book_of(home).write_bytes(whole[:end])
        kept = [r.name for r in received(home)]
        # From the longest only the end of the line is missing.
        assert kept == [*FILES][: 5 if end == len(whole) - 1 else 4]
        if end % 20 == 0 or end == len(whole) - 1:
            landed = land(inbox, home)
            assert landed == received(home)
            assert [r.name for r in landed] == [*FILES]


RECEIPT_NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(max_examples=50, deadline=None)
@given(st.lists(RECEIPT_NAMES, min_size=1, max_size=5), st.data())
def test_whatever_a_name_holds_and_wherever_the_file_ends(tmp_path_factory, names, data):
    folder = tmp_path_factory.mktemp("book")
    sent = [
        Landed(f"{k:064x}", name, k, datetime(2026, 1, 1, 0, 0, k), folder, f"00/{k}.csv")
        for k, name in enumerate(names)
    ]
    with open_book(folder) as book:
        book.add(sent[:-1])
        book.add(sent[-1:])
    whole = (folder / RECEIPTS).read_bytes()
    end = data.draw(st.integers(0, len(whole)))
    (folder / RECEIPTS).write_bytes(whole[:end])
    with open_book(folder) as book:
        kept = len(book.known)
        assert book.known == sent[:kept]
        assert kept >= whole[:end].count(b"\n")
        book.add(sent[kept:])
    with open_book(folder) as book:
        assert book.known == sent


def test_an_archive_of_which_part_was_written_down_is_taken_anew(inbox, home):
    with zipfile.ZipFile(inbox / "z.zip", "w") as archive:
        for k in range(3):
            archive.writestr(f"{k}.csv", f"member {k}")
    land(inbox, home)
    whole = book_of(home).read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for end in (ends[5], ends[6], ends[7], ends[7] + 30):  # after one, two, three members, and in the archive
        book_of(home).write_bytes(whole[:end])
        assert [r.name for r in received(home)] == [*FILES]
        landed = land(inbox, home)
        assert [r.name for r in landed[5:]] == ["z.zip", "z.zip/0.csv", "z.zip/1.csv", "z.zip/2.csv"]
        assert sorted(r.name for r in received(home)) == sorted(r.name for r in landed)


def test_a_receipt_that_cannot_be_read_is_named(inbox, home):
    land(inbox, home)
    lines = book_of(home).read_bytes().splitlines(keepends=True)
    book_of(home).write_bytes(b"".join([lines[0], lines[1][:20] + b"\n", *lines[2:]]))
    for ask in (lambda: land(inbox, home), lambda: received(home)):
        with pytest.raises(FengqingError) as caught:
            ask()
        assert caught.value.code == "receipts_damaged"
        assert "Line 2 " in caught.value.en


def test_no_receipt_before_the_disk_has_confirmed(inbox, home, monkeypatch):
    def failing(*_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(barrier.Barrier, "settle", failing)
        with pytest.raises(FengqingError) as caught:
            land(inbox, home)
    assert caught.value.code == "landing_unwritable"
    assert received(home) == []
    assert land(inbox, home) == received(home) != []


def test_a_full_disk_is_told_and_holds_no_halves(inbox, home, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", full)
        with pytest.raises(FengqingError) as caught:
            land(inbox, home)
    assert caught.value.code == "landing_unwritable"
    assert "No space left" in caught.value.zh
    assert not list(home.landing.glob(".draft*"))
    assert land(inbox, home) == received(home) != []


@pytest.mark.skipif(barrier.SYNCFS is None, reason="this system cannot be asked for a whole file system")
def test_what_the_system_answers_is_heard(tmp_path):
    with barrier.Barrier(tmp_path) as one:
        one.settle([])
        handle, one._handle = one._handle, -1
        with pytest.raises(OSError, match="descriptor") as caught:
            one.settle([])
        one._handle = handle
    assert caught.value.errno == errno.EBADF


def test_where_the_file_system_cannot_be_asked_each_file_is(inbox, home, monkeypatch):
    settled, real = set(), os.fsync

    def noting(handle):
        settled.add(os.path.realpath(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(barrier, "SYNCFS", None)
    monkeypatch.setattr(os, "fsync", noting)
    landed = land(inbox, home)
    wanted = {r.path for r in landed} | {r.path.parent for r in landed} | {home.landing, book_of(home)}
    assert {str(path) for path in wanted} <= settled


def test_a_copy_without_a_receipt_is_not_trusted(inbox, home):
    [first, *_] = land(inbox, home)
    book_of(home).unlink()
    first.path.chmod(0o600)
    first.path.write_bytes(b"\0\0")  # as long as it should be, and what a crash may leave
    first.path.chmod(0o400)
    assert are_whole(land(inbox, home))


@pytest.mark.parametrize("harm", ["lost", "cut"])
def test_a_copy_that_is_lost_or_cut_is_made_again_where_its_receipt_says(inbox, home, harm):
    [first, *_] = land(inbox, home)
    first.path.unlink()
    if harm == "cut":
        first.path.write_bytes(b"")
    (inbox / "0.csv").rename(inbox / "0.txt")
    [again, *_] = land(inbox, home)
    assert again == replace(first, name="0.txt")
    assert are_whole([again])


def test_drafts_of_a_killed_landing_are_cleared(inbox, home):
    (home.landing / ".draft.0123").write_bytes(b"half")
    (home.landing / ".draft.archive").mkdir()
    (home.landing / ".draft.archive" / "0").write_bytes(b"member")
    land(inbox, home)
    assert not list(home.landing.glob(".draft*"))


def test_one_landing_at_a_time(inbox, home):
    asked = []

    def other(*_):
        with book_of(home).open("rb") as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            asked.append(True)

    land(inbox, home, other)
    assert len(asked) == len(FILES)


def test_a_large_file_that_changes_while_it_is_read_is_named_by_what_was_written(inbox, home, monkeypatch):
    real = hashlib.file_digest

    def growing(file, name):
        found = real(file, name)
        with open(file.name, "ab") as more:
            more.write(b"more\n")
        return found

    monkeypatch.setattr(originals, "READ_BYTES", 2)
    monkeypatch.setattr(hashlib, "file_digest", growing)
    landed = land(inbox, home)
    assert are_whole(landed)
    assert [r.bytes for r in landed] == [7] * 5 == [r.path.stat().st_size for r in landed]
