"""Pure functions from scores and numbers to choices. No engine runs here, so moving a slider never measures again."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from core import geometry
from core.colours import shares
from core.sieve import FATES, Fate, Sieved, sieve
from core.types.boxes import Basis, Box, Detection, Detections, NearestMiss, Proposals
from core.types.engine import EngineInfo
from core.types.image import ImageAsset
from core.types.language import Filter, FilterKind, IntentDecision, IntentName, IntentPrediction, Phrase
from core.types.masks import Mask
from core.types.thresholds import Thresholds

USER = EngineInfo("user", note="drawn or taken by the user")


# Intents that measure the same and differ only in what is said of it: a doubt between them is not worth a question.
FAMILIES = (
    frozenset({IntentName.ANSWER, IntentName.DETECT}),
    frozenset({IntentName.SEGMENT, IntentName.MASK}),
)


def decide(prediction: IntentPrediction, thresholds: Thresholds) -> IntentDecision:
    """The intent that acts, or a question between the best: asked back below the abstain score or margin.

    Score and margin are those of the best intent's family (`FAMILIES`).
    """
    ranked = prediction.ranked()
    best = ranked[0][0]
    family = next((f for f in FAMILIES if best in f), frozenset({best}))
    score = sum(value for intent, value in ranked if intent in family)
    lead = score - max(value for intent, value in ranked if intent not in family)
    options = tuple(intent for intent, _ in ranked[:3])
    reason = ""
    if score < thresholds.abstain_score:
        reason = f"the best score {score:.2f} is below {thresholds.abstain_score:.2f}"
    elif lead < thresholds.abstain_margin:
        reason = f"the lead {lead:.2f} is below {thresholds.abstain_margin:.2f}"
    return IntentDecision(None if reason else best, ranked[0][1], options, reason)


def select(proposals: Proposals, thresholds: Thresholds, picture: tuple[int, int]) -> Detections:
    """Boxes that pass (`core.sieve`), one phrase each, best score first in each phrase.

    picture: (width, height). The best box of each phrase that did not pass is kept as its nearest miss.
    """
    sieved = sieve(proposals, thresholds, picture)
    order = np.argsort(-sieved.score, kind="stable")
    ranked = [order[sieved.column[order] == column] for column in range(len(proposals.phrases))]
    kept = [[int(r) for r in rows if sieved.chosen[r]] for rows in ranked]
    every = [row for rows in kept for row in rows]
    chosen = [_detection(proposals, r, column) for column, rows in enumerate(kept) for r in rows]
    misses = [
        _nearest_miss(proposals, sieved, rows, every if proposals.passes_apart > 1 else kept[column], thresholds)
        for column, rows in enumerate(ranked)
    ]
    return Detections(tuple(chosen), tuple(miss for miss in misses if miss is not None))


def _share(box: Sequence[float] | np.ndarray, picture: tuple[int, int]) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1])) / max(1, picture[0] * picture[1])


def _detection(proposals: Proposals, row: int, column: int) -> Detection:
    scores = proposals.scores[row]
    others = [(proposals.phrases[c], float(scores[c])) for c in np.argsort(-scores) if c != column and scores[c] > 0]
    phrase = proposals.phrases[column]
    score = scores[column] if proposals.peaks is None else proposals.peaks[row]
    return Detection(
        box=_box(proposals.boxes[row]), phrase=phrase, score=float(score), basis=proposals.basis[row],
        engine=proposals.engines[proposals.passes[row]], label=proposals.labels[row], index=int(row),
        alternatives=tuple(others[:3]), note=_note(proposals, phrase),
    )  # fmt: skip


def _note(proposals: Proposals, phrase: str) -> str:
    return next((r.note for r in proposals.readings if r.phrase == phrase), "")


def _box(row: np.ndarray) -> Box:
    return (float(row[0]), float(row[1]), float(row[2]), float(row[3]))


def _nearest_miss(
    proposals: Proposals, sieved: Sieved, rows: np.ndarray, chosen: list[int], thresholds: Thresholds
) -> NearestMiss | None:
    """The best box of one phrase that was not chosen; a double of something chosen is no miss."""
    for row in rows:
        fate = FATES[sieved.fate[row]]
        if fate in (Fate.CHOSEN, Fate.SILENT, Fate.DOUBLE):
            continue
        if chosen and geometry.iou(proposals.boxes[[row]], proposals.boxes[chosen]).max() >= thresholds.nms_iou:
            continue
        score, limit = float(sieved.score[row]), float(sieved.limit[row])
        if fate == Fate.TEXT:
            score, limit = float(sieved.words[row]), thresholds.words
        detection = _detection(proposals, int(row), int(sieved.column[row]))
        return NearestMiss(detection.phrase, detection.box, score, limit, str(fate), detection)
    return None


def by_hand(boxes: Sequence[Box], phrase: str) -> tuple[Detection, ...]:
    """The user's own boxes as detections: they always pass."""
    return tuple(Detection(box, phrase, 1.0, Basis.USER, USER, label=phrase) for box in boxes)


