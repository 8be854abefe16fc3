"""Answers assembled from measurement: what is there, how many, where, how large, colours, sharpness, text read.

What measurement cannot answer is declined, with what would answer it.
"""

from __future__ import annotations

from core.generation import picture
from core.generation.findings import basis_notes, found_line, missing_lines, place_of, uncovered_lines
from core.generation.phrasing import count, listing, percent
from core.generation.questions import Asked, kind_of
from core.ports import Describer
from core.registry import EngineContext
from core.types.boxes import Basis
from core.types.engine import EngineStatus
from core.types.language import IntentName
from core.types.scene import Scene, SceneObject
from core.types.turn import Action, Answer

DONE = {
    IntentName.DETECT: "Found",
    IntentName.SEGMENT: "Outlined",
    IntentName.MASK: "Masked",
}

NOTHING = "I recognise none of the 80 everyday things that I know in the picture."
BEYOND = "I can measure, not judge: this question needs a vision-language model, and none is connected."


class EmbeddedDescriber(Describer):
    """Sentences from boxes, masks and pixels; no model."""

    name = "embedded"

    def __init__(self, context: EngineContext) -> None:
        """Needs nothing of the context: it measures the picture and the scene that it is given."""

    def status(self) -> EngineStatus:
        return EngineStatus(True, "answers what can be measured; other questions need a vision-language model")

    def describe(self, scene: Scene, question: str) -> Answer:
        """The answer to one act. See `Describer.describe`."""
        if scene.intent == IntentName.ANSWER:
            text, actions = _answer(scene, question)
        else:
            text, actions = _report(scene)
        more, more_actions = _what_was_not_found(scene, question)
        parts = [text, more, *basis_notes(scene)]
        if not any(parts):
            beyond = scene.intent == IntentName.ANSWER and kind_of(question) == Asked.BEYOND
            parts = [BEYOND if beyond else "", NOTHING]
        return Answer(" ".join(part for part in parts if part), (*actions, *more_actions))


def _report(scene: Scene) -> tuple[str, tuple[Action, ...]]:
    """What a detect, segment, mask or inpaint act did."""
    verb = "Removed" if scene.edited else DONE.get(scene.intent, "Found")
    lines = [found_line(verb if n == 0 else "", group, scene) for n, group in enumerate(groups(scene))]
    text = f"{listing(lines)}." if lines else ""
    if scene.edited:
        text += " The gap was filled from its surroundings; what was behind cannot be known."
    if scene.intent == IntentName.MASK and lines:
        text += " The mask and the cut-out are in the downloads."
    return text, ()


def groups(scene: Scene) -> list[tuple[SceneObject, ...]]:
    """Objects by phrase, in the order of their numbers."""
    phrases = dict.fromkeys(o.detection.phrase for o in scene.objects)
    return [tuple(o for o in scene.objects if o.detection.phrase == phrase) for phrase in phrases]


def _answer(scene: Scene, question: str) -> tuple[str, tuple[Action, ...]]:
    named = bool(scene.keywords.phrases)
    kind = kind_of(question)
    if kind == Asked.PICTURE:
        return picture.size_line(scene.image), ()
    if kind == Asked.SHARP:
        return picture.quality_line(scene.image, scene.objects if named else ()), ()
    if kind == Asked.COLOUR and not named:
        return picture.colour_line(scene.image), ()
    if kind == Asked.LIST or (kind != Asked.BEYOND and not named):
        return _inventory(scene), ()
    if not scene.objects:
        return "", ()
    builders = {
        Asked.COUNT: _counts,
        Asked.COLOUR: _colours,
        Asked.SIZE: _sizes,
        Asked.COMPARE: _compare,
        Asked.READ: _reads,
        Asked.PLACE: _places,
        Asked.PRESENT: _presence,
    }
    if kind in builders:
        return builders[kind](scene), ()
    return _beyond(scene), (Action("help", "What can I say?"),)


