"""`chat` as another program or a terminal meets it: a process of its own, lines read live, Ctrl-C, and its end."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from core.settings import ROOT

SECONDS = 60.0  # a first import takes a few of them where the machine is busy
FAKED = """
import sys, time
from core.cli import chat
from core.cli.main import main
from tests.fakes import FakeSegmenter, fake_engines

class Slow(FakeSegmenter):
    def segment(self, image, prompts, job):
        print("outlining", file=sys.stderr, flush=True)
        for _ in range(600 if any(p.box[0] > 50 for p in prompts) else 0):
            job.check()
            time.sleep(0.1)
        return super().segment(image, prompts, job)

objects = (("dog", (10.0, 10.0, 40.0, 40.0), 0.9), ("cat", (60.0, 10.0, 90.0, 40.0), 0.8))
chat.assemble = lambda settings: fake_engines(objects, segmenter=Slow())
sys.exit(main(sys.argv[1:]))
"""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a chat with faked engines; outlining the cat takes a minute, and stops when it is told to."""
    begun: list[subprocess.Popen[str]] = []
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    def go(*arguments: Any, **more: Any) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        child = subprocess.Popen(
            [sys.executable, "-c", FAKED, "chat", *map(str, arguments)],
            text=True, cwd=ROOT, env={**os.environ, "TMPDIR": str(temporary)}, **pipes,
        )  # fmt: skip
        begun.append(child)
        return child

    yield go
    for child in begun:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()


def say(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()


def heard(stream: IO[str] | None) -> str:
    """The next line; it must come in time."""
    assert stream is not None
    ready, _, _ = select.select([stream], [], [], SECONDS)
    assert ready, "nothing came"
    return stream.readline()


def turn_of(child: subprocess.Popen[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(heard(child.stdout))
    return found


def test_each_answer_is_out_before_the_next_line_is_sent(start: Start, grey: Path, tmp_path: Path) -> None:
    child = start(grey, "--json")
    for text in ("find the dog", "segment the dog", "/pictures"):
        say(child, text)
        told = turn_of(child)
        assert text in (told.get("text"), f"/{told.get('command')}")
    out, err = child.communicate(timeout=SECONDS)
    assert (child.returncode, out) == (0, "")
    assert "Traceback" not in err
    assert list((tmp_path / "temporary").iterdir()) == []


def test_ctrl_c_stops_the_turn_and_a_second_one_ends_the_chat(start: Start, grey: Path, tmp_path: Path) -> None:
    session = tmp_path / "s.zip"
    child = start(grey, "--json", "--session", session)
    say(child, "segment the dog and the cat")
    assert "outlining" in heard(child.stderr)  # the dog
    assert "outlining" in heard(child.stderr)  # the cat
    child.send_signal(signal.SIGINT)
    stopped = turn_of(child)
    assert stopped["status"] == "stopped"
    assert [d["mask_area"] for d in stopped["detections"]] == [900, None], "what was done is kept"
    say(child, "find the dog")
    assert turn_of(child)["status"] == "done"
    say(child, "segment the cat")
    assert "outlining" in heard(child.stderr)
    child.send_signal(signal.SIGINT)
    assert turn_of(child)["status"] == "stopped"
    time.sleep(0.5)  # until it waits for the next line
    child.send_signal(signal.SIGINT)
    assert child.wait(SECONDS) == 130
    assert session.is_file()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert "Traceback" not in child.stderr.read()  # type: ignore[union-attr]


def test_a_polite_end_leaves_nothing_behind(start: Start, grey: Path, tmp_path: Path) -> None:
    child = start(grey, "--json")
    say(child, "segment the cat")
    heard(child.stderr)
    child.terminate()
    assert child.wait(SECONDS) == 143
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_reader_who_leaves_ends_the_chat(start: Start, grey: Path) -> None:
    child = start(grey, "--json")
    say(child, "find the dog")
    turn_of(child)
    assert child.stdout is not None
    child.stdout.close()
    say(child, "find the dog")
    assert child.wait(SECONDS) == 141
    assert child.stderr.read() == ""  # type: ignore[union-attr]


class Terminal:
    """A chat at a terminal of its own."""

    def __init__(self, start: Start, *arguments: Any) -> None:
        self._ours, theirs = pty.openpty()
        self.child = start(
            *arguments, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def until(self, words: str) -> str:
        """What is on the screen until these words are."""
        seen, end = "", time.monotonic() + SECONDS
        while words not in seen:
            assert time.monotonic() < end, f"{words!r} did not come: {seen!r}"
            if select.select([self._ours], [], [], 0.2)[0]:
                try:
                    seen += os.read(self._ours, 65536).decode(errors="replace")
                except OSError as error:  # the other end is closed
                    raise AssertionError(f"{words!r} did not come: {seen!r}") from error
        return seen

    def close(self) -> None:
        os.close(self._ours)


@pytest.fixture
def terminal(start: Start, grey: Path, blue: Path) -> Iterator[Terminal]:
    shown = Terminal(start, grey, blue)
    yield shown
    shown.close()


def test_a_terminal_gets_a_prompt_answers_and_numbered_choices(terminal: Terminal) -> None:
    assert "grey.png" in terminal.until("picture 2> ")
    terminal.type("maybe the dog\r")
    assert "Which of these" in terminal.until("1) Outline it")
    terminal.until("picture 2> ")
    terminal.type("1\r")
    assert "10,10,40,40" in terminal.until("picture 2> ")
    terminal.type("/use all\r")
    terminal.until("all pictures> ")
    terminal.type("\x1b[A\x1b[A")  # arrow up: the lines before
    terminal.until("1")
    terminal.type("\x15\x04")  # clear the line; end of the input
    assert terminal.child.wait(SECONDS) == 0


def test_at_a_terminal_one_ctrl_c_is_forgiven(terminal: Terminal) -> None:
    terminal.until("picture 2> ")
    terminal.type("half a line\x03")
    terminal.until("Ctrl-C once more")
    terminal.until("picture 2> ")
    terminal.type("segment the cat\r")
    terminal.until("outlining")
    terminal.type("\x03")
    terminal.until("picture 2> ")
    terminal.type("find the dog\r")
    terminal.until("10,10,40,40")
    terminal.until("picture 2> ")
    terminal.type("\x03")
    terminal.until("picture 2> ")
    terminal.type("\x03")
    assert terminal.child.wait(SECONDS) == 130
