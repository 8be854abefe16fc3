"""The objects that words may refer to: those in force with their numbers, and those of the picture put away before."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core import masking
from core.dialogue.choose import choose, prompt_of
from core.dialogue.engines import Engines
from core.types.boxes import Box, Detection
from core.types.image import ImageAsset
from core.types.masks import Mask
from core.types.reference import same_box
from core.types.turn import Turn


@dataclass(frozen=True, eq=False)
class Item:
    """One object. number: as shown in the turn `turn` ("": it was not shown yet). now: its number in force, or 0.

    mask: None where none was cut.
    """

    number: int
    detection: Detection
    mask: Mask | None = None
    now: int = 0
    turn: str = ""

    @property
    def anchor(self) -> Box:
        return self.detection.anchor

    @property
    def phrase(self) -> str:
        return self.detection.phrase


@dataclass(frozen=True)
class Context:
    """What an order is resolved against. selected: number of the object selected in the picture."""

    base: Turn
    image: ImageAsset | None
    engines: Engines
    selected: int | None = None
    before: tuple[Turn, ...] = ()

    @functools.cached_property
    def items(self) -> tuple[Item, ...]:
        """The objects in force."""
        return items_of(self.base, self.base)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture, or of what is known of it."""
        if self.image is not None:
            return self.image.width, self.image.height
        if self.base.masks.items:
            return self.base.masks.items[0].size
        boxes = [d.box for d in self.base.detections.items]
        return int(max((b[2] for b in boxes), default=1)) or 1, int(max((b[3] for b in boxes), default=1)) or 1

    def pools(self) -> Iterator[tuple[Item, ...]]:
        """Wider sets that hold all in force: objects as earlier turns showed them, newest first, then all measured."""
        now = self.items
        for turn in reversed(self.before):
            items = items_of(turn, self.base)
            if len(items) > len(now) and all(any(_same(i, item) for i in items) for item in now):
                yield items
        measured = self._measured()
        if len(measured) > len(now):
            yield measured

    def put_away(self) -> tuple[Item, ...]:
        """The objects that the newest wider set holds beyond those in force."""
        return next((tuple(i for i in pool if not i.now) for pool in self.pools()), ())

    def _measured(self) -> tuple[Item, ...]:
        """Everything that passes the thresholds, whatever the dialogue or the phrases' filters left of it."""
        base, keywords = self.base, self.base.keywords
        if self.image is None or base.proposals is None or keywords is None:
            return ()
        plain = replace(keywords, phrases=tuple(replace(p, filters=()) for p in keywords.phrases))
        chosen = choose(
            self.image, base.proposals, plain, base.thresholds, base.bank, self.engines.memo,
            self.engines.limits.objects, False, base.user_boxes, base.excluded, base.clicked,
        )  # fmt: skip
        wide = tuple(Item(n, d, None, _now(d, base)) for n, d in enumerate(chosen.detections.items, 1))
        return wide if all(any(_same(i, item) for i in wide) for item in self.items) else ()

    def mask_of(self, item: Item) -> Mask | None:
        """The object's mask: as shown, or cut now from the logits at hand."""
        if item.mask is not None:
            return item.mask
        logits = self.base.bank.get(prompt_of(item.detection).digest)
        if logits is None:
            return None
        mask = masking.cut_mask(logits, 0, self.base.thresholds.mask_cut, self.size)
        return mask if mask.area else None


def items_of(turn: Turn, base: Turn) -> tuple[Item, ...]:
    """The objects that a turn shows; `now`: their numbers in the turn in force."""
    masks: Sequence[Mask | None] = turn.masks.items
    if len(masks) != len(turn.detections.items):
        masks = [None] * len(turn.detections.items)
    return tuple(
        Item(n, d, mask if mask is not None and mask.area else None, n if turn is base else _now(d, base), turn.id)
        for n, (d, mask) in enumerate(zip(turn.detections.items, masks, strict=True), 1)
    )


def _now(detection: Detection, base: Turn) -> int:
    shown = enumerate(base.detections.items, 1)
    return next((n for n, d in shown if d.phrase == detection.phrase and same_box(d.anchor, detection.anchor)), 0)


def _same(a: Item, b: Item) -> bool:
    return a.phrase == b.phrase and same_box(a.anchor, b.anchor)
