"""Engines without models, for tests: known objects in, exact boxes, rectangular masks, plain words out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.dialogue.engines import Engines
from core.errors import WorkbenchError
from core.jobs import Job
from core.memo import Memo, RememberingDetector, RememberingSegmenter
from core.ports import Describer, Detector, ImageEditor, IntentClassifier, KeywordExtractor, Segmenter
from core.settings import DEFAULTS, Limits, load_settings
from core.types.boxes import Basis, Box, Proposals, Reading, Suggestion
from core.types.engine import EngineInfo, EngineStatus
from core.types.image import ImageAsset
from core.types.language import INTENTS, IntentName, IntentPrediction, Keywords, Phrase
from core.types.masks import MaskLogits, MaskSet, Prompt
from core.types.scene import Scene
from core.types.thresholds import Thresholds
from core.types.turn import Answer

INFO = EngineInfo("fake", "1")
Objects = Sequence[tuple[str, Box, float]]  # what is in the picture: name, box, score
CELLS = 32  # of a mask's grid
WORDS = {
    IntentName.SEGMENT: ("segment", "outline", "trace"),
    IntentName.MASK: ("mask", "cut"),
    IntentName.INPAINT: ("remove", "erase", "replace"),
    IntentName.DETECT: ("detect", "find", "locate", "box", "where"),
    IntentName.ANSWER: ("how", "what", "which", "tell", "count", "describe", "is", "are"),
    IntentName.UPSCALE: ("upscale", "enlarge"),
    IntentName.TEXT_TO_IMAGE: ("paint",),
}
COLOURS = ("red", "green", "blue", "black", "white", "brown", "yellow", "grey")
NO_OBJECTS = frozenset(
    re.findall(
        r"\w+",
        "segment outline trace mask cut out remove erase replace detect find locate box where how what which tell count"
        " describe is are upscale enlarge paint me the a an this that it them many large big colour there in of picture"
        " everything all please and then to not but see you can i do",
    )
)


def default_thresholds() -> Thresholds:
    """The tracked ones, whatever this machine's own settings say."""
    return load_settings(environ={}, local=DEFAULTS.parent / "none").thresholds


def picture(width: int = 120, height: int = 80, colour: tuple[int, int, int] = (90, 90, 90)) -> ImageAsset:
    """A plain picture."""
    return ImageAsset.of(np.full((height, width, 3), colour, np.uint8), "plain")


def painted(boxes: Mapping[Box, tuple[int, int, int]], width: int = 120, height: int = 80) -> ImageAsset:
    """A grey picture with filled rectangles."""
    pixels = np.full((height, width, 3), 90, np.uint8)
    for (x0, y0, x1, y1), colour in boxes.items():
        pixels[int(y0) : int(y1), int(x0) : int(x1)] = colour
    return ImageAsset.of(pixels, "painted")


def measured_boxes(
    rows: Sequence[tuple[Box, Sequence[float]]],
    phrases: tuple[str, ...],
    basis: tuple[Basis, ...] = (),
    **more: Any,
) -> Proposals:
    """What a detector measured: a box and its scores for every phrase in each row."""
    return Proposals(
        phrases,
        np.array([box for box, _ in rows], np.float32).reshape(-1, 4),
        np.array([scores for _, scores in rows], np.float32).reshape(len(rows), len(phrases)),
        basis or (Basis.CLASS,) * len(rows),
        ("thing",) * len(rows),
        (0,) * len(rows),
        (INFO,),
        **more,
    )


