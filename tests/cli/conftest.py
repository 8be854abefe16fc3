"""The command line in this process, with faked engines and a picture to ask about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.cli import ask
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
    """`ask` runs with these fakes."""
    fakes = fake_engines(PETS)

    def assemble(settings: Settings) -> Engines:
        return fakes

    monkeypatch.setattr(ask, "assemble", assemble)
    return fakes


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    """A picture of 120 x 80 px."""
    file = tmp_path / "grey.png"
    file.write_bytes(encode_png(picture().pixels))
    return file
