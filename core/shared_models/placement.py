"""Torch, set up once a process, and where a model runs: device and number type."""

from __future__ import annotations

import ctypes
import importlib
import re
import sys
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable
from core.jobs import current
from core.types.runtime import Runtime

INSTALL = "Install the large models' libraries: pip install -r requirements.txt."
DEVICES, DTYPES = ("auto", "cpu", "cuda", "mps"), ("auto", "float32", "float16", "bfloat16")
DIGITS = re.compile(r"[0-9]{1,3}")
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # malloc.h of glibc
SLOW = "The CPU computes float16 very slowly."
SLOW_REMEDY = 'Set dtype = "auto", "float32" or "bfloat16".'
GPU_FILES = (Path("/dev/nvidiactl"), Path("/dev/kfd"), Path("/dev/dxg"))  # CUDA, ROCm, CUDA inside Windows
_lock = threading.Lock()
_prepared = False
_preferred = Runtime()


@dataclass(frozen=True)
class Placement:
    """device: a torch.device. dtype: a torch.dtype, in which it computes; the weights may be kept in float32."""

    device: Any
    dtype: Any

    def __str__(self) -> str:
        return f"{self.device}, {str(self.dtype).removeprefix('torch.')}"


def prefer(runtime: Runtime) -> None:
    """The settings that hold where torch is first needed by something that knows none (kept logits to be enlarged)."""
    global _preferred
    _preferred = runtime


def torch_for(runtime: Runtime | None = None) -> Any:
    """The module torch; the first call of a process sets it up. Raises `EngineUnavailable` where it does not load."""
    global _prepared
    runtime = runtime or _preferred
    with _lock:
        if not _prepared and runtime.keep_memory:
            keep_freed_memory()
        if not _prepared:
            wait_quietly()
        try:
            torch = importlib.import_module("torch")
        except ModuleNotFoundError as error:
            raise EngineUnavailable(f"The package '{error.name}' is not installed.", INSTALL) from error
        except (ImportError, OSError) as error:  # a shared library of it is missing, or of another version
            raise EngineUnavailable(f"The package 'torch' does not load ({error}).", INSTALL) from error
        if not _prepared and runtime.threads:
            torch.set_num_threads(runtime.threads)
        _prepared = True
        return torch


def keep_freed_memory() -> bool:
    """Let glibc keep what torch frees instead of handing it back page by page; before torch is imported.

    A pass then takes about two thirds of the time, bit for bit the same; the process stays at its peak until `trim`.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(M_MMAP_MAX, 0)) and bool(mallopt(M_TRIM_THRESHOLD, -1))


def wait_quietly() -> bool:
    """Let OpenMP's threads sleep, not spin, between two operations: the cores are shared. Before torch is imported.

    `setenv`, since OpenMP reads the process's own environment; what the user set there stays.
    """
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).setenv(b"OMP_WAIT_POLICY", b"PASSIVE", 0) == 0)


def loaded_torch() -> Any:
    """The module torch where `torch_for` has set it up, else None: nothing is imported."""
    return sys.modules.get("torch") if _prepared else None


def has_gpu() -> bool:
    """Whether "auto" may mean a GPU here; told without importing torch, so it may be a GPU that torch cannot use."""
    torch = loaded_torch()
    return any(path.exists() for path in GPU_FILES) if torch is None else bool(torch.cuda.is_available())


def check_words(device: str, dtype: str) -> None:
    """Raises `EngineUnavailable` where no machine has such a device or type; imports nothing."""
    kind, _, number = device.partition(":")
    known = kind in DEVICES and (not number if ":" not in device else kind == "cuda" and DIGITS.fullmatch(number))
    if not known or dtype not in DTYPES:
        raise EngineUnavailable(
            f"device = {device!r}, dtype = {dtype!r} is unknown.",
            f"device is one of {', '.join(DEVICES)} (or cuda:1); dtype one of {', '.join(DTYPES)}.",
        )
    if kind == "cpu" and dtype == "float16":
        raise EngineUnavailable(SLOW, SLOW_REMEDY)


def placed(torch: Any, device: str, dtype: str, without: Collection[str] = ()) -> Placement:
    """Where a model runs. "auto": the best device here; float16 on a GPU, float32 on the CPU.

    without: devices that "auto" does not choose. Raises `EngineUnavailable` where the device is not here, or does not
    compute in that type.
    """
    check_words(device, dtype)
    kind, _, number = device.partition(":")
    gpu, apple = bool(torch.cuda.is_available()), bool(torch.backends.mps.is_available())
    if kind == "auto":
        device = kind = "cuda" if gpu else "mps" if apple and "mps" not in without else "cpu"
    if (kind == "cuda" and not gpu) or (kind == "mps" and not apple):
        raise EngineUnavailable(f"There is no {kind} device here.", 'Set device = "auto" or "cpu".')
    if number and int(number) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise EngineUnavailable(
            f"There is no device {device}: cuda:0 is the only one here."
            if count == 1
            else f"There is no device {device}: cuda:0 to cuda:{count - 1} are here.",
            'Set device = "cuda" or "auto".',
        )
    if kind == "cpu" and dtype == "float16":
        raise EngineUnavailable(SLOW, SLOW_REMEDY)
    if kind == "cuda" and dtype == "bfloat16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise EngineUnavailable("This GPU does not compute bfloat16.", 'Set dtype = "auto", "float16" or "float32".')
    name = ("float32" if kind == "cpu" else "float16") if dtype == "auto" else dtype
    return Placement(torch.device(device), getattr(torch, name))


def watch(model: Any) -> None:
    """Let every layer of a torch module check the job of the thread that runs it. A second call changes nothing."""
    for module in model.modules():
        if _check not in module._forward_pre_hooks.values():
            module.register_forward_pre_hook(_check)


def _check(module: Any, inputs: Any) -> None:
    job = current()
    if job is not None:
        job.check()
