"""What a click beside an answer does: its buttons, and the corrections of its trace. All of it is a replay."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.dialogue import by_hand
from core.dialogue.acts import phrase_from
from core.dialogue.conversation import Piece
from core.dialogue.wording import BUTTONS
from core.errors import StorageError
from core.packing import unpack
from core.sessions.examples import Example
from core.types.boxes import Box, Detection
from core.types.language import IntentName, Keywords
from core.types.reference import Order
from core.types.turn import Act, Action, Turn
from pages.shared import chats, engines, retuning, state, turns
from pages.shared.state import Exchange, Part, Problem

STEPS = 100  # of every slider: a threshold is set to the step at or below the score, so that the score passes
STEP = 1 / STEPS
TOGETHER = "measured together"
GONE = "what had been measured was no longer kept, so it was measured again"
LABEL_STEP, LABEL_SIZES = 1.3, (0.6, 3.0)
ICONS = {
    "refer": ":material/touch_app:",
    "intent": ":material/help:",
    "say": ":material/send:",
    "threshold": ":material/tune:",
    "text": ":material/tune:",
    "colour": ":material/palette:",
    "unfilter": ":material/filter_alt_off:",
    "again": ":material/refresh:",
    "take": ":material/highlight_alt:",
    "draw_box": ":material/crop_free:",
    "label_size": ":material/format_size:",
    "sample": ":material/photo_library:",
    "help": ":material/lightbulb:",
    "fetch_weights": ":material/download:",
}


def perform(part_id: str, action: Action) -> None:
    """What a click on an action does; then the whole page is drawn anew."""
    part = state.begin().find_part(part_id)
    if part is not None:
        HANDLERS[action.kind](part, action)
    st.rerun()


def at_or_below(value: float) -> float:
    """The slider's step at or below a score."""
    return max(0.0, math.floor(value * STEPS) / STEPS)


def replayed(part: Part, how: str, changed: Turn | None = None, **given: Any) -> Exchange:
    """A new version of the exchange: this part from what it measured, with something given; the others as they were.

    changed: the turn whose thresholds, boxes, clicks and adjustments hold (the part's own where none is given).
    given: by stage; None has the stage measured anew.
    """
    pieces, gone = [], False
    for other in part.exchange.parts:
        turn = engines.measurements().restored(other.turn)
        gone = gone or (turn.proposals is None and retuning.measured(turn))
        state_of = replace(turn, thresholds=other.thresholds)
        known = retuning.replay(turn)
        if other is part:
            state_of = changed or state_of
            known |= given
        wanted = {stage: value for stage, value in known.items() if value is not None}
        pieces.append(Piece.again(other.picture, state_of, wanted))
    return turns.again(part.exchange, tuple(pieces), f"{how}; {GONE}" if gone else how)


def _now(part: Part) -> Turn:
    """The part's turn with the thresholds shown."""
    return replace(part.turn, thresholds=part.thresholds)


# -- buttons under an answer ----------------------------------------------------------------------------------------


def _refer(part: Part, action: Action) -> None:
    turns.ask(part.turn.text if not action.label else action.label, unpack(Order, action.value))


def _intent(part: Part, action: Action) -> None:
    correct_intent(part, IntentName(action.value))


def _say(part: Part, action: Action) -> None:
    turns.ask(str(action.value))


def _threshold(part: Part, action: Action) -> None:
    retuning.tune(part, box=at_or_below(float(action.value)))


def _text(part: Part, action: Action) -> None:
    retuning.tune(part, text=at_or_below(float(action.value)))


def _colour(part: Part, action: Action) -> None:
    retuning.tune(part, colour=at_or_below(float(action.value)))


def _unfilter(part: Part, action: Action) -> None:
    keywords = part.turn.keywords
    if keywords is not None:
        phrases = tuple(replace(phrase, filters=()) for phrase in keywords.phrases)
        plain = replace(keywords, phrases=phrases, filters=())
        replayed(part, "all of them, wherever they are", extract=plain)


def _as_shown(part: Part, action: Action) -> None:
    replayed(part, "at the thresholds shown")


def _take(part: Part, action: Action) -> None:
    x0, y0, x1, y1 = (float(v) for v in action.value)
    use_box(part, (x0, y0, x1, y1), "with the dashed region taken")


def _draw_box(part: Part, action: Action) -> None:
    part.tool = "box"


def _label_size(part: Part, action: Action) -> None:
    session = state.begin()
    factor = LABEL_STEP if action.value == "bigger" else 1 / LABEL_STEP
    session.label_size = min(max(session.label_size * factor, LABEL_SIZES[0]), LABEL_SIZES[1])


def _dialog(part: Part, action: Action) -> None:
    state.begin().dialog = action.kind


def _fetch(part: Part, action: Action) -> None:
    engines.fetch_weights()


HANDLERS: dict[str, Callable[[Part, Action], None]] = {
    "refer": _refer,
    "intent": _intent,
    "say": _say,
    "threshold": _threshold,
    "text": _text,
    "colour": _colour,
    "unfilter": _unfilter,
    "again": _as_shown,
    "take": _take,
    "draw_box": _draw_box,
    "label_size": _label_size,
    "sample": _dialog,
    "help": _dialog,
    "fetch_weights": _fetch,
}