def check_colours(detection: Detection, asked: Sequence[str], shares_of: Mapping[str, float]) -> Detection:
    """The detection with the share of each colour asked for, as measured on its own pixels."""
    return replace(detection, checks=MappingProxyType({c: round(float(shares_of.get(c, 0.0)), 3) for c in asked}))


def colour_miss(checked: Detection, thresholds: Thresholds) -> NearestMiss | None:
    """The miss of an object that does not carry its colour, or None where it does."""
    worst = min(checked.checks.values(), default=1.0)
    if worst >= thresholds.colour:
        return None
    return NearestMiss(checked.phrase, checked.box, worst, thresholds.colour, "colour", checked)


def equals(detection: Detection) -> tuple[str, ...]:
    """The other phrases for which this box scores no lower: the detector cannot tell them apart ("dog", "dogs")."""
    return tuple(phrase for phrase, score in detection.alternatives if score >= detection.score)


def renamed(detection: Detection, phrase: str, proposals: Proposals) -> Detection:
    """The detection under another of its phrases."""
    score = dict(detection.alternatives)[phrase]
    others = ((detection.phrase, detection.score), *(a for a in detection.alternatives if a[0] != phrase))
    return replace(detection, phrase=phrase, score=score, note=_note(proposals, phrase), alternatives=others)


def under(detection: Detection, texts: Container[str], plain: Container[str], proposals: Proposals) -> Detection | None:
    """The detection under one of the phrases `texts`, or None: its own, or an equal one that asks for nothing more.

    plain: the phrases without colours and filters.
    """
    if detection.phrase in texts or detection.basis == Basis.USER:
        return detection
    fitting = [phrase for phrase in equals(detection) if phrase in texts and phrase in plain]
    return renamed(detection, fitting[0], proposals) if fitting else None


def by_colour(
    detection: Detection, colours: Mapping[str, Sequence[str]], shares_of: Mapping[str, float], proposals: Proposals,
    thresholds: Thresholds,
) -> tuple[Detection | None, tuple[NearestMiss, ...]]:  # fmt: skip
    """The detection, checked, under that of its passing phrases whose colours it carries; and the misses of the others.

    colours: by phrase. "The brown dog and the black dog" score alike as dogs: the higher score decides, then colour.
    """
    others = [
        renamed(detection, phrase, proposals)
        for phrase, score in detection.alternatives
        if score >= thresholds.for_box(detection.basis, phrase, proposals.listed)
    ]
    checked = [check_colours(d, colours.get(d.phrase, ()), shares_of) for d in (detection, *others)]
    misses = [colour_miss(d, thresholds) for d in checked]
    passed = [d for d, miss in zip(checked, misses, strict=True) if miss is None]
    best = max(passed, key=lambda d: (d.score, min(d.checks.values(), default=0.0)), default=None)
    return best, tuple(miss for miss in misses if miss is not None)


