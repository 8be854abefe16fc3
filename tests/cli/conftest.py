"""The command line in this process, with faked engines and pictures to ask about."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.cli import ask, chat
from core.cli.main import main
from core.dialogue.engines import Engines
from core.pictures import encode_png
from core.settings import Settings
from core.types.boxes import Box
from tests.fakes import fake_engines, picture

LEFT: Box = (10.0, 10.0, 40.0, 40.0)
RIGHT: Box = (60.0, 10.0, 90.0, 40.0)
PETS = (("dog", LEFT, 0.9), ("cat", RIGHT, 0.3))


@dataclass(frozen=True)
class Ran:
    """One command: its exit status and what it wrote."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]
Talk = Callable[..., Ran]
TalkJson = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings and no cache of this machine."""
    monkeypatch.delenv("VLP_WORKBENCH_SETTINGS", raising=False)
    monkeypatch.setenv("VLP_WORKBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("core.settings.load_settings.__defaults__", (None, None, tmp_path / "none.toml"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command; anything that escapes it fails the test."""

    def go(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(status, captured.out, captured.err)

    return go


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    """`ask` and `chat` run with these fakes."""
    fakes = fake_engines(PETS)

    def assemble(settings: Settings) -> Engines:
        return fakes

    monkeypatch.setattr(ask, "assemble", assemble)
    monkeypatch.setattr(chat, "assemble", assemble)
    return fakes


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    """A picture of 120 x 80 px."""
    file = tmp_path / "grey.png"
    file.write_bytes(encode_png(picture().pixels))
    return file


@pytest.fixture
def blue(tmp_path: Path) -> Path:
    """Another picture, of the same size."""
    file = tmp_path / "blue.png"
    file.write_bytes(encode_png(picture(colour=(40, 60, 200)).pixels))
    return file


def stdin_of(data: bytes) -> io.TextIOWrapper:
    """Standard input as a program sends it: bytes, no terminal."""
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")


@pytest.fixture
def talk(run: Run, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> Talk:
    """`talk(lines, *arguments)`: the chat reads these lines (or bytes) and ends."""

    def go(lines: str | bytes, *arguments: Any) -> Ran:
        data = lines if isinstance(lines, bytes) else lines.encode()
        monkeypatch.setattr("sys.stdin", stdin_of(data))
        return run("chat", *arguments)

    return go


@pytest.fixture
def told(talk: Talk) -> TalkJson:
    """The same with --json: one object for every line that was written; the chat ended well."""

    def go(lines: str | bytes, *arguments: Any) -> list[dict[str, Any]]:
        done = talk(lines, "--json", *arguments)
        assert (done.status, done.err) == (0, "")
        return [json.loads(line) for line in done.out.splitlines()]

    return go
