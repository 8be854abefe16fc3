"""Corrections: what a click on the picture does, another intent, other things, an object put away."""

from __future__ import annotations

import streamlit as st

from core.dialogue.wording import BUTTONS
from core.types.boxes import Box
from core.types.language import INTENTS, IntentName
from core.types.turn import Turn
from pages.shared import actions
from pages.shared.state import Part
from pages.shared.texts import escape

TOOLS = {
    "look": ":material/pan_tool: Look",
    "box": ":material/crop_free: Draw a box",
    "click": ":material/ads_click: Click",
}
HINTS = {
    "look": "Drag moves the picture, the wheel zooms, a click selects an object.",
    "box": "Drag over the object: the answer is made again with your box.",
    "click": "Click the object; right-click, Shift-click or press long on what does not belong to it.",
}
SMALLEST = 2  # pixels a side
CHANGEABLE = tuple(intent for intent in INTENTS if intent != IntentName.OTHER)


def tools(part: Part) -> None:
    """What a click on the picture does. Always one row and one line, so that the picture stays where it is."""
    key = f"tool-{part.id}"
    st.session_state[key] = part.tool
    st.segmented_control(
        "What a click on the picture does", list(TOOLS), format_func=TOOLS.__getitem__, key=key,
        label_visibility="collapsed", on_change=_tool_changed, args=(part, key),
    )  # fmt: skip
    correcting = part.tool == "click" and part.selected is not None
    st.caption(f"Your clicks correct object {part.selected}." if correcting else HINTS[part.tool])


def below_picture(part: Part, turn: Turn) -> None:
    """What is done with the clicks and the object selected."""
    selected = part.selected if part.selected and part.selected <= len(turn.detections.items) else None
    if not part.points and selected is None and part.tool != "box":
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if part.points:
            st.button(
                "Cut it out", key=f"cut-{part.id}", type="primary", icon=":material/content_cut:",
                on_click=_use_clicks, args=(part,),
            )  # fmt: skip
            st.button("Clear clicks", key=f"forget-{part.id}", type="tertiary", on_click=_forget, args=(part,))
        if selected is not None:
            phrase = turn.detections.items[selected - 1].phrase
            st.button(
                escape(f"Put away {selected} {phrase}", 40), key=f"reject-{part.id}", icon=":material/block:",
                help="It does not count any more (Delete in the picture does the same)",
                on_click=_reject, args=(part, selected),
            )  # fmt: skip
        if part.tool == "box":
            _by_numbers(part)


def _by_numbers(part: Part) -> None:
    """The box without a mouse: left, top, right, bottom in pixels."""
    picture = part.picture
    assert picture is not None
    width, height = picture.width, picture.height
    with st.popover("By numbers", icon=":material/123:", key=f"numbers-{part.id}"):
        edges = []
        for name, most, start in (
            ("Left", width, width // 4), ("Top", height, height // 4),
            ("Right", width, width - width // 4), ("Bottom", height, height - height // 4),
        ):  # fmt: skip
            edges.append(st.number_input(f"{name} (px)", 0, most, start, key=f"{name.lower()}-{part.id}"))
        empty = edges[2] - edges[0] < SMALLEST or edges[3] - edges[1] < SMALLEST
        st.button(
            "Use this box", key=f"use-{part.id}", type="primary", icon=":material/crop_free:", disabled=empty,
            help="The box is empty: right must lie beyond left, and bottom below top" if empty else None,
            on_click=_use_box, args=(part, tuple(float(edge) for edge in edges)),
        )  # fmt: skip


def _use_box(part: Part, box: Box) -> None:
    actions.use_box(part, box)
    st.rerun()


def _tool_changed(part: Part, key: str) -> None:
    part.tool = st.session_state[key] or "look"
    part.points = ()


def _use_clicks(part: Part) -> None:
    actions.use_clicks(part)
    st.rerun()


def _forget(part: Part) -> None:
    part.points = ()


def _reject(part: Part, number: int) -> None:
    actions.reject(part, number)
    st.rerun()


def intent_field(part: Part, turn: Turn) -> None:
    """Another intent: the rest of the turn runs again."""
    now = turn.intent
    options: list[IntentName | None] = [*CHANGEABLE] if now in CHANGEABLE else [None, *CHANGEABLE]
    key = f"intent-{part.id}"
    st.selectbox(
        "Meant as", options, options.index(now) if now in options else 0, key=key,
        format_func=lambda intent: BUTTONS[intent] if intent is not None else "Choose what was meant",
        on_change=_intent_changed, args=(part, key), help="Another choice runs the rest of the turn again.",
    )  # fmt: skip


def _intent_changed(part: Part, key: str) -> None:
    if st.session_state[key] is not None:
        actions.correct_intent(part, st.session_state[key])
        st.rerun()


def phrase_field(part: Part, turn: Turn) -> None:
    """The phrases as chips: add one by typing, remove one by its cross, rename one by doing both."""
    keywords = turn.keywords
    if keywords is None:
        return
    now = list(dict.fromkeys(phrase.text for phrase in keywords.phrases))
    key = f"phrases-{part.id}"
    chosen = st.multiselect(
        "Things to find", now, now, key=key, accept_new_options=True, placeholder="Everything",
        help="Type a new thing and press Enter, a cross removes one; then run it again.",
    )  # fmt: skip
    if list(chosen) != now:
        st.button(
            "Run again with these", key=f"rerun-{part.id}", type="primary", icon=":material/replay:",
            disabled=not chosen, on_click=_phrases_changed, args=(part, tuple(chosen)),
            help=None if chosen else "Name at least one thing",
        )  # fmt: skip


def _phrases_changed(part: Part, texts: tuple[str, ...]) -> None:
    actions.correct_phrases(part, texts)
    st.rerun()
