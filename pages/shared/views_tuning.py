"""The sliders of one answer. They choose anew from what was measured; no detector runs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from core.types.thresholds import Thresholds
from core.types.turn import Status, Turn
from pages.shared import actions, retuning
from pages.shared.state import Part
from pages.shared.texts import count, score

BOX_HELP = "A box passes when its score reaches this. Lower it to see more, raise it to see less."
MASK_HELP = "A pixel belongs to the object when its probability reaches this. Raise it for tighter masks."
COLOUR_HELP = "The share of an object's own pixels that must carry the colour that was asked for."
NO_BOXES = "Nothing was measured that could pass: there is no box to let in."
NO_MASKS = "This answer has no masks. Ask to outline or segment something to get them."
TEXT_HELP = (
    "A box also needs a word of its phrase that scores this much. Raise it where a box is found for the wrong words,"
    " lower it where a thing that was found has no name."
)
NO_TOKENS = "Without effect here: this detector ({}) knows whole things, and scores no single words."
NOT_AT_HAND = "What was measured is no longer at hand. Move the box score: then it is measured again."
MASK_RANGE = (0.05, 0.95)


def tuning(part: Part, turn: Turn) -> None:
    """Sliders for the box, text and mask thresholds of one part, what passes, and the way back."""
    proposals = turn.proposals
    gone = proposals is None and turn.keywords is not None and turn.status != Status.FAILED
    measured = 0 if proposals is None else len(proposals)
    thresholds = part.thresholds
    box_help = BOX_HELP + defaults_of(turn) if measured or gone else NO_BOXES
    _slider(part, "box", "Box score", box_value(turn, thresholds), box_help, not (measured or gone))
    masks = any(mask.area for mask in turn.masks.items)
    mask_help = MASK_HELP if masks else NO_MASKS
    _slider(part, "mask_cut", "Mask cut", thresholds.mask_cut, mask_help, not masks, MASK_RANGE)
    if turn.keywords is not None and any(phrase.colours for phrase in turn.keywords.phrases):
        _slider(part, "colour", "Colour share", thresholds.colour, COLOUR_HELP, False)
    hint, off = _words(turn, gone)
    _slider(part, "text", "Text score", thresholds.words, hint, off)
    passing = sum(1 for detection in turn.detections.items if detection.index >= 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        passed = f"{passing} of {count(measured, 'measured box', 'measured boxes')} pass"
        known = f"{count(passing, 'object')}; move a slider to choose anew" if gone else "No box was measured"
        st.caption(passed if measured else known)
        if part.tuned is not None:
            st.button(
                "Reset", key=f"reset-{part.id}", type="tertiary", icon=":material/undo:",
                on_click=retuning.untune, args=(part,), help="Back to the thresholds of the settings",
            )  # fmt: skip


def _words(turn: Turn, gone: bool) -> tuple[str, bool]:
    """What the text slider says, and whether it has no effect."""
    proposals = turn.proposals
    if gone:
        return NOT_AT_HAND, True
    if proposals is None or proposals.peaks is None:
        names = dict.fromkeys(engine.name for engine in proposals.engines) if proposals is not None else {}
        served = ", ".join(names) or turn.engines.get("detection", "")
        return NO_TOKENS.format(served or "nothing was measured"), True
    if not len(proposals):
        return NO_BOXES, True
    return f"{TEXT_HELP} Default: {score(turn.thresholds.words)}.", False


def _slider(part: Part, name: str, label: str, value: float, hint: str, disabled: bool, span: Any = (0.0, 1.0)) -> None:
    key = f"{name}-{part.id}"
    st.session_state[key] = min(max(round(value, 2), span[0]), span[1])  # the part remembers, not the widget
    st.slider(
        label, span[0], span[1], step=actions.STEP, key=key, help=hint, disabled=disabled,
        on_change=_moved, args=(part, name, key),
    )  # fmt: skip


def _moved(part: Part, name: str, key: str) -> None:
    retuning.tune(part, **{name: float(st.session_state[key])})


def box_value(turn: Turn, thresholds: Thresholds) -> float:
    """Where the box slider stands: the override, or the default of the kind that most of the boxes are of."""
    if thresholds.box is not None:
        return thresholds.box
    proposals = turn.proposals
    chosen = [d.basis for d in turn.detections.items if d.index >= 0]
    kinds = chosen or (proposals.basis if proposals is not None else ())
    if not kinds:
        return 0.0
    listed = turn.keywords is not None and turn.keywords.everything
    return thresholds.for_box(Counter(kinds).most_common(1)[0][0], "", listed)


def defaults_of(turn: Turn) -> str:
    """ " Defaults: class 0.25, face 0.70." for the kinds of box that were measured."""
    proposals = turn.proposals
    if proposals is None:
        return ""
    plain = turn.thresholds.with_(box=None)
    kinds = {str(basis): plain.for_box(basis, "", proposals.listed) for basis in proposals.basis}
    each = ", ".join(f"{kind} {score(value)}" for kind, value in kinds.items())
    return f" Default: {each}; moving the slider sets one number for all." if each else ""