def colour_shares(image: ImageAsset, mask: Mask, at_most: int = 20_000) -> Mapping[str, float]:
    """The share of each basic colour on a mask's own pixels, sampled on a square grid where there are more."""
    if not mask.area:
        return MappingProxyType({})
    x0, y0, x1, y1 = mask.box
    step = max(1, math.isqrt(mask.area // at_most))
    bits = mask.crop()
    sampled = bits[::step, ::step]
    if not sampled.any():  # thinner than the grid
        step, sampled = 1, bits
    return MappingProxyType(dict(shares(image.pixels[y0:y1:step, x0:x1:step][sampled])))


def best_misses(misses: Sequence[NearestMiss]) -> tuple[NearestMiss, ...]:
    """For each phrase and reason, the best miss."""
    best: dict[tuple[str, str], NearestMiss] = {}
    for miss in misses:
        key = (miss.phrase, miss.why)
        if key not in best or miss.score > best[key].score:
            best[key] = miss
    return tuple(best.values())


def apply_filters(
    detections: Detections, phrases: Sequence[Phrase], picture: tuple[int, int], proposals: Proposals
) -> Detections:
    """Pick among several objects of a phrase by side, size, order or number ("second from the left", "two dogs").

    A box that scores alike for a filtered phrase and a plain one ("the left dog, and how many dogs?") is offered to the
    filter first; what the filter leaves stays under the plain phrase.
    """
    narrow = {p.text for p in phrases if p.filters}
    plain = plain_phrases(phrases)
    offered = [_narrowed(d, narrow, proposals) for d in detections.items]
    items: list[Detection] = []
    misses = list(detections.misses)
    for text in dict.fromkeys(d.phrase for d in offered):
        group = [d for d in offered if d.phrase == text]
        kept: dict[int, Detection] = {}
        for filters in [p.filters for p in phrases if p.text == text] or [()]:  # "the left dog and the right dog"
            found = filtered(group, filters, picture)
            if not found:
                misses.append(NearestMiss(text, group[0].box, group[0].score, 0.0, "filter", group[0]))
            kept.update({id(d): d for d in found})
        items += kept.values()
        wider = [under(d, plain, plain, proposals) for d in group if id(d) not in kept]
        items += [d for d in wider if d is not None]
    return Detections(tuple(items), tuple(misses))


def plain_phrases(phrases: Sequence[Phrase]) -> frozenset[str]:
    """Phrases that ask for no colour and no place."""
    return frozenset(p.text for p in phrases if not p.colours and not p.filters)


def _narrowed(detection: Detection, narrow: Container[str], proposals: Proposals) -> Detection:
    if detection.phrase in narrow:
        return detection
    fitting = [phrase for phrase in equals(detection) if phrase in narrow and not detection.checks]
    return renamed(detection, fitting[0], proposals) if fitting else detection


def filtered(group: list[Detection], filters: Sequence[Filter], picture: tuple[int, int]) -> list[Detection]:
    """What the filters leave of one phrase's objects (best score first); a number says how many ("the two largest")."""
    number = next((f.number for f in filters if f.kind == FilterKind.COUNT), 0)
    for chosen in filters:
        if chosen.kind == FilterKind.SIDE:
            group = sorted(group, key=lambda d: _side_key(d.box, chosen.value, picture))[: number or 1]
        elif chosen.kind == FilterKind.SIZE:
            group = sorted(group, key=lambda d: _share(d.box, picture), reverse=chosen.value == "largest")
            group = group[: number or 1]
        elif chosen.kind == FilterKind.ORDER:
            ordered = sorted(group, key=lambda d: _side_key(d.box, chosen.value or "left", picture))
            index = chosen.number - 1 if chosen.number > 0 else len(ordered) + chosen.number
            group = [ordered[index]] if 0 <= index < len(ordered) else []
    return group[:number] if number else group


def _side_key(box: Box, side: str, picture: tuple[int, int]) -> float:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    width, height = picture
    keys = {"left": x, "right": -x, "top": y, "bottom": -y}
    return keys.get(side, math.hypot(x / width - 0.5, y / height - 0.5))
