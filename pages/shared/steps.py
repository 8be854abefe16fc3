"""Each event of a turn as one line of plain words."""

from __future__ import annotations

from core.types.events import (
    About,
    Asked,
    Edited,
    Event,
    Extracted,
    Grounded,
    Preview,
    Resolved,
    Said,
    Segmented,
    StepFailed,
    Understood,
)
from core.types.language import Keywords
from core.types.picture import PictureRef
from pages.shared.state import Glance
from pages.shared.texts import count, score


def line_of(event: Event) -> str:
    """What happened; "" for what needs no line of its own."""
    match event:
        case About(picture=picture, number=number, count=of) if of > 1 and picture is not None:
            return f"Picture {number} of {of}: {picture.name}"
        case Resolved(references=references):
            return "; ".join(f"“{r.words}”: {r.meaning}" if r.words else r.meaning for r in references)
        case Understood(decision=decision, acts=acts) if decision.intent is not None:
            names = ", then ".join(str(act.intent).replace("_", " ") for act in acts)
            return f"Understood as: {names} ({score(decision.score)})"
        case Asked(decision=decision):
            return f"Not sure what is wanted: {decision.reason}"
        case Extracted(keywords=keywords):
            return _phrases(keywords)
        case Preview(detections=detections):
            return f"A quick look: {count(len(detections), 'object')} until now"
        case Grounded(proposals=proposals, detections=detections):
            return f"Measured {count(len(proposals), 'box', 'boxes')}; {len(detections)} passed"
        case Segmented(masks=masks):
            cut = sum(1 for mask in masks.items if mask.area)
            return f"Cut {count(cut, 'mask')}" if cut else "No mask was needed"
        case Edited():
            return "Filled the gap from the surroundings"
        case Said():
            return "Put the answer together"
        case StepFailed(failure=failure):
            done = f"; {failure.instead}" if failure.instead else ""
            return f"Failed: {failure.message}{done}"
    return ""


def _phrases(keywords: Keywords) -> str:
    if keywords.phrases:
        named = ", ".join(f"“{phrase.text}”" for phrase in keywords.phrases)
        context = f" (placed by {', '.join(keywords.context)})" if keywords.context else ""
        return f"About {named}{context}"
    return "About everything in the picture" if keywords.everything else "About no single object"


def glance_of(event: Event, picture: PictureRef | None) -> Glance | None:
    """What of the picture is shown until its answer is there; None for what shows nothing new."""
    if picture is None or not isinstance(event, Preview | Grounded):
        return None
    return Glance(picture, event.detections, whole=isinstance(event, Grounded))
