"""`chat` as another program or a terminal meets it: a process of its own, lines read live, Ctrl-C, and its end."""

from __future__ import annotations

import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import pytest

from core.settings import ROOT

fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))  # Unix has them

SETTLED = 0.5  # seconds after which a chat waits for the next line
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


class Child:
    """A chat in a process of its own; what it writes is collected, so that no line waits in a buffer unseen."""

    def __init__(self, arguments: Sequence[Any], temporary: Path, **pipes: Any) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes}
        self.process = subprocess.Popen(
            [sys.executable, "-c", FAKED, "chat", *map(str, arguments)],
            text=True, cwd=ROOT, env={**os.environ, "TMPDIR": str(temporary)}, **pipes,
        )  # fmt: skip
        self._lines: dict[str, queue.SimpleQueue[str]] = {"out": queue.SimpleQueue(), "err": queue.SimpleQueue()}

    def collect(self, *names: str) -> None:
        """Begin to read "out", "err" or both."""
        for name in names:
            stream = self.process.stdout if name == "out" else self.process.stderr
            assert stream is not None
            threading.Thread(target=self._pump, args=(stream, self._lines[name]), daemon=True).start()

    def _pump(self, stream: IO[str], lines: queue.SimpleQueue[str]) -> None:
        for line in stream:
            lines.put(line)

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def heard(self, name: str) -> str:
        """The next line; it must come in time."""
        return self._lines[name].get(timeout=SECONDS)

    def turn(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.heard("out"))
        return found

    def ended(self) -> int:
        return self.process.wait(SECONDS)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


Start = Callable[..., Child]


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def start(temporary: Path) -> Iterator[Start]:
    """Starts a chat with faked engines; outlining the cat takes a minute, and stops when it is told to."""
    begun: list[Child] = []

    def go(*arguments: Any, collect: tuple[str, ...] = ("out", "err"), **pipes: Any) -> Child:
        child = Child(arguments, temporary, **pipes)
        begun.append(child)
        child.collect(*collect)
        return child

    yield go
    for child in begun:
        child.close()


def test_each_answer_is_out_before_the_next_line_is_sent(start: Start, grey: Path, temporary: Path) -> None:
    child = start(grey, "--json")
    for text in ("find the dog", "segment the dog", "/pictures"):
        child.say(text)
        told = child.turn()
        assert text in (told.get("text"), f"/{told.get('command')}")
    assert child.process.stdin is not None
    child.process.stdin.close()
    assert child.ended() == 0
    assert list(temporary.iterdir()) == []


def test_ctrl_c_stops_the_turn_and_a_second_one_ends_the_chat(
    start: Start, grey: Path, tmp_path: Path, temporary: Path
) -> None:
    session = tmp_path / "s.zip"
    child = start(grey, "--json", "--session", session)
    child.say("segment the dog and the cat")
    assert "outlining" in child.heard("err")  # the dog
    assert "outlining" in child.heard("err")  # the cat
    child.process.send_signal(signal.SIGINT)
    stopped = child.turn()
    assert stopped["status"] == "stopped"
    assert [d["mask_area"] for d in stopped["detections"]] == [900, None], "what was done is kept"
    child.say("find the dog")
    assert child.turn()["status"] == "done"
    child.say("segment the cat")
    assert "outlining" in child.heard("err")
    child.process.send_signal(signal.SIGINT)
    assert child.turn()["status"] == "stopped"
    time.sleep(SETTLED)
    child.process.send_signal(signal.SIGINT)
    assert child.ended() == 130
    assert session.is_file()
    assert list(temporary.iterdir()) == []


def test_a_polite_end_leaves_nothing_behind(start: Start, grey: Path, temporary: Path) -> None:
    child = start(grey, "--json")
    child.say("segment the cat")
    child.heard("err")
    child.process.terminate()
    assert child.ended() == 143
    assert list(temporary.iterdir()) == []


def test_a_reader_who_leaves_ends_the_chat(start: Start, grey: Path) -> None:
    child = start(grey, "--json", collect=())
    assert child.process.stdout is not None and child.process.stderr is not None
    child.say("find the dog")
    child.process.stdout.readline()
    child.process.stdout.close()
    child.say("find the dog")
    assert child.ended() == 141
    assert child.process.stderr.read() == ""


class Terminal:
    """A chat at a terminal of its own."""

    def __init__(self, start: Start, *arguments: Any) -> None:
        self._seen = ""
        self._ours, theirs = pty.openpty()
        self.child = start(
            *arguments, stdin=theirs, stdout=theirs, stderr=theirs, collect=(), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C, when the prompt has not only been written but waits: a signal between the two is seen a key later."""
        time.sleep(SETTLED)
        self.type("\x03")

    def until(self, words: str) -> str:
        """What came on the screen until these words did; what came after them is for the next call."""
        end = time.monotonic() + SECONDS
        while words not in self._seen:
            assert time.monotonic() < end, f"{words!r} did not come: {self._seen!r}"
            if select.select([self._ours], [], [], 0.2)[0]:
                try:
                    self._seen += os.read(self._ours, 65536).decode(errors="replace")
                except OSError as error:  # the other end is closed
                    raise AssertionError(f"{words!r} did not come: {self._seen!r}") from error
        before, _, self._seen = self._seen.partition(words)
        return before

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
    assert terminal.child.ended() == 0


def test_at_a_terminal_one_ctrl_c_is_forgiven(terminal: Terminal) -> None:
    terminal.until("picture 2> ")
    terminal.type("half a line")
    terminal.interrupt()
    terminal.until("Ctrl-C once more")
    terminal.until("picture 2> ")
    terminal.type("segment the cat\r")
    terminal.until("outlining")
    terminal.interrupt()
    terminal.until("picture 2> ")
    terminal.type("find the dog\r")
    terminal.until("10,10,40,40")
    terminal.until("picture 2> ")
    terminal.interrupt()
    terminal.until("picture 2> ")
    terminal.interrupt()
    assert terminal.child.ended() == 130
