"""The engines that a turn receives, assembled from settings; what cannot be built raises when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from core import registry
from core.errors import EngineUnavailable, WorkbenchError
from core.memo import Memo, RememberingDetector, RememberingSegmenter
from core.ports import Describer, Detector, ImageEditor, IntentClassifier, KeywordExtractor, Segmenter, Transcriber
from core.settings import ASSETS, Limits, Settings
from core.types.engine import EngineStatus


class Absent:
    """Stands for an engine that could not be built: every use raises the reason, `status` tells it."""

    def __init__(self, error: WorkbenchError) -> None:
        self._error = error

    def status(self) -> EngineStatus:
        return EngineStatus(False, self._error.message, self._error.remedy)

    def __getattr__(self, name: str) -> Any:
        raise self._error


def engine_name(engine: Any) -> str:
    """What the trace calls an engine whose results do not name it: its own `name`, or its class."""
    return str(getattr(engine, "name", "") or f"{type(engine).__module__}:{type(engine).__name__}")


def _no_speech() -> Transcriber:
    known = registry.BACKENDS["speech", "embedded"]
    return cast(Transcriber, Absent(EngineUnavailable(known.missing, known.remedy)))


@dataclass(frozen=True)
class Engines:
    """Every port of a turn, what may be kept in memory, and the limits that hold."""

    detector: Detector
    segmenter: Segmenter
    intent: IntentClassifier
    keywords: KeywordExtractor
    describer: Describer
    editor: ImageEditor
    memo: Memo
    limits: Limits
    transcriber: Transcriber = field(default_factory=_no_speech)

    @property
    def calls(self) -> tuple[int, int]:
        """Measurements that detector and segmenter made until now; what was remembered is not counted."""
        return getattr(self.detector, "calls", 0), getattr(self.segmenter, "calls", 0)


def build_port(settings: Settings, port: str) -> Any:
    """One engine of the chosen back-end, or an `Absent` that raises why not."""
    chosen = settings.ports[port]
    context = registry.EngineContext(settings.cache_dir, ASSETS, settings.runtime)
    try:
        return registry.build(port, chosen.backend, chosen.options, context)
    except WorkbenchError as error:
        return Absent(error)


def assemble(settings: Settings, build: Callable[[Settings, str], Any] = build_port) -> Engines:
    """Every engine of the settings, remembered by content; cheap, since weights load on first use.

    build: where single engines come from (a page shares them between its sessions).
    """
    memo = Memo(int(settings.limits.memo_mb * 1e6))
    return Engines(
        detector=RememberingDetector(cast(Detector, build(settings, "detection")), memo),
        segmenter=RememberingSegmenter(cast(Segmenter, build(settings, "segmentation")), memo),
        intent=build(settings, "intent"),
        keywords=build(settings, "keywords"),
        describer=build(settings, "answering"),
        editor=build(settings, "editing"),
        memo=memo,
        limits=settings.limits,
        transcriber=build(settings, "speech"),
    )
