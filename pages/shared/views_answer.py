"""One answer: words, picture, buttons, sliders, downloads, table and trace. A fragment: a slider redraws this alone."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.formats.table import rows
from core.overlay import Layers, draw
from core.pictures import encode_jpeg
from core.types.boxes import Suggestion
from core.types.turn import Action, Status, Turn
from pages.shared import actions, state, turns
from pages.shared.pictures import SCREEN_QUALITY, SCREEN_SIDE
from pages.shared.state import LAYERS, Exchange, Problem, Session
from pages.shared.texts import count, escape
from pages.shared.views_box import draw_box
from pages.shared.views_downloads import downloads
from pages.shared.views_pictures import alt_of, problem
from pages.shared.views_status import FETCH, fetch_needed
from pages.shared.views_trace import trace
from pages.shared.views_tuning import tuning

MASKS_WAIT = 0.4  # seconds after which masks measured meanwhile are drawn
COLUMNS = {
    "number": st.column_config.NumberColumn("No.", width="small"),
    "phrase": st.column_config.TextColumn("Object"),
    "basis": st.column_config.TextColumn("Basis", help="What was verified of it"),
    "checks": st.column_config.TextColumn("Checks", help="Measured on the object's own pixels"),
    "score": st.column_config.NumberColumn("Score", format="%.2f"),
    "area_px": st.column_config.NumberColumn("Area (px)", format="localized"),
    "area_percent": st.column_config.NumberColumn("Area", format="%.1f %%"),
    "position": st.column_config.TextColumn("Position"),
    "note": st.column_config.TextColumn("Note"),
}
DRAWN_BY_HAND = "user"


@st.fragment
def answer(exchange_id: str, latest: bool) -> None:
    """One finished exchange; earlier ones keep their details closed."""
    session = state.begin()
    exchange = session.find(exchange_id)
    if exchange is None or exchange.turn is None:
        return
    turn = turns.shown(session, exchange)
    looked = turn.proposals is not None and exchange.picture is not None
    if not looked:
        _words(session, exchange, turn, latest)
        _why(session, exchange, turn)
        return
    if exchange.drawing:
        draw_box(session, exchange)
    elif exchange.edited is not None:
        _words(session, exchange, turn, latest)
        _before_and_after(session, exchange, turn)
        _controls(session, exchange, turn, latest)
    else:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _picture(session, exchange, turn)
        with right:
            _words(session, exchange, turn, latest)
            _controls(session, exchange, turn, latest)
    if latest and not exchange.drawing:
        _table(exchange, turn)
        _why(session, exchange, turn)
    if not session.full_run and turns.wait_for_masks(exchange, MASKS_WAIT):
        st.rerun(scope="fragment")


def _words(session: Session, exchange: Exchange, turn: Turn, latest: bool) -> None:
    if turn.answer.text:
        st.text(turn.answer.text)
    for failure in turn.failures:
        if failure.message not in turn.answer.text:
            instead = f" ({failure.instead})" if failure.instead else ""
            problem(Problem(failure.message, f"{failure.remedy}{instead}"))
    if turn.status == Status.STOPPED:
        st.caption("Stopped. What was measured until then is kept.")
    known = [action for action in turn.answer.actions if action.kind in actions.HANDLERS]
    if latest and turn.failures and fetch_needed():
        known.insert(0, Action("fetch_weights", FETCH))
    again = latest and _again_label(session, exchange, turn)
    if not known and not again:
        return
    with st.container(horizontal=True):
        if again:
            st.button(
                again, key=f"again-{exchange.id}", type="primary", icon=":material/replay:",
                on_click=actions.ask_again, args=(exchange.id,),
            )  # fmt: skip
        for number, action in enumerate(known):
            st.button(
                escape(action.label, 60), key=f"action-{number}-{exchange.id}", icon=actions.ICONS[action.kind],
                on_click=actions.perform, args=(exchange.id, action),
            )  # fmt: skip


def _again_label(session: Session, exchange: Exchange, turn: Turn) -> str:
    """What a button says that sends the same words again, where that makes sense; else ""."""
    if exchange.picture is None and session.chat.picture is not None and turn.status == Status.ASKED:
        return escape(f"Ask it of {session.chat.picture.name}", 60)
    return "Try again" if turn.failures or turn.status in (Status.STOPPED, Status.FAILED) else ""


def _controls(session: Session, exchange: Exchange, turn: Turn, latest: bool) -> None:
    if turn.status == Status.ASKED:
        return  # nothing was chosen yet: there is nothing to move or to take away
    if latest:
        tuning(exchange, turn)
        _masks_state(exchange)
        downloads(session, exchange, turn)
        return
    details = st.expander("Thresholds, objects, files", key=f"details-{exchange.id}", on_change="rerun", type="compact")
    if details.open:
        with details:
            tuning(exchange, turn)
            _masks_state(exchange)
            downloads(session, exchange, turn)
            _table(exchange, turn)
            trace(session, exchange, turn)


def _masks_state(exchange: Exchange) -> None:
    if exchange.masks_job is not None:
        st.caption(f":shimmer[Outlining {count(len(exchange.masks_wanted), 'more object')}]")
    problem(exchange.masks_problem)


def _picture(session: Session, exchange: Exchange, turn: Turn) -> None:
    assert exchange.picture is not None
    st.image(overlay(session, exchange, turn), width="stretch", alt=_told(exchange, turn))
    if turn.detections.items:
        _layers(exchange)
    if _dashed(turn):
        st.caption("Dashed: a region that merely stands out. It is counted nowhere until you take it.")


def _layers(exchange: Exchange) -> None:
    key = f"layers-{exchange.id}"
    st.session_state[key] = list(exchange.layers)
    st.pills(
        "Layers", LAYERS, selection_mode="multi", key=key, label_visibility="collapsed",
        on_change=_layers_changed, args=(exchange, key),
    )  # fmt: skip


def _layers_changed(exchange: Exchange, key: str) -> None:
    exchange.layers = tuple(layer for layer in LAYERS if layer in st.session_state[key])


def _told(exchange: Exchange, turn: Turn) -> str:
    assert exchange.picture is not None
    found = ", ".join(f"{n} {d.phrase}" for n, d in enumerate(turn.detections.items, 1))
    return f"{alt_of(exchange.picture)}. Marked: {found or 'nothing'}."


def _dashed(turn: Turn) -> tuple[Suggestion, ...]:
    """Suggestions are drawn only where the answer offers to take one."""
    return turn.suggestions[:1] if any(action.kind == "take" for action in turn.answer.actions) else ()


def overlay(session: Session, exchange: Exchange, turn: Turn) -> bytes:
    """JPEG of the picture with the chosen layers; drawn once for each turn shown."""
    made_of = (turn, exchange.layers)
    if exchange.overlay is not None and exchange.overlay[0] == made_of:
        return exchange.overlay[1]
    assert exchange.picture is not None
    masks, boxes, labels = (layer in exchange.layers for layer in LAYERS)
    layers = Layers(masks, boxes, labels, _dashed(turn))
    pixels = draw(session.store.open(exchange.picture), turn.detections, turn.masks, layers, SCREEN_SIDE)
    data = encode_jpeg(pixels, None, SCREEN_QUALITY)
    exchange.overlay = (made_of, data)
    return data


def _before_and_after(session: Session, exchange: Exchange, turn: Turn) -> None:
    assert exchange.edited is not None
    before, after = st.columns(2, gap="medium")
    with before:
        st.caption("Before, with what was removed marked")
        _picture(session, exchange, turn)
    with after:
        st.caption("After")
        st.image(session.store.jpeg(exchange.edited), width="stretch", alt="The picture with the gap filled")
        current = session.chat.picture == exchange.edited
        st.button(
            "This is the current picture" if current else "Continue with this picture",
            key=f"continue-{exchange.id}", icon=":material/arrow_forward:", disabled=current,
            on_click=actions.continue_with_edited, args=(exchange.id,),
        )  # fmt: skip


def _table(exchange: Exchange, turn: Turn) -> None:
    if not turn.detections.items or exchange.picture is None:
        return
    size = (exchange.picture.width, exchange.picture.height)
    table = pd.DataFrame(rows(turn.detections, turn.masks, size), columns=list(COLUMNS))
    table.loc[table["basis"] == DRAWN_BY_HAND, "score"] = None
    empty = [name for name in COLUMNS if not table[name].map(bool).any() or table[name].isna().all()]
    st.dataframe(table.drop(columns=empty), hide_index=True, column_config=COLUMNS, alt="Table of the objects found")


def _why(session: Session, exchange: Exchange, turn: Turn) -> None:
    why = st.expander("Why?", key=f"why-{exchange.id}", icon=":material/account_tree:", on_change="rerun")
    if why.open:
        with why:
            trace(session, exchange, turn)
