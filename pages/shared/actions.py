"""The buttons under an answer: every refusal ends in one that helps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.dialogue.wording import BUTTONS
from core.types.boxes import Box
from core.types.language import IntentName
from core.types.turn import Action
from pages.shared import engines, state, turns
from pages.shared.state import Exchange

STEPS = 100  # of every slider: a threshold is set to the step at or below the score, so that the score passes
STEP = 1 / STEPS
ICONS = {
    "intent": ":material/help:",
    "say": ":material/send:",
    "threshold": ":material/tune:",
    "colour": ":material/palette:",
    "unfilter": ":material/filter_alt_off:",
    "again": ":material/refresh:",
    "take": ":material/highlight_alt:",
    "draw_box": ":material/crop_free:",
    "sample": ":material/photo_library:",
    "help": ":material/lightbulb:",
    "fetch_weights": ":material/download:",
}


def perform(exchange_id: str, action: Action) -> None:
    """What a click on an action does; then the whole page is drawn anew."""
    exchange = state.begin().find(exchange_id)
    if exchange is not None:
        HANDLERS[action.kind](exchange, action)
    st.rerun()


def at_or_below(value: float) -> float:
    """The slider's step at or below a score."""
    return max(0.0, math.floor(value * STEPS) / STEPS)


def _intent(exchange: Exchange, action: Action) -> None:
    intent = IntentName(action.value)
    given: dict[str, object] = {"decide": intent}
    if exchange.turn is not None and exchange.turn.prediction is not None:
        given["classify"] = exchange.turn.prediction
    _again(exchange, given, exchange.user_boxes, f"meant as “{BUTTONS[intent]}”")


def _say(exchange: Exchange, action: Action) -> None:
    turns.ask(str(action.value), picture=exchange.picture)


def _threshold(exchange: Exchange, action: Action) -> None:
    turns.tune(exchange, box=at_or_below(float(action.value)))


def _colour(exchange: Exchange, action: Action) -> None:
    turns.tune(exchange, colour=at_or_below(float(action.value)))


def _unfilter(exchange: Exchange, action: Action) -> None:
    turn = exchange.turn
    if turn is None or turn.keywords is None:
        return
    phrases = tuple(replace(phrase, filters=()) for phrase in turn.keywords.phrases)
    plain = replace(turn.keywords, phrases=phrases, filters=())
    _again(exchange, {**turns.replay(turn), "extract": plain}, exchange.user_boxes, "all of them, wherever they are")


def _as_shown(exchange: Exchange, action: Action) -> None:
    given = turns.replay(exchange.turn) if exchange.turn is not None else {}
    _again(exchange, given, exchange.user_boxes, "at the thresholds shown")


def _take(exchange: Exchange, action: Action) -> None:
    x0, y0, x1, y1 = (float(v) for v in action.value)
    use_box(exchange, (x0, y0, x1, y1), "with the dashed region taken")


def use_box(exchange: Exchange, box: Box, how: str = "with a box drawn by hand") -> None:
    """The same request again, with one more box of the user's."""
    given = turns.replay(exchange.turn) if exchange.turn is not None else {}
    exchange.drawing = False
    _again(exchange, given, (*exchange.user_boxes, box), how)


def _again(exchange: Exchange, given: dict[str, object], boxes: tuple[Box, ...], how: str) -> None:
    thresholds = exchange.tuned or exchange.thresholds
    turns.ask(exchange.text, given, boxes, how, exchange.picture, thresholds)


def _draw_box(exchange: Exchange, action: Action) -> None:
    exchange.drawing = True


def _dialog(exchange: Exchange, action: Action) -> None:
    state.begin().dialog = action.kind


def _fetch(exchange: Exchange, action: Action) -> None:
    engines.fetch_weights()


HANDLERS: dict[str, Callable[[Exchange, Action], None]] = {
    "intent": _intent,
    "say": _say,
    "threshold": _threshold,
    "colour": _colour,
    "unfilter": _unfilter,
    "again": _as_shown,
    "take": _take,
    "draw_box": _draw_box,
    "sample": _dialog,
    "help": _dialog,
    "fetch_weights": _fetch,
}


def ask_again(exchange_id: str) -> None:
    """The same words on the picture that the chat shows now (for a request that had none, failed or was stopped)."""
    exchange = state.begin().find(exchange_id)
    if exchange is not None:
        boxes = exchange.user_boxes if exchange.picture == state.begin().chat.picture else ()
        turns.ask(exchange.text, user_boxes=boxes, thresholds=exchange.tuned or exchange.thresholds)
    st.rerun()


def continue_with_edited(exchange_id: str) -> None:
    """The changed picture becomes the one that the chat is about."""
    session = state.begin()
    exchange = session.find(exchange_id)
    if exchange is not None and exchange.edited is not None:
        session.chat.picture = exchange.edited
    st.rerun()
