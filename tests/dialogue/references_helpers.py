"""A picture with three dogs, a cat and a ball, and turns about it that refer to each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.dialogue.engines import Engines
from core.dialogue.references import resolve
from core.dialogue.turn import run_turn
from core.jobs import Job
from core.packing import unpack
from core.types.boxes import Box
from core.types.events import Completed
from core.types.image import ImageAsset
from core.types.language import IntentName, Phrase
from core.types.reference import Change, Operation, Order, Selector
from core.types.turn import Action, Answer, Request, Turn
from tests.fakes import FakeDetector, default_thresholds, fake_engines, painted

A: Box = (10.0, 10.0, 30.0, 40.0)  # a red dog on the left
B: Box = (40.0, 10.0, 64.0, 50.0)  # a blue dog in the middle, the largest
C: Box = (80.0, 10.0, 100.0, 40.0)  # a red dog on the right
D: Box = (100.0, 50.0, 118.0, 70.0)  # a green cat
E: Box = (50.0, 60.0, 60.0, 70.0)  # a grey ball
NAMES = {A: "A", B: "B", C: "C", D: "D", E: "E"}
SCENE = (("dog", A, 0.9), ("dog", B, 0.8), ("dog", C, 0.7), ("cat", D, 0.6), ("ball", E, 0.5))
RED, BLUE, GREEN = (220, 20, 20), (20, 20, 220), (20, 200, 20)


def photo() -> ImageAsset:
    return painted({A: RED, B: BLUE, C: RED, D: GREEN})


def scene_engines(objects: Sequence[tuple[str, Box, float]] = SCENE, **more: Any) -> Engines:
    return fake_engines(detector=FakeDetector(objects), **more)


def first(text: str, engines: Engines, image: ImageAsset | None = None) -> Turn:
    """A request of its own."""
    return _run(Request(text, image or photo(), default_thresholds()), engines)


def then(
    order: Order, base: Turn, engines: Engines, before: Sequence[Turn] = (), selected: int | None = None,
    image: ImageAsset | None = None,
) -> Turn:  # fmt: skip
    """A request that refers to `base`."""
    picture = image or photo()
    request = Request(
        order.words, picture, base.thresholds, order=order, base=base, before=tuple(before), selected=selected
    )
    return _run(request, engines)


def _run(request: Request, engines: Engines) -> Turn:
    *_, last = run_turn(request, engines, Job())
    assert isinstance(last, Completed)
    return last.turn


def objects(turn: Turn) -> str:
    """The objects in force, in the order of their numbers: "AC"."""
    return "".join(NAMES.get(d.box, "?") for d in turn.detections.items)


def change(order: Order, base: Turn, engines: Engines, **more: Any) -> Change:
    found = resolve(order, base, more.pop("image", photo()), engines, **more)
    assert isinstance(found, Change), found
    return found


def question(order: Order, base: Turn | None, engines: Engines, **more: Any) -> Answer:
    found = resolve(order, base, more.pop("image", photo()), engines, **more)
    assert isinstance(found, Answer), found
    return found


def labels(answer: Answer) -> list[str]:
    return [action.label for action in answer.actions if action.kind == "refer"]


def order_of(answer: Answer | Turn, label: str) -> Order:
    """What the button does."""
    actions: Sequence[Action] = answer.answer.actions if isinstance(answer, Turn) else answer.actions
    return unpack(Order, next(a.value for a in actions if a.label == label))


def keep(**picked: Any) -> Order:
    return Order(Operation.KEEP, "only that", Selector("that", **picked))


def add(words: str, *phrases: str, intent: IntentName | None = None, **picked: Any) -> Order:
    named = tuple(Phrase(p, p.split()[-1]) for p in phrases)
    chosen = Selector(words, phrase=phrases[0] if phrases else "", **picked)
    return Order(Operation.ADD, words, chosen, named, intent, words)


def reject(**picked: Any) -> Order:
    return Order(Operation.REJECT, "not that", Selector("that", **picked))


def do(intent: IntentName, selector: Selector | None = None, text: str = "do it") -> Order:
    return Order(Operation.INTENT, text, selector, intent=intent, text=text)


IT = Selector("it", pronoun=True)
