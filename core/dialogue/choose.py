"""From everything measured to what is shown: policies only, the same for a new turn and for a slider that moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core import geometry, masking, policy
from core.memo import Memo
from core.types.boxes import Basis, Box, Detection, Detections, Proposals
from core.types.image import ImageAsset
from core.types.language import Keywords, Phrase
from core.types.masks import Mask, MaskLogits, MaskSet, Prompt
from core.types.reference import Adjustments
from core.types.thresholds import Thresholds
from core.types.turn import Clicked

NO_ADJUSTMENTS = Adjustments()
_NO_BITS = np.zeros((0, 0), bool)
SHARES_BYTES = 1000  # about what a table of eleven colours takes
EXCLUDED_OVERLAP = 0.5  # an object that overlaps an excluded one this much (IoU) is that one


@dataclass(frozen=True)
class Chosen:
    """Objects with their masks (same order; area 0 where none is cut yet), and the prompts still to be measured.

    put_away: phrases of which the dialogue put every object away; nothing may be claimed missing of them.
    """

    detections: Detections
    masks: MaskSet
    missing: tuple[Prompt, ...] = ()
    put_away: frozenset[str] = frozenset()


def choose(
    image: ImageAsset,
    proposals: Proposals,
    keywords: Keywords,
    thresholds: Thresholds,
    bank: Mapping[str, MaskLogits],
    memo: Memo,
    at_most: int,
    masks_wanted: bool = True,
    user_boxes: Sequence[Box] = (),
    excluded: Sequence[Box] = (),
    clicked: Sequence[Clicked] = (),
    adjustments: Adjustments = NO_ADJUSTMENTS,
) -> Chosen:
    """Select, filter, cut and check. No engine is called.

    bank: logits by prompt digest. masks_wanted: False leaves out masks that no check needs. user_boxes and what was
    clicked always pass. excluded: boxes of things to leave out. adjustments: what the dialogue kept, rejected and grew.
    at_most: the best so many objects are kept.
    """
    picture = (image.width, image.height)
    selected = policy.select(proposals, thresholds, picture)
    items = _best([d for d in selected.items if not _is_excluded(d, excluded)], at_most)
    items = _without_doubles(items, user_boxes, thresholds)
    colours = {p.text: p.colours for p in keywords.phrases if p.colours}
    cutter = _Cutter(image, thresholds.mask_cut, bank, memo, adjustments)
    passed: list[Detection] = []
    misses = list(selected.misses)
    for detection in items:
        mask = cutter.mask(detection) if _to_check(detection, colours) else None
        if mask is None:
            passed.append(detection)  # one to be checked is shown unchecked until its mask is there
            continue
        checked, failed = policy.by_colour(detection, colours, colour_shares(image, mask, memo), proposals, thresholds)
        misses += failed
        passed += [checked] if checked is not None else []
    picked = policy.apply_filters(Detections(tuple(passed), tuple(misses)), keywords.phrases, picture, proposals)
    first = keywords.phrases[0].text if keywords.phrases else "object"
    hand = (*policy.by_hand(user_boxes, first), *(cutter.clicked(c, first) for c in clicked))
    found = (*hand, *picked.items)
    in_force = [d for d in found if adjustments.allows(d.anchor, d.phrase)]
    chosen = _in_order(in_force, keywords.phrases)
    cuts = [cutter.mask(d) if masks_wanted or _to_check(d, colours) else None for d in chosen]
    return Chosen(
        Detections(chosen, policy.best_misses(picked.misses)),
        cutter.mask_set(cuts, chosen),
        tuple(cutter.missing.values()),
        frozenset(d.phrase for d in found) - {d.phrase for d in in_force},
    )


def prompt_of(detection: Detection) -> Prompt:
    """What the segmenter is asked for an object: its box, or what was clicked."""
    return Prompt(detection.prompted, detection.points) if detection.points else Prompt(detection.box)


def _to_check(detection: Detection, colours: Mapping[str, tuple[str, ...]]) -> bool:
    """True where a colour was asked for and must be checked on the object's own pixels."""
    measured = detection.basis not in (Basis.COLOUR, Basis.USER)
    return measured and any(phrase in colours for phrase in (detection.phrase, *policy.equals(detection)))