class _Fake:
    """status: what the engine says of itself. error: raised at every use. calls: what it was asked."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.calls: list[Any] = []

    def status(self) -> EngineStatus:
        if isinstance(self.error, WorkbenchError):
            return EngineStatus(False, self.error.message, self.error.remedy)
        return EngineStatus(True)

    def used(self, call: Any) -> None:
        self.calls.append(call)
        if self.error is not None:
            raise self.error


class FakeDetector(_Fake, Detector):
    """Finds the objects it was given: a phrase asks for those whose name is in it. `unknown` words are not covered."""

    def __init__(
        self,
        objects: Objects = (),
        unknown: Sequence[str] = (),
        suggestions: Sequence[Suggestion] = (),
        error: BaseException | None = None,
    ) -> None:
        super().__init__(error)
        self.objects, self.unknown, self.suggestions = tuple(objects), tuple(unknown), tuple(suggestions)

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        self.used((image.digest, tuple(phrases)))
        job.report(0.5, "looking")
        listed = not phrases
        columns = tuple(dict.fromkeys(name for name, _, _ in self.objects)) if listed else tuple(phrases)
        rows = [[score if _names(phrase, name) else 0.0 for phrase in columns] for name, _, score in self.objects]
        kept = [n for n, row in enumerate(rows) if any(row)]
        return Proposals(
            phrases=columns,
            boxes=np.array([self.objects[n][1] for n in kept], np.float32).reshape(-1, 4),
            scores=np.array([rows[n] for n in kept], np.float32).reshape(-1, len(columns)),
            basis=(Basis.CLASS,) * len(kept),
            labels=tuple(self.objects[n][0] for n in kept),
            passes=(0,) * len(kept),
            engines=(INFO,),
            readings=tuple(self._reading(phrase) for phrase in phrases),
            suggestions=self.suggestions,
            listed=listed,
        )

    def _reading(self, phrase: str) -> Reading:
        covered = not any(_names(phrase, word) for word in self.unknown)
        return Reading(phrase, covered, phrase.split()[-1] if covered else "")


def _names(phrase: str, name: str) -> bool:
    words = phrase.split()
    return name in words or f"{name}s" in words or name == phrase


class FakeSegmenter(_Fake, Segmenter):
    """Every pixel of the box belongs to the object (of a click: 10 px around it)."""

    def segment(self, image: ImageAsset, prompts: Sequence[Prompt], job: Job) -> MaskLogits:
        self.used((image.digest, tuple(prompts)))
        if not prompts:
            return MaskLogits.none()
        boxes = np.array([p.box or _around(p) for p in prompts], np.float64)
        scale = CELLS / np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6)
        maps = np.zeros((len(boxes), 2, 3))
        maps[:, 0, 0], maps[:, 1, 1] = scale[:, 0], scale[:, 1]
        maps[:, :, 2] = -boxes[:, :2] * scale
        return MaskLogits(
            np.full((len(boxes), 1, CELLS, CELLS), 4.0, np.float32),
            np.full((len(boxes), 1), 0.9, np.float32),
            maps,
            boxes.astype(np.float32),
            (INFO,) * len(boxes),
            ("",) * len(boxes),
        )


def _around(prompt: Prompt) -> Box:
    x, y, _ = prompt.points[0]
    return (x - 10, y - 10, x + 10, y + 10)


class FakeIntent(_Fake, IntentClassifier):
    """The intent of the first word it knows, with certainty; greets on "hello"; is torn on "maybe"."""

    def __init__(
        self, by_text: Mapping[str, IntentPrediction] | None = None, error: BaseException | None = None
    ) -> None:
        super().__init__(error)
        self.by_text = dict(by_text or {})

    def classify(self, texts: Sequence[str]) -> list[IntentPrediction]:
        self.used(tuple(texts))
        return [self.by_text.get(text) or self._predict(text.lower()) for text in texts]

    def _predict(self, text: str) -> IntentPrediction:
        words = re.findall(r"\w+", text)
        if "maybe" in words:
            return shared({IntentName.SEGMENT: 0.4, IntentName.INPAINT: 0.35, IntentName.DETECT: 0.25})
        if "hello" in words or not words:
            return replace(IntentPrediction.certain(IntentName.OTHER), engine="fake")
        found = (intent for word in words for intent, known in WORDS.items() if word in known)
        return replace(IntentPrediction.certain(next(found, IntentName.DETECT)), engine="fake")


def shared(scores: Mapping[IntentName, float]) -> IntentPrediction:
    """A prediction with these scores; the rest is shared by the others."""
    rest = (1 - sum(scores.values())) / (len(INTENTS) - len(scores))
    return IntentPrediction(tuple(scores.get(intent, rest) for intent in INTENTS), "fake")


class FakeKeywords(_Fake, KeywordExtractor):
    """Phrases are what is left between "and" and commas; `by_text` overrides."""

    def __init__(self, by_text: Mapping[str, Keywords] | None = None, error: BaseException | None = None) -> None:
        super().__init__(error)
        self.by_text = dict(by_text or {})

    def extract(self, text: str) -> Keywords:
        self.used(text)
        if text in self.by_text:
            return self.by_text[text]
        words = text.lower()
        wanted, _, unwanted = words.partition("but not")
        return Keywords(
            phrases=tuple(_phrase(p) for p in _parts(wanted)),
            excluded=tuple(_parts(unwanted)),
            everything="everything" in words,
            refers_back=bool(re.search(r"\b(it|them)\b", words)),
            method="rules",
        )


def _parts(text: str) -> list[str]:
    found = []
    for part in re.split(r",|\band\b", text):
        words = [w for w in re.findall(r"\w+", part) if w not in NO_OBJECTS]
        if words:
            found.append(" ".join(words))
    return list(dict.fromkeys(found))


def _phrase(text: str) -> Phrase:
    words = text.split()
    return Phrase(text, words[-1], tuple(w for w in words if w in COLOURS))


class FakeDescriber(_Fake, Describer):
    """Says the intent, the objects by number, and the misses; `scenes` keeps what it was shown."""

    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__(error)
        self.scenes: list[Scene] = []

    def describe(self, scene: Scene, question: str) -> Answer:
        self.used(question)
        self.scenes.append(scene)
        objects = ", ".join(f"{o.number} {o.detection.phrase}" for o in scene.objects) or "nothing"
        misses = "".join(f" No {m.phrase}: {m.why} {m.score:.2f}." for m in scene.misses)
        return Answer(f"{scene.intent}: {objects}.{misses}")


class FakeEditor(_Fake, ImageEditor):
    """Fills the masks with magenta."""

    FILL = (255, 0, 255)

    def edit(self, image: ImageAsset, masks: MaskSet, instruction: str, job: Job) -> ImageAsset:
        self.used((image.digest, len(masks), instruction))
        pixels = np.array(image.pixels)
        for mask in masks.items:
            pixels[mask.full()] = self.FILL
        return ImageAsset.of(pixels, "edited")


def fake_engines(objects: Objects = (("cat", (20.0, 10.0, 60.0, 50.0), 0.8),), **parts: Any) -> Engines:
    """Every port faked; `parts` replaces single ones (detector and segmenter are wrapped in the memo here).

    The fakes themselves: `engines.detector.engine`, `engines.segmenter.engine`, `engines.intent`, ...
    """
    memo = parts.get("memo") or Memo(20_000_000)
    return Engines(
        detector=RememberingDetector(parts.get("detector") or FakeDetector(objects), memo),
        segmenter=RememberingSegmenter(parts.get("segmenter") or FakeSegmenter(), memo),
        intent=parts.get("intent") or FakeIntent(),
        keywords=parts.get("keywords") or FakeKeywords(),
        describer=parts.get("describer") or FakeDescriber(),
        editor=parts.get("editor") or FakeEditor(),
        memo=memo,
        limits=parts.get("limits") or Limits(),
        **({"transcriber": parts["transcriber"]} if "transcriber" in parts else {}),
    )