def _counts(scene: Scene) -> str:
    parts = [count(len(group), group[0].detection.phrase) for group in groups(scene)]
    exact = all(o.detection.basis in (Basis.CODE, Basis.USER) for o in scene.objects)
    return f"{'' if exact else 'At least '}{listing(parts)}."


def _colours(scene: Scene) -> str:
    lines = []
    for o in scene.objects:
        top = [f"{name} ({percent(share)})" for name, share in o.colours[:2] if share >= 0.1]
        lines.append(f"{_name(o, scene)}: mostly {listing(top)}" if top else f"{_name(o, scene)}: not measured")
    return f"{_capital('; '.join(lines))}."


def _sizes(scene: Scene) -> str:
    total = scene.image.width * scene.image.height
    lines = []
    for o in scene.objects:
        x0, y0, x1, y1 = o.detection.box
        extent = f"{x1 - x0:.0f} x {y1 - y0:.0f} px"
        if o.mask:
            lines.append(f"{_name(o, scene)} covers {percent(o.mask.area / total)} of the picture ({extent})")
        else:
            lines.append(f"{_name(o, scene)} lies in a box of {extent}")
    return f"{_capital('; '.join(lines))}. Sizes are in the picture, not in the world."


def _area(o: SceneObject) -> float:
    x0, y0, x1, y1 = o.detection.box
    return float(o.mask.area) if o.mask else (x1 - x0) * (y1 - y0)


def _compare(scene: Scene) -> str:
    ordered = sorted(scene.objects, key=_area, reverse=True)
    if len(ordered) == 1:
        return f"There is only one: {_sizes(scene)}"
    total = scene.image.width * scene.image.height
    extremes = (ordered[0], ordered[-1])
    ranks = [f"{_name(o, scene)} ({percent(_area(o) / total)}, {place_of(o, scene)})" for o in extremes]
    return f"Largest in the picture: {ranks[0]}. Smallest: {ranks[1]}."


def _reads(scene: Scene) -> str:
    lines = [o.detection for o in scene.objects if o.detection.basis in (Basis.TEXT, Basis.CODE)]
    if not lines:
        return f"{_presence(scene)} No readable text was found."
    texts = [d.label for d in sorted(lines, key=lambda d: (d.box[1], d.box[0]))]
    return f"It reads: {' / '.join(f'“{t}”' for t in texts[:12])}."


def _places(scene: Scene) -> str:
    return f"{_capital('; '.join(f'{_name(o, scene)} is {place_of(o, scene)}' for o in scene.objects[:8]))}."


def _presence(scene: Scene) -> str:
    parts = [found_line("", group, scene) for group in groups(scene)]
    return f"Yes: {listing(parts)}."


def _inventory(scene: Scene) -> str:
    size = picture.size_line(scene.image)
    if not scene.objects:
        return f"{size} {NOTHING}"
    parts = [count(len(g), g[0].detection.phrase) for g in groups(scene)]
    return f"I see at least {listing(parts)}. {size} {picture.colour_line(scene.image)}"


def _beyond(scene: Scene) -> str:
    parts = [count(len(group), group[0].detection.phrase) for group in groups(scene)]
    return f"{BEYOND} What I can say: there {'is' if len(scene.objects) == 1 else 'are'} at least {listing(parts)}."


def _has_read(scene: Scene, question: str) -> bool:
    """True where the question wants something read and text was found: what it stands on need not be recognised."""
    return kind_of(question) == Asked.READ and any(o.detection.basis in (Basis.TEXT, Basis.CODE) for o in scene.objects)


def _what_was_not_found(scene: Scene, question: str) -> tuple[str, tuple[Action, ...]]:
    if scene.intent == IntentName.ANSWER and (not scene.keywords.phrases or _has_read(scene, question)):
        return "", ()
    missing, actions = missing_lines(scene)
    uncovered, more = uncovered_lines(scene)
    return " ".join([*missing, *uncovered]), (*actions, *more)


def _name(o: SceneObject, scene: Scene) -> str:
    same = [p for p in scene.objects if p.detection.phrase == o.detection.phrase]
    return f"{o.detection.phrase} {o.number}" if len(same) > 1 else f"the {o.detection.phrase}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