def _best(items: list[Detection], at_most: int) -> list[Detection]:
    """The best so many, in the order given."""
    worst = set(sorted(range(len(items)), key=lambda n: -items[n].score)[at_most:])
    return [d for n, d in enumerate(items) if n not in worst]


def _is_excluded(detection: Detection, excluded: Sequence[Box]) -> bool:
    return bool(len(excluded)) and bool(geometry.iou([detection.box], list(excluded)).max() >= EXCLUDED_OVERLAP)


def _without_doubles(items: Sequence[Detection], user_boxes: Sequence[Box], thresholds: Thresholds) -> list[Detection]:
    """The user's box replaces the detection that it lies on."""
    if not user_boxes:
        return list(items)
    return [d for d in items if geometry.iou([d.box], list(user_boxes)).max() < thresholds.nms_iou]


def _in_order(items: Sequence[Detection], phrases: Sequence[Phrase]) -> tuple[Detection, ...]:
    """The user's boxes first, then phrases as they were said."""
    rank = {phrase.text: n for n, phrase in enumerate(phrases)}
    return tuple(sorted(items, key=lambda d: (d.basis != Basis.USER, rank.get(d.phrase, len(rank)))))


def colour_shares(image: ImageAsset, mask: Mask, memo: Memo) -> Mapping[str, float]:
    """`policy.colour_shares`, computed once for each mask and remembered."""
    key = f"colours {image.digest} {mask.digest}"
    found = memo.get(key)
    if isinstance(found, Mapping):
        return found
    measured = policy.colour_shares(image, mask)
    memo.put(key, measured, SHARES_BYTES)
    return measured


class _Cutter:
    """Masks of one picture at one cut, each computed once and remembered."""

    def __init__(
        self, image: ImageAsset, cut: float, bank: Mapping[str, MaskLogits], memo: Memo, adjustments: Adjustments
    ) -> None:
        self._image, self._cut, self._bank, self._memo = image, cut, bank, memo
        self._adjustments = adjustments
        self.missing: dict[str, Prompt] = {}

    def mask(self, detection: Detection) -> Mask | None:
        """The object's mask, as the dialogue left it, or None (its prompt is then among the missing)."""
        prompt, pixels = prompt_of(detection), self._adjustments.growth(detection.anchor)
        mask = self._cut_out(prompt)
        if mask is None or not pixels:
            return mask
        key = f"grown {self._bank[prompt.digest].digest} {self._image.digest} {self._cut} {pixels}"
        found = self._memo.get(key)
        if isinstance(found, Mask):
            return found
        mask = masking.grown(mask, pixels)
        self._memo.put(key, mask, mask.packed.nbytes + 200)
        return mask

    def clicked(self, clicked: Clicked, phrase: str) -> Detection:
        """What was clicked, with its mask's box; until that is there, the box clicked in, or a pixel's at the click."""
        (plain,) = policy.by_hand([(0.0, 0.0, 1.0, 1.0)], clicked.phrase or phrase)
        detection = replace(plain, points=clicked.prompt.points, prompted=clicked.prompt.box)
        mask = self.mask(detection)
        if mask is None or not mask.area:
            return replace(detection, box=clicked.prompt.box or detection.anchor)
        x0, y0, x1, y1 = mask.box
        return replace(detection, box=(float(x0), float(y0), float(x1), float(y1)))

    def _cut_out(self, prompt: Prompt) -> Mask | None:
        logits = self._bank.get(prompt.digest)
        if logits is None:
            self.missing[prompt.digest] = prompt
            return None
        key = f"cut {logits.digest} {self._image.digest} {self._cut}"
        found = self._memo.get(key)
        if isinstance(found, Mask):
            return found
        mask = masking.cut_mask(logits, 0, self._cut, (self._image.width, self._image.height))
        self._memo.put(key, mask, mask.packed.nbytes + 200)
        return mask

    def mask_set(self, cuts: Sequence[Mask | None], chosen: Sequence[Detection]) -> MaskSet:
        empty = Mask.of(_NO_BITS, 0.0, (0, 0), (self._image.width, self._image.height))
        rows = [self._bank.get(prompt_of(d).digest) for d in chosen]
        return MaskSet(
            tuple(mask or empty for mask in cuts),
            self._cut,
            tuple(row.notes[0] if row else "" for row in rows),
            tuple(row.engines[0] for row in rows if row),
        )