# -- corrections ----------------------------------------------------------------------------------------------------


def correct_intent(part: Part, intent: IntentName) -> None:
    """The rest of the turn again, meant as another intent; remembered as a labelled example."""
    made = replayed(part, f"meant as “{BUTTONS[intent]}”", decide=intent)
    _remember(part, made, intent, part.turn.keywords)


def correct_phrases(part: Part, texts: Sequence[str]) -> None:
    """The rest of the turn again, about these things; remembered as a labelled example.

    A phrase that was there keeps what was read of it (colours, filters); a new one is read as if it had been said.
    """
    old = part.turn.keywords or Keywords()
    known = {phrase.text: phrase for phrase in old.phrases}
    extractor = engines.engines().keywords
    named = dict.fromkeys(" ".join(text.split()) for text in texts)
    phrases = tuple(known.get(text) or phrase_from(text, extractor) for text in named if text)
    keywords = replace(old, phrases=phrases, everything=old.everything and not phrases, refers_back=False)
    about = [phrase.text for phrase in phrases]
    given: dict[str, Any] = {"extract": keywords, "acts": acts_about(part.turn.acts, about)}
    if old.everything:
        given["propose"] = None  # a list of everything was measured by other rules than a thing that is asked for
    made = replayed(part, f"about {', '.join(about)}", **given)
    intent = part.turn.intent
    if intent is not None:
        _remember(part, made, intent, keywords)


def acts_about(acts: Sequence[Act], things: Sequence[str]) -> tuple[Act, ...]:
    """Each act about what is left of its things; what is new goes to those that lost some, else to all.

    An act whose things are all gone is not done.
    """
    known = {phrase for act in acts for phrase in act.phrases}
    losing = [set(act.phrases) - set(things) for act in acts]
    found = []
    for act, lost in zip(acts, losing, strict=True):
        takes_new = bool(lost) or not any(losing)
        mine = tuple(thing for thing in things if thing in act.phrases or (takes_new and thing not in known))
        found += [replace(act, phrases=mine)] if mine else []
    return tuple(found)


def _remember(part: Part, made: Exchange, intent: IntentName, keywords: Keywords | None) -> None:
    session = state.begin()
    chat = session.chat_of(made)
    named = keywords is not None and not part.turn.references  # "the left one" names nothing by itself
    phrases = tuple(phrase.text for phrase in keywords.phrases) if named and keywords is not None else None
    example = Example(made.id, part.exchange.record.text, intent, phrases, made.record.created)
    if chat.saved:
        try:
            engines.store().add_example(session.owner, chat.id, example)
        except StorageError as error:
            made.unkept = Problem(error.message, error.remedy)


def use_box(part: Part, box: Box, how: str = "with a box drawn by hand") -> None:
    """The same request again, with one more box of the user's."""
    part.tool = "look"
    replayed(part, how, by_hand.with_box(_now(part), box))


def move_box(part: Part, number: int, box: Box) -> None:
    """The same request again, with one of the user's boxes in another place."""
    changed = by_hand.with_box_moved(_now(part), _detection(part, number).box, box)
    replayed(part, "with a box moved by hand", changed)


def use_clicks(part: Part) -> None:
    """The same request again, with the object that was clicked; a selected object is cut anew with the clicks."""
    if not any(positive for _, _, positive in part.points) and part.selected is None:
        part.problem = Problem(
            "Only what does not belong was clicked.", "Click the object itself as well, without Shift."
        )
        return
    chosen = _detection(part, part.selected) if part.selected is not None else None
    changed = by_hand.with_clicks(_now(part), part.points, chosen)
    part.points, part.tool, part.selected = (), "look", None
    replayed(part, "with an object clicked by hand", changed)


def reject(part: Part, number: int) -> None:
    """The same request again, without one object."""
    part.selected = None
    replayed(part, f"without object {number}", by_hand.without(_now(part), _detection(part, number)))


def _detection(part: Part, number: int) -> Detection:
    return (part.shown or part.turn).detections.items[number - 1]


def measure_together(part: Part) -> None:
    """The same request again, all of its phrases under one caption."""
    keywords = part.turn.keywords
    left_out = keywords is not None and bool(keywords.excluded)  # they compete with the rest, under the same caption
    given: dict[str, Any] = {"propose": None, "exclude": None} if left_out else {"propose": None}
    replayed(part, TOGETHER, **given)


# -- the exchange as a whole ----------------------------------------------------------------------------------------


def ask_again(exchange_id: str) -> None:
    """The same again, with what was corrected in it; the answer until now stays behind the new one."""
    exchange = state.begin().find(exchange_id)
    if exchange is not None:
        turns.again(exchange, exchange.pieces, exchange.record.how if exchange.pieces else "")
    st.rerun()


def continue_with_edited(part_id: str) -> None:
    """The changed picture becomes the chat's newest."""
    session = state.begin()
    part = session.find_part(part_id)
    if part is not None and part.edited is not None:
        try:
            chats.add_picture(session, session.chat, part.edited)
        except StorageError as error:
            session.chat.problem = Problem(error.message, error.remedy)
    st.rerun()
