"""Processes that die, that share a database, and that run out of room."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.sessions.records import INTERRUPTED
from core.sessions.store import SessionStore
from core.settings import ROOT
from core.types.record import Record
from tests.sessions.conftest import Open
from tests.sessions.values import png

PNG_END = b"IEND\xaeB`\x82"
Start = Callable[[str, str], "subprocess.Popen[str]"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and limits of a process are POSIX")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `tests.sessions.child` on the test's folder; none outlives the test."""
    children: list[subprocess.Popen[str]] = []

    def start_(what: str, chat: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.sessions.child", what, str(tmp_path / "data"), chat]
        pipe = subprocess.PIPE
        children.append(subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
        return children[-1]

    yield start_
    for child in children:
        child.kill()
        child.communicate()


def test_killed_in_the_middle_of_writing_it_loses_at_most_the_last(
    store: SessionStore, start: Start, open_store: Open
) -> None:
    chat = store.create("me", "x")
    store.put("me", chat, Record("before", finished=True))
    child = start("put_forever", chat)
    assert child.stdout is not None
    for _ in range(15):
        child.stdout.readline()
    time.sleep(0.013)
    child.send_signal(signal.SIGKILL)
    said = [line for line in child.communicate()[0].split() if line]
    last = int(said[-1]) if said else 14
    fresh = open_store()
    kept = fresh.load("me", chat).records
    assert kept[0].text == "before"
    assert all(record.results and record.failed is None for record in kept[1 : last + 2])
    assert len(kept) - (last + 2) in (0, 1)
    assert all(record.finished for record in kept)
    assert [record.failed for record in kept[last + 2 :]] in ([], [None], [INTERRUPTED])
    for ref in kept[1].pictures:
        assert fresh.pictures.open(ref)
    files = [file.read_bytes() for file in fresh.pictures.folder.glob("[!.]*") if file.is_file()]
    assert files and all(data.startswith(b"\x89PNG") and data.endswith(PNG_END) for data in files)
    fresh.tidy(time.time() + 7200)
    fresh.put("me", chat, Record("after", finished=True))


def test_what_another_process_works_on_runs_until_that_is_killed(store: SessionStore, start: Start) -> None:
    chat = store.create("me", "x")
    child = start("hang", chat)
    assert child.stdout is not None and child.stdout.readline() == "begun\n"
    assert not store.load("me", chat).records[0].finished
    assert store.tidy(time.time() + 7200).interrupted == 0
    child.kill()
    child.wait()
    assert store.load("me", chat).records[0].failed == INTERRUPTED
    assert store.tidy(time.time() + 7200).interrupted == 1


def test_two_processes_write_into_one_chat(store: SessionStore, start: Start) -> None:
    chat = store.create("me", "x")
    child = start("put_some", chat)
    mine = 0
    while child.poll() is None or mine < 50:
        store.put("me", chat, Record(f"{mine}", how="parent", finished=True))
        store.pictures.add(png(mine % 50), "a.png")
        mine += 1
    assert child.returncode == 0, child.communicate()[1]
    kept = store.load("me", chat)
    for how, count in (("child", 50), ("parent", mine)):
        assert [record.text for record in kept.records if record.how == how] == [str(n) for n in range(count)]
    assert kept.revision == 1 + 50 + mine
    assert len([path for path in store.pictures.folder.glob("[!.]*") if path.is_file()]) == 50


def test_where_a_disk_is_really_small_nothing_kept_is_lost(store: SessionStore, start: Start, open_store: Open) -> None:
    chat = store.create("me", "x")
    store.put("me", chat, Record("before", finished=True))
    out, err = start("small_disk", chat).communicate(timeout=120)
    lines = out.splitlines()
    assert len(lines) == 3, err
    assert lines[0].startswith("picture: There is no room") and "Delete chats" in lines[0]
    assert lines[1].startswith("database: ") and str(store.settings.data_dir) in lines[1]
    kept = open_store().load("me", chat)
    count = int(lines[2].split()[1])
    assert count > 3
    assert [record.text for record in kept.records] == ["before", *map(str, range(count))]
    assert open_store().pictures.open(kept.pictures[0])
    assert not list(store.pictures.folder.glob(".*"))
