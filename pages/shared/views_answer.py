"""One answer: words, picture, buttons, sliders, downloads, table and trace. A fragment: a slider redraws this alone."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from core.formats.table import rows
from core.overlay import label_text
from core.types.boxes import Basis
from core.types.turn import Action, Status, Turn
from pages.shared import actions, engines, retuning, state
from pages.shared.canvas import CanvasEvent, Shape, canvas
from pages.shared.state import LAYERS, Part, Problem, Session
from pages.shared.texts import count, escape
from pages.shared.views_correct import below_picture, tools
from pages.shared.views_downloads import downloads
from pages.shared.views_pictures import alt_of, problem, shown_if_kept
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
def answer(part_id: str, latest: bool) -> None:
    """One finished answer; earlier ones keep their details closed."""
    session = state.begin()
    part = session.find_part(part_id)
    if part is None:
        return
    turn = retuning.shown(session, part, latest)
    if turn.keywords is None or part.picture is None:
        _words(part, turn, latest)
        _why(session, part, turn)
        return
    _words(part, turn, latest)
    if latest:
        tools(part)
    if part.edited is not None:
        _before_and_after(session, part, turn)
        _controls(session, part, turn, latest)
    else:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            _picture(part, turn)
        with right:
            _controls(session, part, turn, latest)
    if latest:
        _table(part, turn)
        _why(session, part, turn)
    if not session.full_run and retuning.wait_for(part, MASKS_WAIT):
        st.rerun(scope="fragment")


def _words(part: Part, turn: Turn, latest: bool) -> None:
    if turn.references:
        resolved = "; ".join(f"“{r.words}” → {r.meaning}" if r.words else r.meaning for r in turn.references)
        st.caption(f":material/link: {escape(resolved)}")
    if turn.answer.text:
        st.text(turn.answer.text)
    for failure in turn.failures:
        if failure.message not in turn.answer.text:
            instead = f" ({failure.instead})" if failure.instead else ""
            problem(Problem(failure.message, f"{failure.remedy}{instead}"))
    if turn.status == Status.STOPPED:
        st.caption("Stopped. What was measured until then is kept.")
    if part.note:
        st.caption(part.note)
    known = [action for action in turn.answer.actions if action.kind in actions.HANDLERS]
    if latest and turn.failures and fetch_needed():
        known.insert(0, Action("fetch_weights", FETCH))
    again = latest and _again_label(part, turn)
    if not known and not again:
        return
    with st.container(horizontal=True):
        if again:
            st.button(
                again, key=f"again-{part.id}", type="primary", icon=":material/replay:",
                on_click=actions.ask_again, args=(part.exchange.id,),
            )  # fmt: skip
        for number, action in enumerate(known):
            st.button(
                escape(action.label, 60), key=f"action-{number}-{part.id}", icon=actions.ICONS[action.kind],
                on_click=actions.perform, args=(part.id, action),
            )  # fmt: skip


def _again_label(part: Part, turn: Turn) -> str:
    """What a button says that sends the same words again, where that makes sense; else ""."""
    pictures = state.begin().chat.current
    if part.picture is None and pictures and turn.status == Status.ASKED:
        return escape(f"Ask it of {pictures[0].name}", 60)
    return "Try again" if turn.failures or turn.status in (Status.STOPPED, Status.FAILED) else ""


def _controls(session: Session, part: Part, turn: Turn, latest: bool) -> None:
    if turn.status == Status.ASKED or (turn.status in (Status.STOPPED, Status.FAILED) and not turn.detections.items):
        return  # nothing was chosen: there is nothing to move or to take away
    if latest:
        _tuning(part, turn)
        downloads(session, part, turn)
        return
    details = st.expander("Thresholds, objects, files", key=f"details-{part.id}", on_change="rerun", type="compact")
    if details.open:
        with details:
            tools(part)
            _tuning(part, turn)
            downloads(session, part, turn)
            _table(part, turn)
            trace(session, part, turn)


def _tuning(part: Part, turn: Turn) -> None:
    tuning(part, turn)
    if part.job is not None:
        said = "Measuring again" if part.again else f"Outlining {count(len(part.wanted), 'more object')}"
        st.caption(f":shimmer[{said}]")
    problem(part.problem)


# -- the picture ----------------------------------------------------------------------------------------------------


def _picture(part: Part, turn: Turn) -> None:
    picture = part.picture
    assert picture is not None
    store = engines.pictures()
    with shown_if_kept():
        canvas(
            f"canvas-{part.id}", picture, shapes(turn), alt=_told(part, turn),
            jpeg=lambda side: store.jpeg(picture, side), layers=part.layers, hidden=part.hidden, selected=part.selected,
            tool=part.tool, points=part.points, on_event=lambda event: _heard(part.id, event),
            text=state.begin().label_size,
        )  # fmt: skip
    below_picture(part, turn)
    if turn.detections.items:
        _layers(part)
    if any(action.kind == "take" for action in turn.answer.actions):
        st.caption("Dashed: a region that merely stands out. It is counted nowhere until you take it.")


def shapes(turn: Turn) -> list[Shape]:
    """The objects as the canvas draws them; a suggestion is drawn only where the answer offers to take it."""
    found = []
    for number, detection in enumerate(turn.detections.items, 1):
        mask = turn.masks.items[number - 1] if number <= len(turn.masks.items) else None
        by_hand = detection.basis == Basis.USER and not detection.points
        label = label_text(number, detection)
        found.append(Shape(number, label, detection.box, mask if mask and mask.area else None, editable=by_hand))
    if any(action.kind == "take" for action in turn.answer.actions):
        for suggestion in turn.suggestions[:1]:
            found.append(Shape(len(found) + 1, "stands out", suggestion.box, dashed=True))
    return found


def _heard(part_id: str, event: CanvasEvent) -> None:
    """What the user did in the picture."""
    part = state.begin().find_part(part_id)
    if part is None:
        return
    count_of = len((part.shown or part.turn).detections.items)
    known = event.number is not None and 1 <= event.number <= count_of
    if event.kind == "select":
        part.selected = event.number if known else None
    elif event.kind == "hide" and event.hidden is not None:
        part.hidden = event.hidden
    elif event.kind == "point" and event.point is not None:
        part.points = (*part.points, event.point)
    elif event.kind == "box" and event.box is not None:
        actions.use_box(part, event.box)
        st.rerun()  # the whole page: there is a new version of the answer
    elif event.kind == "move" and event.box is not None and known and event.number:
        actions.move_box(part, event.number, event.box)
        st.rerun()
    elif event.kind == "reject" and known and event.number:
        actions.reject(part, event.number)
        st.rerun()


def _layers(part: Part) -> None:
    key = f"layers-{part.id}"
    st.session_state[key] = list(part.layers)
    st.pills(
        "Layers", LAYERS, selection_mode="multi", key=key, label_visibility="collapsed",
        on_change=_layers_changed, args=(part, key),
    )  # fmt: skip


def _layers_changed(part: Part, key: str) -> None:
    part.layers = tuple(layer for layer in LAYERS if layer in st.session_state[key])


def _told(part: Part, turn: Turn) -> str:
    assert part.picture is not None
    found = ", ".join(f"{n} {d.phrase}" for n, d in enumerate(turn.detections.items, 1))
    return f"{alt_of(part.picture)}. Marked: {found or 'nothing'}."


def _before_and_after(session: Session, part: Part, turn: Turn) -> None:
    edited = part.edited
    assert edited is not None
    before, after = st.columns(2, gap="medium")
    with before:
        st.caption("Before, with what was removed marked")
        _picture(part, turn)
    with after:
        st.caption("After")
        with shown_if_kept():
            canvas(
                f"edited-{part.id}", edited, (), alt="The picture with the gap filled",
                jpeg=lambda side: engines.pictures().jpeg(edited, side), objects=False,
            )  # fmt: skip
        current = session.chat.current == [edited]
        st.button(
            "This is the current picture" if current else "Continue with this picture",
            key=f"continue-{part.id}", icon=":material/arrow_forward:", disabled=current,
            on_click=actions.continue_with_edited, args=(part.id,),
        )  # fmt: skip


# -- tables ---------------------------------------------------------------------------------------------------------


def table_of(turn: Turn, part: Part) -> pd.DataFrame:
    """The objects of one answer, a row each."""
    assert part.picture is not None
    size = (part.picture.width, part.picture.height)
    table = pd.DataFrame(rows(turn.detections, turn.masks, size), columns=list(COLUMNS))
    table.loc[table["basis"] == DRAWN_BY_HAND, "score"] = None
    return table


def without_empty(table: pd.DataFrame) -> pd.DataFrame:
    """Columns that say nothing left out."""
    return table.drop(columns=[n for n in table if not table[n].map(bool).any() or table[n].isna().all()])


def _table(part: Part, turn: Turn) -> None:
    if not turn.detections.items:
        return
    key = f"table-{part.id}"
    st.session_state[key] = {"selection": {"rows": [part.selected - 1] if part.selected else []}}
    st.dataframe(
        without_empty(table_of(turn, part)), hide_index=True, column_config=COLUMNS, alt="Table of the objects found",
        key=key, on_select=partial(_row_chosen, part.id, key), selection_mode="single-row",
    )  # fmt: skip


def _row_chosen(part_id: str, key: str) -> None:
    part = state.begin().find_part(part_id)
    if part is not None:
        chosen = st.session_state[key]["selection"]["rows"]
        part.selected = chosen[0] + 1 if chosen else None


def _why(session: Session, part: Part, turn: Turn) -> None:
    why = st.expander("Why? And corrections", key=f"why-{part.id}", icon=":material/account_tree:", on_change="rerun")
    if why.open:
        with why:
            trace(session, part, turn)
