""" "Why?": every decision of a turn, with the numbers that made it."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import streamlit as st

from core.dialogue.wording import BUTTONS
from core.policy_speech import heard
from core.types.boxes import Basis, Proposals
from core.types.language import Filter, FilterKind, IntentDecision, IntentPrediction, Keywords, Phrase
from core.types.picture import PictureRef
from core.types.reference import Reference
from core.types.speech import Transcript
from core.types.thresholds import Thresholds
from core.types.turn import Turn
from pages.shared import actions
from pages.shared.state import Part, Session
from pages.shared.texts import count, escape, score
from pages.shared.views_correct import intent_field, phrase_field

DIGEST_CHARS = 16
MOST_PIECES = 12  # of a sound
APART = (
    "A phrase added later is measured on its own, as is one that the caption had no room for. The words of a caption"
    " change each other's scores: those of one are not those of another."
)
TOGETHER_HELP = "Runs the detector once more with one caption for all phrases, so that their scores compare"
MISS_WORDS = {
    "score": "score below the threshold",
    "text": "no word of the phrase reaches the text threshold",
    "colour": "too little of the colour",
    "filter": "not at the place asked for",
    "area": "too small",
    "top_k": "its phrase has enough better ones",
}
SERVED = {
    "intent": "Understands requests", "keywords": "Finds the words for things", "detection": "Finds boxes",
    "segmentation": "Cuts masks", "editing": "Fills gaps", "answering": "Puts answers together", "speech": "Hears",
}  # fmt: skip
STAGES = {
    "resolve": "Resolve what is referred to", "classify": "Understand", "extract": "Find the words for things",
    "propose": "Find boxes", "segment": "Cut masks", "choose": "Choose", "edit": "Fill", "answer": "Answer",
}  # fmt: skip


def trace(session: Session, part: Part, turn: Turn) -> None:
    """The whole trace of one turn, at the thresholds shown."""
    left, right = st.columns(2, gap="medium")
    with left:
        if turn.transcript is not None:
            _lines("What was heard", _heard(turn.transcript, turn.thresholds))
        _lines("What it refers to", (_reference(reference) for reference in turn.references))
        if turn.prediction is not None:
            _intents(turn.prediction, turn.decision)
        intent_field(part, turn)
        if turn.keywords is not None:
            _words(turn.keywords)
            phrase_field(part, turn)
    with right:
        if turn.proposals is not None:
            _chosen(turn, turn.proposals)
            _captions(part, turn.proposals)
        _times(turn, part)
    _engines(turn)
    _lines("Warnings", (*turn.warnings, *dict.fromkeys(note for note in turn.masks.notes if note)))
    _lines("Failures", (f"{f.stage}: {f.message} {f.remedy} {f.instead}".strip() for f in turn.failures))
    if part.picture is not None:
        _lines("Picture", _picture_facts(part.picture))
    calls, total = part.detector_calls, session.detector_calls
    known = "" if calls or turn.proposals is None else " It was measured before and remembered."
    st.caption(
        f"Detector calls for this answer: {calls}; detector calls in this session: {total}."
        f"{known} Sliders never add one."
    )


def _heard(transcript: Transcript, thresholds: Thresholds) -> Iterable[str]:
    """Each piece with its numbers, and why it was left out where it was."""
    why = dict(heard(transcript, thresholds).dropped)
    yield f"{transcript.seconds:.1f} s by {transcript.engine.name}, language {transcript.language or 'unknown'}"
    for number, piece in enumerate(transcript.segments[:MOST_PIECES]):
        sure = score(math.exp(min(0.0, piece.avg_logprob)))
        left_out = f"; left out, {why[number]}" if number in why else ""
        yield f"“{piece.text.strip()}”: sure {sure}, nobody speaks {score(piece.no_speech_prob)}{left_out}"
    if len(transcript.segments) > MOST_PIECES:
        yield f"and {count(len(transcript.segments) - MOST_PIECES, 'piece')} more"


def _reference(reference: Reference) -> str:
    words = f"“{reference.words}”" if reference.words else "the request"
    return f"{words}: {reference.operation}, {reference.meaning}"


def _lines(title: str, lines: Iterable[str]) -> None:
    shown = [line for line in lines if line]
    if shown:
        body = "\n".join(f"- {escape(line)}" for line in shown)
        st.markdown(f"**{title}**\n{body}")


def _intents(prediction: IntentPrediction, decision: IntentDecision | None) -> None:
    st.markdown("**What was wanted**")
    st.dataframe(
        [{"meaning": BUTTONS[i], "intent": str(i), "score": s} for i, s in prediction.ranked()],
        hide_index=True,
        column_config={
            "meaning": "Meaning",
            "intent": "Intent",
            "score": st.column_config.ProgressColumn("Score", min_value=0.0, max_value=1.0, format="%.2f"),
        },
        alt="The score of every intent",
    )
    said = decision.reason if decision is not None else ""
    st.caption(escape(f"Scored by {prediction.engine}{'; ' + said if said else ''}."))


def _words(keywords: Keywords) -> None:
    lines = [f"kept: {_phrase(phrase)}" for phrase in keywords.phrases]
    lines += [f"context, only places another: “{words}”" for words in keywords.context]
    lines += [f"left out, as asked: “{words}”" for words in keywords.excluded]
    lines += [f"dropped: “{words}” ({reason})" for words, reason in keywords.dropped]
    lines += ["everything was asked for"] if keywords.everything else []
    lines += [f"to stand there instead: “{keywords.replacement}”"] if keywords.replacement else []
    _lines("Words for things", lines or ["none"])


def _phrase(phrase: Phrase) -> str:
    more = [f"colour {colour} to be checked" for colour in phrase.colours]
    more += [_filter(chosen) for chosen in phrase.filters]
    return f"“{phrase.text}”" + (f" ({', '.join(more)})" if more else "")


def _filter(chosen: Filter) -> str:
    if chosen.kind == FilterKind.ORDER:
        place = "last" if chosen.number < 0 else f"number {chosen.number}"
        return f"{place} from the {chosen.value or 'left'}"
    return f"only {chosen.number}" if chosen.kind == FilterKind.COUNT else f"the {chosen.value} one"


def _chosen(turn: Turn, proposals: Proposals) -> None:
    listed = proposals.listed
    lines = []
    for reading in proposals.readings:
        taken = f"taken as “{reading.name}”" if reading.covered else "no recogniser covers it"
        lines.append(f"“{reading.phrase}”: {taken}{'; ' + reading.note if reading.note else ''}")
    kinds = dict.fromkeys(basis for basis in proposals.basis if basis != Basis.USER)
    limits = ", ".join(f"{kind} {score(turn.thresholds.for_box(kind, '', listed))}" for kind in kinds)
    lines += [f"box thresholds that decided: {limits}"] if limits else []
    if proposals.peaks is not None:
        lines += [f"text threshold {score(turn.thresholds.words)}, for the best word of a box's phrase"]
    lines += [f"mask cut {score(turn.thresholds.mask_cut)}, colour share {score(turn.thresholds.colour)}"]
    lines += [
        f"nearest miss for “{m.phrase}”: {score(m.score)} of {score(m.threshold)} ({MISS_WORDS.get(m.why, m.why)})"
        for m in turn.detections.misses
    ]
    lines += [f"{count(len(turn.excluded), 'box', 'boxes')} left out, as asked"] if turn.excluded else []
    _lines("What was chosen", lines)


def _captions(part: Part, proposals: Proposals) -> None:
    """Which phrases were measured under which caption, and the way to one for all, where there are several."""
    captions = captions_of(proposals)
    if len(captions) < 2:
        return
    first, *later = ((caption, ", ".join(f"“{phrase}”" for phrase in phrases)) for caption, phrases in captions.items())
    lines = [f"{first[1]}: measured first, under the caption “{first[0]}”"]
    lines += [f"{phrases}: measured on its own, under the caption “{caption}”" for caption, phrases in later]
    _lines("Measured apart", (*lines, APART))
    if not part.exchange.record.how.startswith(actions.TOGETHER):
        st.button(
            "Measure together", key=f"together-{part.id}", icon=":material/join_inner:", help=TOGETHER_HELP,
            on_click=_measure_together, args=(part,),
        )  # fmt: skip


def captions_of(proposals: Proposals) -> dict[str, list[str]]:
    """The captions under which phrases that are still asked for were measured, each with these phrases."""
    found: dict[str, list[str]] = {}
    passes = np.array(proposals.passes, int)
    for number, caption in enumerate(proposals.captions):
        asked = (proposals.scores[passes == number] > 0).any(0)  # a box speaks about the phrases of its own pass
        phrases = [phrase for phrase, spoken in zip(proposals.phrases, asked, strict=True) if spoken]
        if caption and phrases:
            found.setdefault(caption, []).extend(phrases)
    return found


def _measure_together(part: Part) -> None:
    actions.measure_together(part)
    st.rerun()


def _times(turn: Turn, part: Part) -> None:
    each = [f"{STAGES.get(stage, stage)}: {ms:.0f} ms" for stage, ms in turn.timings_ms.items()]
    _lines("Time", [*each, f"in all, with opening the picture: {part.seconds * 1000:.0f} ms"])


def _engines(turn: Turn) -> None:
    lines = {f"{SERVED.get(stage, stage)}: {engine}": None for stage, engine in turn.engines.items()}
    infos = [*(turn.proposals.engines if turn.proposals is not None else ()), *turn.masks.engines]
    for info in dict.fromkeys(infos):
        version = f" {info.version}" if info.version else ""
        note = f": {info.note}" if info.note else ""
        lines[f"{info.name}{version}{note}"] = None
    _lines("Engines", lines)


def _picture_facts(picture: PictureRef) -> list[str]:
    turned = "upright as stored"
    if picture.orientation != 1:
        stored = " × ".join(map(str, picture.stored_size))
        turned = f"EXIF orientation {picture.orientation} undone, stored as {stored} px"
    kind = f", {picture.format}" if picture.format else ""
    digest = f"SHA-256 of its pixels {picture.digest[:DIGEST_CHARS]}…"
    return [f"{picture.name}: {picture.size}{kind}; {turned}", *picture.notes, digest]
