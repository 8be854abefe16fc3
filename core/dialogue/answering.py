"""What a turn says of its picture: each act's scene goes to the describer; a slider that moved says it anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from core import policy
from core.dialogue import wording
from core.dialogue.choose import Chosen, choose, colour_shares
from core.dialogue.engines import Engines
from core.memo import Memo
from core.ports import Describer
from core.types.boxes import Basis, Box, Detection, Proposals
from core.types.image import ImageAsset
from core.types.language import OUTRANKED, IntentName, Keywords
from core.types.masks import Mask, Prompt
from core.types.scene import Scene, SceneObject
from core.types.thresholds import Thresholds
from core.types.turn import Act, Answer, Clicked, Status, Turn

DETECTION = "propose"  # the stage that looks at the picture


def say(
    image: ImageAsset,
    acts: Sequence[Act],
    keywords: Keywords,
    proposals: Proposals,
    chosen: Chosen,
    thresholds: Thresholds,
    describer: Describer,
    memo: Memo,
    filled: Sequence[str] = (),
    looked: bool = True,
) -> Answer:
    """One answer for all acts, in the order said; the same sentence is not said twice.

    filled: digests of the masks under which the picture was changed; where others are shown now, that is offered.
    looked: False where the detector could not work; then nothing may be claimed of what it did not see.
    """
    if not looked and not chosen.detections.items:
        return wording.not_looked()
    if chosen.put_away and not chosen.detections.items:
        return wording.put_away()
    parts = []
    for act in acts:
        if act.intent in wording.MISSING:
            parts.append(wording.missing_engine(act.intent))
            continue
        masks = [mask.digest for mask in to_fill(act, keywords, proposals, chosen)]
        edited = bool(masks) and set(masks) <= set(filled)
        scene = scene_of(image, act, keywords, proposals, chosen, thresholds, memo)
        parts.append(describer.describe(replace(scene, edited=edited), act.text))
        if masks and filled and not edited:
            parts.append(wording.fill_again())
    parts.append(Answer(" ".join(filter(None, without_support(keywords, proposals, chosen)))))
    actions = tuple(dict.fromkeys(action for part in parts for action in part.actions))
    return Answer(" ".join(dict.fromkeys(part.text for part in parts if part.text)), actions)


def without_support(keywords: Keywords, proposals: Proposals, chosen: Chosen) -> tuple[str, str]:
    """Where the phrases were ranked by their likeness to the words: which of them the picture does not bear out.

    Also which were ranked too low to be looked for. What the user put away was found.
    """
    if not keywords.scores:
        return "", ""
    plain, found = policy.plain_phrases(keywords.phrases), chosen.detections.items
    asked = dict.fromkeys(p.text for p in keywords.phrases if p.text not in chosen.put_away)
    missing = [text for text in asked if all(policy.under(d, {text}, plain, proposals) is None for d in found)]
    left = [words for words, reason in keywords.dropped if reason == OUTRANKED]
    return wording.not_found(missing), wording.not_looked_for(left)


def to_fill(act: Act, keywords: Keywords, proposals: Proposals, chosen: Chosen) -> tuple[Mask, ...]:
    """The masks that a removal fills: its phrases' objects (all where it names none), and the user's own."""
    if act.intent != IntentName.INPAINT:
        return ()
    return tuple(mask for _, _, mask in objects_of(act, keywords, proposals, chosen) if mask.area)


def scene_of(
    image: ImageAsset,
    act: Act,
    keywords: Keywords,
    proposals: Proposals,
    chosen: Chosen,
    thresholds: Thresholds,
    memo: Memo,
) -> Scene:
    """What one act may speak about: its own phrases' objects (all of them where it names none)."""
    named = set(act.phrases) or {p.text for p in keywords.phrases}
    wanted = (named or set(proposals.phrases)) - chosen.put_away if chosen.put_away else set(act.phrases)
    objects = tuple(
        SceneObject(number, detection, mask if mask.area else None, colours_of(image, mask, memo))
        for number, detection, mask in objects_of(act, keywords, proposals, chosen)
    )
    limits = {phrase: _limit(proposals, thresholds, phrase) for phrase in proposals.phrases}
    return Scene(
        image=image,
        intent=act.intent,
        keywords=replace(keywords, phrases=tuple(p for p in keywords.phrases if not wanted or p.text in wanted)),
        objects=objects,
        misses=tuple(m for m in chosen.detections.misses if not wanted or m.phrase in wanted),
        readings=tuple(r for r in proposals.readings if not wanted or r.phrase in wanted),
        suggestions=proposals.suggestions,
        thresholds=MappingProxyType(limits),
        listed=proposals.listed,
    )


