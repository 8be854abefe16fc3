"""Devices and number types with their refusals, Stop between two layers, and memory told and given back."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import Cancelled, EngineUnavailable
from core.jobs import Job, running
from core.settings import ROOT
from core.shared_models import memory, placement
from core.shared_models.placement import keep_freed_memory, placed, torch_for, watch
from core.types.runtime import Runtime

UNKNOWN = ("tpu", "", "cuda:", "cuda:abc", "cuda:-1", "cuda:1x", "cuda:²", "cpu:0", "auto:1", "CUDA", "mps:0")


def machine(gpus: int = 0, apple: bool = False, bf16: bool = True) -> Any:
    """Stands for torch on another machine."""
    cuda = SimpleNamespace(
        is_available=lambda: gpus > 0, device_count=lambda: gpus, is_bf16_supported=lambda including_emulation: bf16
    )
    mps = SimpleNamespace(is_available=lambda: apple)
    return SimpleNamespace(
        cuda=cuda, backends=SimpleNamespace(mps=mps), device=str, float32="f32", float16="f16", bfloat16="bf16"
    )


@pytest.mark.parametrize(
    ("torch", "device", "dtype", "expected"),
    [
        (machine(), "auto", "auto", ("cpu", "f32")),
        (machine(), "cpu", "bfloat16", ("cpu", "bf16")),
        (machine(2), "auto", "auto", ("cuda", "f16")),
        (machine(2), "cuda:1", "float32", ("cuda:1", "f32")),
        (machine(2), "cpu", "auto", ("cpu", "f32")),
        (machine(0, apple=True), "auto", "auto", ("mps", "f16")),
        (machine(1, apple=True), "mps", "float32", ("mps", "f32")),
    ],
)
def test_where_a_model_runs(torch: Any, device: str, dtype: str, expected: tuple[str, str]) -> None:
    found = placed(torch, device, dtype)
    assert (found.device, found.dtype) == expected


@pytest.mark.parametrize(
    ("torch", "device", "dtype", "said", "remedy"),
    [
        (machine(), "cuda", "auto", "There is no cuda device here.", '"auto" or "cpu"'),
        (machine(1), "mps", "auto", "There is no mps device here.", '"auto" or "cpu"'),
        (machine(1), "cuda:1", "auto", "cuda:0 is the only one", '"cuda"'),
        (machine(2), "cuda:7", "auto", "cuda:0 to cuda:1 are here", '"cuda"'),
        (machine(), "cpu", "float16", "very slowly", "bfloat16"),
        (machine(1, bf16=False), "cuda", "bfloat16", "does not compute bfloat16", "float16"),
        *(
            (machine(2), device, "auto", "is unknown", "cuda:1")
            for device in UNKNOWN
        ),
        *((machine(), "cpu", dtype, "is unknown", "float32") for dtype in ("", "int8", "float64", "torch.float32")),
    ],
)  # fmt: skip
def test_refusals_say_what_is_allowed(torch: Any, device: str, dtype: str, said: str, remedy: str) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        placed(torch, device, dtype)
    assert said in caught.value.message
    assert remedy in caught.value.remedy


def test_torch_is_set_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    fake = SimpleNamespace(set_num_threads=asked.append)
    monkeypatch.setitem(sys.modules, "torch", fake)
    monkeypatch.setattr(placement, "_prepared", False)
    monkeypatch.setattr(placement, "keep_freed_memory", lambda: asked.append("kept"))
    assert torch_for(Runtime(threads=2)) is fake
    assert torch_for(Runtime(threads=3)) is fake
    assert asked == ["kept", 2]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "'torch' is not installed"),
        (ImportError("libcudart.so.12: cannot open shared object file"), "does not load (libcudart.so.12"),
        (OSError("libgomp.so.1: cannot open"), "does not load (libgomp.so.1"),
    ],
)
def test_torch_that_is_not_there(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr(placement.importlib, "import_module", fail)
    with pytest.raises(EngineUnavailable) as caught:
        torch_for(Runtime(keep_memory=False))
    assert said in caught.value.message
    assert "requirements.txt" in caught.value.remedy


def test_a_c_library_that_cannot_keep_memory_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise OSError("no such library")

    for library in (absent, lambda name: SimpleNamespace()):
        monkeypatch.setattr(ctypes, "CDLL", library)
        assert keep_freed_memory() is False
        assert memory.trim() is False
    assert memory.available() is None or memory.available() > 0  # type: ignore[operator]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_kept_memory_is_given_back_when_a_model_is_let_go() -> None:
    """In a process of its own, since the setting holds for a whole process."""
    code = """
