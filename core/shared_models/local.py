"""One model of this process: from its weights on disk to memory, watched for Stop, and out of memory again."""

from __future__ import annotations

import gc
import importlib.util
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from core.errors import EngineUnavailable, WorkbenchError
from core.jobs import Job
from core.registry import EngineContext
from core.shared_models.placement import INSTALL, Placement, placed, torch_for, watch
from core.shared_models.source import Source
from core.types.engine import EngineStatus

M = TypeVar("M")
DOWNLOAD = "download"


@dataclass(frozen=True)
class Loaded(Generic[M]):
    """What a loader made. value: what the engine works with. module: the torch module with its parameters."""

    value: M
    module: Any
    placement: Placement


class LocalModel(Generic[M]):
    """Loads once, on first use, under a lock. Thread-safe.

    what: for messages ("Grounding DINO"). packages: import names that the loader needs. load: from the weights' path.
    """

    def __init__(
        self, what: str, source: Source, context: EngineContext, device: str, dtype: str, packages: Sequence[str],
        load: Callable[[Any, Placement, Job], tuple[M, Any]],
    ) -> None:  # fmt: skip
        self.what, self.source, self._context = what, source, context
        self._device, self._dtype, self._packages, self._load = device, dtype, tuple(packages), load
        self._lock = threading.Lock()
        self._loading = False
        self._loaded: Loaded[M] | None = None

    def get(self, job: Job) -> Loaded[M]:
        """The model, loaded where it is not yet; that does not count against the job's deadline.

        Raises `EngineUnavailable` where a package, the weights, the device or memory is missing.
        """
        loaded = self._loaded
        if loaded is not None:
            return loaded
        with self._lock:
            if self._loaded is None:
                self._loading = True
                try:
                    with job.off_the_clock():
                        self._loaded = self._made(job)
                finally:
                    self._loading = False
            return self._loaded

    def _made(self, job: Job) -> Loaded[M]:
        self._check_packages()
        path = self.source.fetch(job)
        job.report(None, f"Loading {self.what}")
        torch = torch_for(self._context.runtime)
        placement = placed(torch, self._device, self._dtype)
        try:
            value, module = self._load(path, placement, job)
        except WorkbenchError:
            raise
        except MemoryError as error:
            raise EngineUnavailable(
                f"There is not enough memory for {self.what}.", "Choose a smaller model."
            ) from error
        except Exception as error:  # torch, transformers and their readers raise whatever they like
            if "out of memory" in str(error).lower():
                raise EngineUnavailable(
                    f"There is not enough memory on {placement.device} for {self.what}.",
                    'Choose a smaller model, or device = "cpu".',
                ) from error
            raise EngineUnavailable(
                f"{self.what} cannot be loaded from {path} ({type(error).__name__}: {str(error)[:300]}).",
                "Check that the path holds this kind of model; if it was downloaded, delete it and download it again.",
            ) from error
        watch(module)
        return Loaded(value, module.eval(), placement)

    def _check_packages(self) -> None:
        for name in ("torch", *self._packages):
            if importlib.util.find_spec(name) is None:
                raise EngineUnavailable(f"{self.what} needs the package '{name}', which is not installed.", INSTALL)

    def status(self) -> EngineStatus:
        """Whether it can work here and now, without loading or importing anything heavy."""
        loaded, path = self._loaded, self.source.here()
        details: dict[str, Any] = {"model": self.source.model, "device": self._device, "dtype": self._dtype}
        details |= {"weights": str(path) if path is not None else "", "bytes": self.source.nbytes}
        details["state"] = "loaded" if loaded else "loading" if self._loading else "not loaded"
        if loaded is not None:
            details |= {"device": str(loaded.placement.device), "memory": self.memory}
            details["dtype"] = str(loaded.placement.dtype).removeprefix("torch.")
        told = MappingProxyType(details)
        try:
            self._check_packages()
        except EngineUnavailable as error:
            return EngineStatus(False, error.message, error.remedy, details=told)
        if path is None and loaded is None:
            missing = self.source.missing()
            return EngineStatus(False, missing.message, missing.remedy, DOWNLOAD if self.source.fetchable else "", told)
        return EngineStatus(True, details=told)

    def download(self, job: Job) -> None:
        """Fetch the weights where they are not here. Raises `EngineUnavailable`."""
        self.source.fetch(job)

    @property
    def memory(self) -> int:
        """Bytes of the loaded model's parameters and buffers; 0 where it is not loaded."""
        loaded = self._loaded
        if loaded is None:
            return 0
        return sum(t.numel() * t.element_size() for t in (*loaded.module.parameters(), *loaded.module.buffers()))

    def unload(self) -> int:
        """Let the model go; who works with it at the moment keeps it until done. Bytes of its parameters."""
        with self._lock:
            freed, self._loaded = self.memory, None
        gc.collect()
        torch = torch_for(self._context.runtime) if freed else None
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()
        return freed