def objects_of(act: Act, keywords: Keywords, proposals: Proposals, chosen: Chosen) -> list[tuple[int, Detection, Mask]]:
    """The objects of one act with their numbers, under the act's own phrases; all of them where it names none.

    "Segment the left dog and tell me how many dogs there are": the left dog is one of the dogs.
    """
    texts = set(act.phrases) or {d.phrase for d in chosen.detections.items}
    plain = policy.plain_phrases(keywords.phrases)
    found = []
    for number, (detection, mask) in enumerate(zip(chosen.detections.items, chosen.masks.items, strict=True), 1):
        meant = policy.under(detection, texts, plain, proposals)
        if meant is not None:
            found.append((number, meant, mask))
    return found


def _limit(proposals: Proposals, thresholds: Thresholds, phrase: str) -> float:
    column = proposals.phrases.index(phrase)
    rows = proposals.scores[:, column] > 0
    basis = next((b for b, speaks in zip(proposals.basis, rows, strict=True) if speaks), Basis.CLASS)
    return thresholds.for_box(basis, phrase, proposals.listed)


def colours_of(image: ImageAsset, mask: Mask, memo: Memo) -> tuple[tuple[str, float], ...]:
    """The colours on a mask's own pixels, largest share first; none where there is no mask."""
    if not mask.area:
        return ()
    return tuple(sorted(colour_shares(image, mask, memo).items(), key=lambda pair: -pair[1]))


def retune(turn: Turn, image: ImageAsset, thresholds: Thresholds, engines: Engines) -> tuple[Turn, tuple[Prompt, ...]]:
    """The turn at other thresholds, from what it measured: no detector and no segmenter is called.

    Also the prompts of boxes that newly appear and have no mask yet; measure them and add them to the turn's bank.
    """
    if turn.proposals is None or turn.keywords is None or not turn.acts or turn.status == Status.ASKED:
        return replace(turn, thresholds=thresholds), ()
    chosen = choose(
        image, turn.proposals, turn.keywords, thresholds, turn.bank, engines.memo, engines.limits.objects,
        wants_masks(turn.acts, turn.keywords, turn.user_boxes, turn.clicked), turn.user_boxes, turn.excluded,
        turn.clicked, turn.adjustments,
    )  # fmt: skip
    answer = say(
        image,
        turn.acts,
        turn.keywords,
        turn.proposals,
        chosen,
        thresholds,
        engines.describer,
        engines.memo,
        turn.filled,
        not any(failure.stage == DETECTION for failure in turn.failures),
    )
    changed = replace(turn, thresholds=thresholds, detections=chosen.detections, masks=chosen.masks, answer=answer)
    return changed, chosen.missing


def wants_masks(
    acts: Sequence[Act], keywords: Keywords, user_boxes: Sequence[Box], clicked: Sequence[Clicked] = ()
) -> bool:
    """Whether something was named or drawn and any act needs more than its box; a click gives nothing but a mask."""
    named = bool(keywords.phrases or keywords.everything or user_boxes or clicked)
    return bool(clicked) or (named and any(act.intent in wording.SHAPED for act in acts))