import ctypes
from core.shared_models import memory
from core.shared_models.placement import keep_freed_memory
print(keep_freed_memory())
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
blocks = [libc.malloc(1_000_000) for _ in range(100)]
for block in blocks:
    ctypes.memset(ctypes.c_void_p(block), 1, 1_000_000)
full = memory.resident()
for block in blocks:
    libc.free(block)
kept = memory.resident()
memory.trim()
print(full - kept, kept - memory.resident())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    set_up, figures = done.stdout.splitlines()
    if set_up == "False":
        pytest.skip("not glibc")
    at_once, at_last = map(int, figures.split())
    assert at_once < 5e6, "the allocator keeps it"
    assert at_last > 90e6, "until a model is let go"


def test_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    4000 kB\nSwapFree: 1000 kB\n")
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_unused", lambda: 300)
    monkeypatch.setattr(memory, "resident", lambda: 200)
    assert memory.available() == 5000 * 1024 + 200
    (tmp_path / "cgroup").mkdir()
    for name, text in {"max": "max", "current": "700000", "stat": "inactive_file 1000\nanon 5\n"}.items():
        (tmp_path / "cgroup" / f"memory.{name}").write_text(text)
    assert memory.available() == 5000 * 1024 + 200, "no limit"
    (tmp_path / "cgroup" / "memory.max").write_text("1000000")
    assert memory.available() == 301_000 + 200
    (tmp_path / "meminfo").write_text("odd")
    assert memory.available() is None
    monkeypatch.setattr(memory, "STATM", tmp_path / "none")
    monkeypatch.undo()
    monkeypatch.setattr(memory, "STATM", tmp_path / "none")
    assert memory.resident() is None


def test_the_sentence_after_an_unload() -> None:
    assert memory.unload_message(0, 1, 1) == "It was not loaded."
    assert memory.unload_message(690_000_000, None, None) == "Unloaded: 690 MB of weights."
    whole = memory.unload_message(690_000_000, 1_900_000_000, 1_205_000_000)
    assert whole == "Unloaded: 690 MB of weights. The process went from 1,900 to 1,205 MB of memory."
    kept = memory.unload_message(690_000_000, 1_900_000_000, 1_800_000_000)
    assert "1,800 MB of memory; what is missing there is still in use, or kept for the next model." in kept


@pytest.fixture
def layers() -> Any:
    torch = pytest.importorskip("torch")
    return torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(5)))


def counted(layers: Any, at: int, act: Any) -> list[int]:
    """Which layers run from now on; `act` is called in the one at `at`."""
    ran: list[int] = []

    def note(index: int) -> Any:
        def hook(module: Any, inputs: Any, output: Any) -> None:
            ran.append(index)
            if index == at:
                act()

        return hook

    for index, layer in enumerate(layers):
        layer.register_forward_hook(note(index))
    return ran


def test_stop_ends_a_pass_at_the_next_layer(layers: Any) -> None:
    torch, job = pytest.importorskip("torch"), Job()
    watch(layers)
    ran = counted(layers, 1, job.cancel)
    with pytest.raises(Cancelled), running(job):
        layers(torch.ones(1, 4))
    assert ran == [0, 1]
    layers(torch.ones(1, 4))
    assert ran == [0, 1, 0, 1, 2, 3, 4], "afterwards nobody asks that job"


def test_nested_jobs_and_other_threads_are_not_mixed_up(layers: Any) -> None:
    torch = pytest.importorskip("torch")
    watch(layers)
    watch(layers)
    assert all(len(module._forward_pre_hooks) == 1 for module in layers.modules())
    stopped, going = Job(), Job()
    stopped.cancel()
    outputs: list[Any] = []

    def elsewhere() -> None:
        outputs.append(layers(torch.ones(1, 4)))
        with running(going):
            outputs.append(layers(torch.ones(1, 4)))

    with running(stopped):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(10)
        with running(going):
            outputs.append(layers(torch.ones(1, 4)))
        with pytest.raises(Cancelled):
            layers(torch.ones(1, 4))
    outputs.append(layers(torch.ones(1, 4)))
    assert len(outputs) == 4
    assert all(torch.equal(output, outputs[0]) for output in outputs)
