"""A local model: loaded once, stopped, mended, let go; its status tells all and never raises."""

from __future__ import annotations

import gc
import importlib.util
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import Cancelled, EngineUnavailable
from core.jobs import Job
from core.registry import EngineContext
from core.settings import ASSETS
from core.shared_models import memory, passes
from core.shared_models.local import DOWNLOAD, LocalModel
from core.shared_models.placement import Placement
from core.shared_models.source import TRANSFORMERS, Source, Wanted

torch = pytest.importorskip("torch")
Load = Callable[[Any, Placement, Job], tuple[Any, Any]]


def read(path: Any, placement: Placement, job: Job) -> tuple[Any, Any]:
    """A loader: one layer from its saved state."""
    layer = torch.nn.Linear(100, 100)
    layer.load_state_dict(torch.load(path, weights_only=True))
    return layer, layer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.pth"
    torch.save(torch.nn.Linear(100, 100).state_dict(), path)
    return path


def model(path: Path | str, load: Load = read, packages: tuple[str, ...] = (), device: str = "cpu") -> LocalModel[Any]:
    context = EngineContext(Path("/no/cache"), ASSETS)
    return LocalModel("Tiny", Source(str(path), Wanted(), context), context, device, "auto", packages, load)


def test_two_threads_load_once(file: Path) -> None:
    calls: list[int] = []

    def slow(path: Any, placement: Placement, job: Job) -> tuple[Any, Any]:
        calls.append(1)
        time.sleep(0.2)
        return read(path, placement, job)

    one, found = model(file, slow), []
    threads = [threading.Thread(target=lambda: found.append(one.get(Job()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert one.status().details["state"] == "loading"
    assert one.unload() == 0, "what is being loaded is not waited for"
    for thread in threads:
        thread.join(10)
    assert (len(calls), len({id(loaded) for loaded in found})) == (1, 1)
    assert one.status().details["state"] == "loaded"


def test_who_waits_for_a_load_can_be_stopped(file: Path) -> None:
    hold = threading.Event()

    def slow(path: Any, placement: Placement, job: Job) -> tuple[Any, Any]:
        hold.wait(10)
        return read(path, placement, job)

    one, waiting = model(file, slow), Job()
    first = threading.Thread(target=lambda: one.get(Job()))
    first.start()
    while one.status().details["state"] != "loading":
        time.sleep(0.01)
    threading.Timer(0.1, waiting.cancel).start()
    with pytest.raises(Cancelled):
        one.get(waiting)
    assert one.status().details["state"] == "loading", "the other goes on"
    hold.set()
    first.join(10)
    assert one.memory


def test_stopped_during_a_load_the_model_is_kept(file: Path) -> None:
    job = Job()

    def stopping(path: Any, placement: Placement, inner: Job) -> tuple[Any, Any]:
        job.cancel()
        return read(path, placement, inner)

    one = model(file, stopping)
    with pytest.raises(Cancelled):
        one.get(job)
    assert one.status().details["state"] == "loaded"
    assert one.get(Job()).value


def test_a_load_that_stops_itself_leaves_nothing(file: Path) -> None:
    job = Job()
    job.cancel()

    def checking(path: Any, placement: Placement, inner: Job) -> tuple[Any, Any]:
        inner.check()
        return read(path, placement, inner)

    one = model(file, checking)
    with pytest.raises(Cancelled):
        one.get(job)
    assert one.status().details["state"] == "not loaded"
    assert one.get(Job()).value


def test_loading_does_not_count_against_the_deadline(file: Path) -> None:
    def slow(path: Any, placement: Placement, job: Job) -> tuple[Any, Any]:
        time.sleep(0.2)
        job.check()
        return read(path, placement, job)

    job = Job(deadline=time.monotonic() + 0.1)
    assert model(file, slow).get(job).value
    job.check()


def test_a_failed_load_does_not_stick(file: Path) -> None:
    good = file.read_bytes()
    file.write_bytes(b"not what torch saves")
    one = model(file)
    with pytest.raises(EngineUnavailable) as caught:
        one.get(Job())
    assert str(file) in caught.value.message
    assert caught.value.remedy
    file.write_bytes(good)
    assert one.get(Job()).value


def test_a_failed_load_keeps_no_tensors(file: Path) -> None:
    held: list[Any] = []

    def half(path: Any, placement: Placement, job: Job) -> tuple[Any, Any]:
        layer = torch.nn.Linear(10, 10)
        held.append(weakref.ref(layer))
        raise KeyError("missing tensors")

    with pytest.raises(EngineUnavailable) as caught:
        model(file, half).get(Job())
    gc.collect()
    assert caught.value.__cause__ is not None
    assert held[0]() is None, "a kept error would keep the half-loaded model"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_memory_that_runs_out(file: Path, error: Exception) -> None:
    def full(path: Any, placement: Placement, job: Job) -> tuple[Any, Any]:
        raise error

    with pytest.raises(EngineUnavailable, match="not enough memory on cpu") as caught:
        model(file, full).get(Job())
    assert "smaller model" in caught.value.remedy


def test_weights_larger_than_the_memory_are_refused_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 1000)
    one = model(file, lambda *a: pytest.fail("loaded"))
    with pytest.raises(EngineUnavailable, match="but 0 MB are free") as caught:
        one.get(Job())
    assert "Unload another model" in caught.value.remedy
    monkeypatch.setattr(memory, "available", lambda: None)
    assert model(file).get(Job()).value, "where nothing is known nothing is refused"


def test_what_a_page_froze_is_let_go_too(file: Path) -> None:
    """Models hold cycles, which only the collector frees; a page takes loaded models out of its sight."""

    class Cycle:
        def __init__(self, layer: Any) -> None:
            self.layer, self.me = layer, self

    def cyclic(path: Any, placement: Placement, job: Job) -> tuple[Any, Any]:
        layer, _ = read(path, placement, job)
        return Cycle(layer), layer

    one = model(file, cyclic)
    witness = weakref.ref(one.get(Job()).value)
    gc.freeze()
    try:
        assert one.unload()
        assert witness() is None
    finally:
        gc.unfreeze()


def test_unload_while_somebody_works(file: Path) -> None:
    one = model(file)
    loaded = one.get(Job())
    gone = weakref.ref(loaded.module)
    assert one.memory == one.unload() == 4 * (100 * 100 + 100)
    assert (one.memory, one.unload()) == (0, 0)
    assert loaded.value(torch.ones(1, 100)).shape == (1, 100), "who works with it keeps it"
    again = one.get(Job())
    assert again is not loaded
    del loaded
    gc.collect()
    assert gone() is None


def test_status_before_and_after(file: Path, tmp_path: Path) -> None:
    told = model(file).status()
    assert told.ready
    assert told.details["bytes"] == file.stat().st_size
    assert told.details["weights"] == str(file)
    assert (told.details["state"], told.details["device"], told.details["dtype"]) == ("not loaded", "cpu", "auto")
    one = model(file)
    one.get(Job())
    file.unlink()
    told = one.status()
    assert told.ready, "what is loaded works without its file"
    assert (told.details["state"], told.details["dtype"], told.details["memory"]) == ("loaded", "float32", one.memory)
    absent = model(tmp_path / "none.pth").status()
    assert (absent.ready, absent.remedy_action) == (False, "")
    assert "none.pth" in absent.reason
    named = model("sam_vit_b_01ec64").status()
    assert (named.ready, named.remedy_action) == (False, DOWNLOAD)
    assert "375 MB" in named.reason


def test_a_missing_package_is_said_before(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = model(file, packages=("no_such_package",))
    assert "no_such_package" in one.status().reason
    with pytest.raises(EngineUnavailable, match="no_such_package"):
        one.get(Job())

    def odd(name: str) -> None:
        raise ValueError(f"{name}.__spec__ is None")

    monkeypatch.setattr(importlib.util, "find_spec", odd)
    assert not model(file, packages=("no_such_package",)).status().ready
    assert model(file).status().ready


@pytest.mark.parametrize("path", ["", "\0", "~nobody/x", "https://host:x/a.pth", "/proc/self/mem", "a:b:c", "x" * 9000])
@pytest.mark.parametrize("wanted", [Wanted(), TRANSFORMERS])
def test_a_status_never_raises(path: str, wanted: Wanted) -> None:
    context = EngineContext(Path("/no/cache"), ASSETS)
    one: LocalModel[Any] = LocalModel("Tiny", Source(path, wanted, context), context, "cpu", "auto", (), read)
    told = one.status()
    assert not told.ready
    assert told.reason
    assert told.remedy


def test_a_status_is_cheap(file: Path) -> None:
    """It is asked for every port at every run of a page."""
    one = model(file, packages=("transformers", "torchvision"))
    one.status()
    began = time.perf_counter()
    for _ in range(20):
        one.status()
    assert (time.perf_counter() - began) / 20 < 0.02


def test_an_unknown_device_is_a_refusal_and_not_a_crash(file: Path) -> None:
    for device in ("cuda:abc", "tpu"):
        with pytest.raises(EngineUnavailable, match="is unknown"):
            model(file, device=device).get(Job())
    assert passes.POLL < 0.2
