"""A detector with a model of its own, as the local ones are, without one: downloads, loads, leaves memory."""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import Any, ClassVar

from core.errors import EngineUnavailable, SettingsError
from core.jobs import Job
from core.ports import Local
from core.registry import MODEL, Backend, EngineContext
from core.types.engine import EngineStatus
from tests.fakes import FakeDetector

PARAMETERS = 12_300_000  # bytes
BACKEND = Backend("tests.pages.local_engine:LocalDetector", {"model": "tiny", **MODEL, "beams": 2, "sharp": 0.5})
OBJECTS = (("cat", (20.0, 10.0, 60.0, 50.0), 0.8),)


class LocalDetector(FakeDetector, Local):
    """here: models whose weights are on this machine. made: every one that was built. go: what a download waits for."""

    here: ClassVar[set[str]] = set()
    made: ClassVar[list[LocalDetector]] = []
    go: ClassVar = threading.Event()

    def __init__(self, context: EngineContext, **options: Any) -> None:
        super().__init__(OBJECTS)
        if options["model"] == "refused":
            raise SettingsError("This model has no entailment label.", "Choose another.")
        self.options, self.loaded = options, False
        self.made.append(self)

    def status(self) -> EngineStatus:
        model = self.options["model"]
        details = {"model": model, "device": self.options["device"], "dtype": "float32", "bytes": 0, "weights": ""}
        details["state"] = "loaded" if self.loaded else "not loaded"
        if self.loaded:
            details["memory"] = PARAMETERS
        told = MappingProxyType(details)
        if model in self.here:
            return EngineStatus(True, details=told)
        if model.startswith("/"):
            return EngineStatus(False, f"There is no model at {model}.", "Check the path.", details=told)
        return EngineStatus(False, f"The weights of {model} are not here.", "Download them.", "download", told)

    def propose(self, image: Any, phrases: Any, job: Job) -> Any:
        status = self.status()
        if not status.ready:
            raise EngineUnavailable(status.reason, status.remedy)
        self.loaded = True
        return super().propose(image, phrases, job)

    def download(self, job: Job) -> None:
        job.report(0.25, f"downloading {self.options['model']}")
        while not self.go.wait(0.01):
            job.check()
        self.here.add(self.options["model"])

    def unload(self) -> int:
        was, self.loaded = self.loaded, False
        return PARAMETERS if was else 0
