"""One model of this process: from its weights on disk to memory, watched for Stop, and out of memory again."""

from __future__ import annotations

import gc
import importlib.util
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from core.engine_facts import LOADED, LOADING, NOT_LOADED
from core.errors import EngineUnavailable, WorkbenchError
from core.jobs import Job
from core.ports import Local
from core.registry import EngineContext
from core.shared_models import memory
from core.shared_models.passes import held, out_of_memory
from core.shared_models.placement import (
    INSTALL,
    Placement,
    check_words,
    has_gpu,
    loaded_torch,
    placed,
    prefer,
    torch_for,
    watch,
)
from core.shared_models.source import Source
from core.types.engine import EngineStatus

M = TypeVar("M")
DOWNLOAD = "download"
_LOADING = threading.Lock()  # while they load, transformers and groundingdino change what belongs to the whole process
SMALLER = "Unload another model on the Engines page, close other programs, or choose a smaller model."
MB = 1e6


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """What a loader made. value: what the engine works with. module: the torch module with its parameters."""

    value: M
    module: Any
    placement: Placement


class LocalModel(Generic[M]):
    """Loads once, on first use; a failed load leaves nothing behind, the next call tries anew. Thread-safe.

    what: for messages ("Grounding DINO"). packages: import names that the loader needs. load: from the weights' path,
    one model of the process at a time. prepare: what it fetches besides, before that. without: devices that "auto" does
    not choose. grows: bytes in memory of one byte of the file, where the weights are kept in float32.
    """

    def __init__(
        self, what: str, source: Source, context: EngineContext, device: str, dtype: str, packages: Sequence[str],
        load: Callable[[Any, Placement, Job], tuple[M, Any]], prepare: Callable[[Job], object] | None = None,
        without: Collection[str] = (), grows: float = 1.0,
    ) -> None:  # fmt: skip
        self.what, self.source, self._context = what, source, context
        self._device, self._dtype, self._packages, self._load = device, dtype, tuple(packages), load
        self._prepare, self._without, self._grows = prepare, tuple(without), grows
        self._lock = threading.Lock()
        prefer(context.runtime)
        self._loading = False
        self._loaded: Loaded[M] | None = None

    def get(self, job: Job) -> Loaded[M]:
        """The model, loaded where it is not yet; that does not count against the job's deadline.

        Raises `EngineUnavailable` where a package, the weights, the device or memory is missing, `Cancelled`.
        """
        loaded = self._loaded
        if loaded is not None:
            return loaded
        with job.off_the_clock(), held(self._lock, job):
            loaded = self._loaded
            if loaded is None:
                self._loading = True
                try:
                    loaded = self._loaded = self._made(job)
                finally:
                    self._loading = False
        job.check()  # who stopped during the load keeps the model for the next time
        return loaded

    def _made(self, job: Job) -> Loaded[M]:
        self._check_packages()
        path = self.source.fetch(job)
        if self._prepare is not None:
            self._prepare(job)
        job.report(None, f"Loading {self.what}")
        torch = torch_for(self._context.runtime)
        placement = placed(torch, self._device, self._dtype, self._without)
        try:
            with held(_LOADING, job):
                self._check_memory(placement.device, str(placement.device), placement.dtype == torch.float32)
                value, module = self._load(path, placement, job)
            watch(module)
            return Loaded(value, module.eval(), placement)
        except WorkbenchError as error:
            _forget(error)
            raise
        except Exception as error:  # torch, transformers and their readers raise whatever they like
            _forget(error)
            if out_of_memory(error):
                raise EngineUnavailable(
                    f"There is not enough memory on {placement.device} for {self.what}.", SMALLER
                ) from error
            raise EngineUnavailable(
                f"{self.what} cannot be loaded from {path} ({type(error).__name__}: {_short(error)}).",
                "Check that the path holds this kind of model; if it was downloaded, delete it and download it again.",
            ) from error

    def _check_memory(self, device: Any, named: str, full: bool) -> None:
        """Weights larger than what is free are refused: the system would kill the whole program instead.

        device: a torch.device, or None for the CPU. full: whether it computes in float32. In 16 bits the weights are as
        large as their file at most: not every model casts them.
        """
        need = round(self.source.nbytes * (self._grows if full else 1.0))
        if device is not None and device.type == "cuda":
            free: int | None = torch_for(self._context.runtime).cuda.mem_get_info(device)[0]
        else:
            free = memory.available()
        if free is not None and need > free:
            raise EngineUnavailable(
                f"{self.what} needs about {need / MB:,.0f} MB of memory on {named}, but {free / MB:,.0f} MB are free.",
                SMALLER,
            )

    def _check_place(self) -> None:
        """What can be told of device and memory before torch is loaded; a GPU's memory is looked at by the load."""
        check_words(self._device, self._dtype)
        torch = loaded_torch()
        if torch is not None:
            placement = placed(torch, self._device, self._dtype, self._without)
            if placement.device.type != "cuda":
                self._check_memory(None, str(placement.device), placement.dtype == torch.float32)
        elif self._device == "cpu" or (self._device == "auto" and not has_gpu()):
            self._check_memory(None, "cpu", self._dtype in ("auto", "float32"))

    def _check_packages(self) -> None:
        for name in ("torch", *self._packages):
            if not _installed(name):
                raise EngineUnavailable(f"{self.what} needs the package '{name}', which is not installed.", INSTALL)

    def status(self) -> EngineStatus:
        """Whether it can work here and now, without loading or importing anything heavy. Never raises."""
        loaded, path = self._loaded, self.source.here()
        details: dict[str, Any] = {"model": self.source.model, "device": self._device, "dtype": self._dtype}
        details |= {"weights": str(path) if path is not None else "", "bytes": self.source.size(path)}
        details["state"] = LOADED if loaded else LOADING if self._loading else NOT_LOADED
        if loaded is not None:
            details |= {"device": str(loaded.placement.device), "memory": _parameters(loaded)}
            details["dtype"] = str(loaded.placement.dtype).removeprefix("torch.")
        told = MappingProxyType(details)
        try:
            self._check_packages()
        except EngineUnavailable as error:
            return EngineStatus(False, error.message, error.remedy, details=told)
        if path is None and loaded is None:
            missing = self.source.missing()
            return EngineStatus(False, missing.message, missing.remedy, DOWNLOAD if self.source.fetchable else "", told)
        try:
            if loaded is None and not self._loading:
                self._check_place()
        except EngineUnavailable as error:
            return EngineStatus(False, error.message, error.remedy, details=told)
        return EngineStatus(True, details=told)

    def download(self, job: Job) -> None:
        """Fetch and verify the weights where they are not here whole. Raises `EngineUnavailable`, `Cancelled`."""
        self.source.fetch(job, complete=True)

    @property
    def memory(self) -> int:
        """Bytes of the loaded model's parameters and buffers; 0 where it is not loaded."""
        loaded = self._loaded
        return 0 if loaded is None else _parameters(loaded)

    def unload(self) -> int:
        """Let the model go, and its memory; who works with it at the moment keeps it until done.

        Bytes of its parameters; 0 where it was not loaded, or is just being loaded. See `memory.unload_message`.
        """
        if not self._lock.acquire(blocking=False):
            return 0
        try:
            loaded, self._loaded = self._loaded, None
        finally:
            self._lock.release()
        if loaded is None:
            return 0
        freed, gpu = _parameters(loaded), loaded.placement.device.type == "cuda"
        del loaded
        gc.unfreeze()  # a page froze what was loaded, and what is frozen is never collected
        gc.collect()
        gc.freeze()
        memory.trim()
        if gpu:
            torch_for(self._context.runtime).cuda.empty_cache()
        return freed


class OneModel(Local):
    """An engine that is one model of this process: what `Local` and `Engine` ask of it beside its work."""

    model: LocalModel[Any]

    def status(self) -> EngineStatus:
        return self.model.status()

    def download(self, job: Job) -> None:
        self.model.download(job)

    def unload(self) -> int:
        return self.model.unload()


def _parameters(loaded: Loaded[Any]) -> int:
    return sum(t.numel() * t.element_size() for t in (*loaded.module.parameters(), *loaded.module.buffers()))


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # it is imported, and says nothing of where from
        return sys.modules.get(name) is not None


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else f"{text[:300]} ..."


def _forget(error: BaseException) -> None:
    """A kept error would keep the half-loaded tensors that its frames name."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__
