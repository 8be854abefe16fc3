"""The embedded detector: reads the phrases, asks the recognisers that they need, and joins what those measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from types import MappingProxyType

import numpy as np

from core import geometry
from core.detection.embedded.codes import Codes
from core.detection.embedded.colour import ColourRegions
from core.detection.embedded.everyday import FLOOR, EverydayObjects
from core.detection.embedded.faces import Faces
from core.detection.embedded.lexicon import Lexicon, Target, Understood, without
from core.detection.embedded.nearest import NearestClass
from core.detection.embedded.salient import suggest
from core.detection.embedded.sky import Sky
from core.detection.embedded.text import PrintedText
from core.detection.embedded.view import Found, Recogniser, View
from core.detection.embedded.words import is_everything
from core.errors import EngineUnavailable
from core.jobs import Job
from core.ports import Detector
from core.registry import EngineContext
from core.shared_models.everyday import CLASSES
from core.shared_models.minilm import shared_minilm
from core.shared_models.weights import Weights
from core.types.boxes import Basis, Proposals, Reading, Suggestion
from core.types.engine import EngineStatus
from core.types.image import ImageAsset

DOING = {
    Basis.CLASS: "looking for everyday objects", Basis.FACE: "looking for faces", Basis.TEXT: "reading text",
    Basis.CODE: "looking for codes", Basis.COLOUR: "looking for colours", Basis.PLACE: "looking for the sky",
}  # fmt: skip
FACE_NAME, CODE_NAMES = "face", ("qr code", "barcode")  # what a listing calls them
PACKAGES = {"text": "rapidocr", "codes": "zxingcpp", "suggestions": "skimage"}


class EmbeddedDetector(Detector):
    """Everyday objects, faces, text, codes, colours and sky. Loads at first use; thread-safe.

    tiles: measure 2x2 parts of large pictures too: 5 times slower, finds a little more that is small.
    """

    def __init__(self, context: EngineContext, tiles: bool = False) -> None:
        self._weights = Weights(context.cache_dir)
        self._lexicon = Lexicon(context.assets, NearestClass().find)
        self._recognisers: Mapping[Basis, Recogniser] = {
            Basis.CLASS: EverydayObjects(context.cache_dir, tiles),
            Basis.FACE: Faces(context.cache_dir),
            Basis.TEXT: PrintedText(),
            Basis.CODE: Codes(),
            Basis.COLOUR: ColourRegions(),
            Basis.PLACE: Sky(),
        }
        self._quick_codes = Codes(thorough=False)

    def status(self) -> EngineStatus:
        """Not ready where the everyday weights are missing; the details tell what works all the same."""
        weights = self._weights.status()
        parts = {"everyday objects": "ready" if weights.ready else weights.reason}
        parts["faces"] = "ready" if weights.ready else "the weaker Haar detector stands in"
        for name, package in PACKAGES.items():
            parts[name] = "ready" if find_spec(package) is not None else f"the package of '{package}' is missing"
        nearest = shared_minilm().status()
        parts["words outside the lexicon"] = "ready" if nearest.ready else nearest.reason
        details = MappingProxyType({**weights.details, **parts})
        if weights.ready:
            return EngineStatus(True, details=details)
        return EngineStatus(False, weights.reason, weights.remedy, weights.remedy_action, details)

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        """Every box with its score for every phrase. All phrases "*" or "everything" ask for a listing, as none does.

        Raises `EngineUnavailable` where no recogniser that the phrases need can work.
        """
        asked = tuple(phrases)
        job.check()
        understood = tuple(self._lexicon.read(phrase) for phrase in asked)
        if all(is_everything(phrase) for phrase in asked):
            return self._list(View.of(image), tuple(u.reading for u in understood), job)
        wanted: dict[Basis, list[Target]] = {}
        for one in understood:
            if one.target is not None and one.target not in wanted.setdefault(one.target.basis, []):
                wanted[one.target.basis].append(one.target)
        view = View.of(image)
        found, failed = self._measure(view, wanted, job)
        if failed and not found:
            raise next(iter(failed.values()))
        understood = tuple(
            without(u, str(failed[u.target.basis])) if u.target is not None and u.target.basis in failed else u
            for u in understood
        )
        suggestions = self._suggest(view, tuple(u.reading for u in understood), job)
        return _join(asked, understood, wanted, found, suggestions)

    def _measure(
        self, view: View, wanted: Mapping[Basis, Sequence[Target]], job: Job
    ) -> tuple[list[Found], dict[Basis, EngineUnavailable]]:
        found: list[Found] = []
        failed: dict[Basis, EngineUnavailable] = {}
        for number, (basis, targets) in enumerate(wanted.items()):
            job.report(number / len(wanted), DOING[basis])
            try:
                found.append(self._recognisers[basis].find(view, targets, job))
            except EngineUnavailable as error:
                failed[basis] = error
        job.check()
        return found, failed

    def _suggest(self, view: View, readings: Sequence[Reading], job: Job) -> tuple[Suggestion, ...]:
        """What stands out, where something asked for is beyond every recogniser."""
        unknown = [reading.phrase for reading in readings if not reading.covered]
        if not unknown or find_spec(PACKAGES["suggestions"]) is None:
            return ()
        job.report(None, "looking for what stands out")
        return suggest(view, unknown[0])

    def _list(self, view: View, readings: tuple[Reading, ...], job: Job) -> Proposals:
        """Everything that can be named: all classes, faces and codes. Text is read only when asked for: it is slow."""
        plan: list[tuple[Recogniser, Basis, tuple[str, ...]]] = [
            (self._recognisers[Basis.CLASS], Basis.CLASS, CLASSES),
            (self._recognisers[Basis.FACE], Basis.FACE, (FACE_NAME,)),
        ]
        if find_spec(PACKAGES["codes"]) is not None:
            plan.append((self._quick_codes, Basis.CODE, CODE_NAMES))
        found: list[Found] = []
        for number, (recogniser, basis, names) in enumerate(plan):
            job.report(number / len(plan), DOING[basis])
            found.append(recogniser.find(view, [Target(basis, (name,)) for name in names], job))
        job.check()
        best: dict[str, float] = {}
        for one, (_, _, names) in zip(found, plan, strict=True):
            if len(one.boxes):
                best.update(zip(names, one.scores.max(0).tolist(), strict=True))
        phrases = tuple(sorted((n for n in best if best[n] >= FLOOR), key=lambda n: (-best[n], n)))
        columns = [{p: names.index(n) for p, n in enumerate(phrases) if n in names} for _, _, names in plan]
        return _table(phrases, found, columns, readings, (), listed=True)


def _join(
    phrases: tuple[str, ...], understood: Sequence[Understood], wanted: Mapping[Basis, Sequence[Target]],
    found: Sequence[Found], suggestions: tuple[Suggestion, ...],
) -> Proposals:  # fmt: skip
    columns: list[dict[int, int]] = []
    for one in found:
        targets = list(wanted[one.basis])
        columns.append(
            {
                p: targets.index(u.target)
                for p, u in enumerate(understood)
                if u.target is not None and u.target.basis == one.basis
            }
        )
    return _table(phrases, found, columns, tuple(u.reading for u in understood), suggestions, listed=False)


def _table(
    phrases: tuple[str, ...], found: Sequence[Found], columns: Sequence[Mapping[int, int]],
    readings: tuple[Reading, ...], suggestions: tuple[Suggestion, ...], listed: bool,
) -> Proposals:  # fmt: skip
    """One table of all that was found. columns: for each part, which of its score columns belongs to which phrase."""
    boxes, scores = [np.zeros((0, 4), np.float32)], [np.zeros((0, len(phrases)), np.float32)]
    basis: list[Basis] = []
    labels: list[str] = []
    passes: list[int] = []
    for number, (one, its) in enumerate(zip(found, columns, strict=True)):
        rows = np.zeros((len(one.boxes), len(phrases)), np.float32)
        for phrase, column in its.items():
            rows[:, phrase] = one.scores[:, column]
        kept = (geometry.area(one.boxes) > 0) & (rows.max(1, initial=0) > 0)
        boxes.append(one.boxes[kept])
        scores.append(rows[kept])
        basis += [one.basis] * int(kept.sum())
        labels += [label for label, keep in zip(one.labels, kept, strict=True) if keep]
        passes += [number] * int(kept.sum())
    return Proposals(
        phrases, np.concatenate(boxes), np.concatenate(scores), tuple(basis), tuple(labels), tuple(passes),
        tuple(one.engine for one in found), readings, suggestions, listed,
    )  # fmt: skip
