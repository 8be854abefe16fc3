"""A local model before it loads: what its status tells of device, type and memory; and the one lock of all loads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from core.errors import Cancelled, EngineUnavailable
from core.jobs import Job
from core.registry import EngineContext
from core.settings import ASSETS
from core.shared_models import local, memory, placement
from core.shared_models.local import LocalModel
from core.shared_models.placement import placed
from core.shared_models.source import Source, Wanted

torch = pytest.importorskip("torch")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.pth"
    torch.save(torch.nn.Linear(100, 100).state_dict(), path)
    return path


def model(path: Path, device: str = "cpu", dtype: str = "auto", **more: Any) -> LocalModel[Any]:
    context = EngineContext(Path("/no/cache"), ASSETS)

    def load(path: Any, placement: Any, job: Job) -> tuple[Any, Any]:
        layer = torch.nn.Linear(1, 1)
        return layer, layer

    return LocalModel("Tiny", Source(str(path), Wanted(), context), context, device, dtype, (), load, **more)


@pytest.mark.parametrize("prepared", [True, False])
@pytest.mark.parametrize(
    ("device", "dtype", "said"), [("gpu", "auto", "unknown"), ("cpu", "fp16", "unknown"), ("cpu", "float16", "slowly")]
)
def test_a_place_that_does_not_exist_is_not_ready(
    file: Path, device: str, dtype: str, said: str, prepared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "_prepared", prepared)
    told = model(file, device, dtype).status()
    assert not told.ready and said in told.reason and told.remedy


@pytest.mark.parametrize("prepared", [True, False])
def test_what_is_larger_than_the_memory_is_not_ready(
    file: Path, prepared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "_prepared", prepared)
    monkeypatch.setattr(placement, "GPU_FILES", ())
    size = file.stat().st_size
    monkeypatch.setattr(memory, "available", lambda: size - 1)
    for device in ("cpu", "auto") if not torch.cuda.is_available() else ("cpu",):
        told = model(file, device).status()
        assert not told.ready and "memory on cpu" in told.reason and "smaller model" in told.remedy
    monkeypatch.setattr(memory, "available", lambda: size)
    assert model(file).status().ready
    assert not model(file, grows=2.0).status().ready, "float16 on disk is twice as large in float32"
    assert model(file, dtype="bfloat16", grows=2.0).status().ready


def test_a_gpu_must_hold_the_whole_file_in_half_precision_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every model casts its weights."""
    size = file.stat().st_size
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (size - 1, size))
    with pytest.raises(EngineUnavailable, match="cuda:0"):
        model(file)._check_memory(torch.device("cuda:0"), "cuda:0", False)


def test_who_waits_while_another_model_loads_can_be_stopped(file: Path) -> None:
    job = Job()
    threading.Timer(0.1, job.cancel).start()
    with local._LOADING, pytest.raises(Cancelled):
        model(file).get(job)
    assert model(file).get(Job()).value


def test_what_is_fetched_besides_comes_before_the_lock_of_all_loads(file: Path) -> None:
    locked: list[bool] = []
    model(file, prepare=lambda job: locked.append(local._LOADING.locked())).get(Job())
    assert locked == [False]


def test_auto_passes_over_a_device_that_the_model_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert placed(torch, "auto", "auto").device.type == "mps"
    left = placed(torch, "auto", "auto", without=("mps",))
    assert (left.device.type, left.dtype) == ("cpu", torch.float32)
