"""`weights --port` and `--all`: the weights of the chosen back-ends, with each port's own failure told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from core.cli import console, weights
from core.dialogue.engines import Absent
from core.errors import Cancelled, EngineUnavailable
from core.jobs import Job
from core.settings import Settings
from core.shared_models.weights import Weights
from core.types.engine import EngineStatus
from tests.cli.conftest import Run

MODELS = '[detection]\nbackend = "transformers"\n[segmentation]\nbackend = "segment_anything"\n'


class Model:
    """An engine with weights of its own."""

    def __init__(self, error: Exception | None = None) -> None:
        self.fetched, self.error = 0, error

    def status(self) -> EngineStatus:
        details = {"model": "someone/tiny", "weights": "/tmp", "bytes": 690_000_000}
        return EngineStatus(True, details=MappingProxyType(details))

    def download(self, job: Job) -> None:
        job.report(0.5, "Downloading model.safetensors: 345 of 690 MB")
        if self.error:
            raise self.error
        self.fetched += 1


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {"detection": Model(), "segmentation": Model()}

    def build(settings: Settings, port: str) -> Any:
        return found[port]

    monkeypatch.setattr(weights, "build_port", build)
    yield found


@pytest.fixture
def chosen(tmp_path: Path) -> Path:
    file = tmp_path / "models.toml"
    file.write_text(MODELS)
    return file


def test_one_port(run: Run, engines: dict[str, Any], chosen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Weights, "fetch", lambda *a: pytest.fail("the everyday weights were not asked for"))
    done = run("weights", "--port", "detection", "--settings", chosen)
    assert (done.status, done.out, done.err) == (0, "detection: someone/tiny (690 MB) in /tmp\n", "")
    assert (engines["detection"].fetched, engines["segmentation"].fetched) == (1, 0)
    assert run("weights", "--port", "detection", "--port", "segmentation", "--settings", chosen).status == 0
    assert (engines["detection"].fetched, engines["segmentation"].fetched) == (2, 1)


def test_all(run: Run, engines: dict[str, Any], chosen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everyday: list[str] = []
    monkeypatch.setattr(Weights, "fetch", lambda *a: everyday.append("fetched"))
    engines["intent"] = type("Intent", (), {"classify": lambda self, texts: everyday.append("trained")})()
    done = run("weights", "--all", "--settings", chosen)
    assert (done.status, done.err) == (0, "")
    assert everyday == ["fetched", "trained"]
    assert "detection: someone/tiny" in done.out
    assert "segmentation: someone/tiny" in done.out
    chosen.write_text(f'{MODELS}[intent]\nbackend = "zero_shot"\n')
    engines["intent"] = Model()
    run("weights", "--all", "--settings", chosen)
    assert engines["intent"].fetched == 1, "nothing is trained for a model that needs no training"


def test_what_one_port_lacks_does_not_keep_the_others(run: Run, engines: dict[str, Any], chosen: Path) -> None:
    engines["detection"] = Model(EngineUnavailable("someone/tiny is gated.", "Accept its terms."))
    both = ("weights", "--port", "detection", "--port", "segmentation", "--settings", chosen)
    done = run(*both)
    assert done.status == console.NOT_READY
    assert done.err == "error: detection: someone/tiny is gated. Accept its terms.\n"
    assert "segmentation: someone/tiny" in done.out
    engines["detection"] = Absent(EngineUnavailable("It needs the package 'torch'.", "Install it."))
    assert "needs the package 'torch'" in run(*both).err
    alone = run("weights", "--port", "detection", "--settings", chosen)
    assert (alone.status, alone.out) == (console.ERROR, "")


def test_stop_ends_them_all(run: Run, engines: dict[str, Any], chosen: Path) -> None:
    engines["detection"] = Model(Cancelled("Stopped.", "Send it again."))
    done = run("weights", "--port", "detection", "--port", "segmentation", "--settings", chosen)
    assert (done.status, engines["segmentation"].fetched) == (console.STOPPED, 0)


def test_ports_without_weights_of_their_own(run: Run, engines: dict[str, Any]) -> None:
    done = run("weights", "--port", "detection")
    assert (done.status, done.out) == (0, "")
    assert "works with the everyday weights: python -m core weights" in done.err


def test_misuse(run: Run, engines: dict[str, Any]) -> None:
    assert "--check is for the everyday weights" in run("weights", "--check", "--all").err
    assert "detection" in run("weights", "--port", "nonsense").err
