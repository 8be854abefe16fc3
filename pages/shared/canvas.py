"""The picture that can be worked on: zoom, layers, selection, clicks and boxes. One component behind one function.

Its page code is in assets/canvas. The browser keeps the view (zoom, hover); what it does to the objects comes here as
`CanvasEvent`s, and shows again through the arguments of the next run.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import streamlit as st
from streamlit import runtime

from core import geometry
from core.contours import COARSE, path_data
from core.memo import Memo
from core.overlay import DARK, LIGHT, Colour, colour_of
from core.settings import ASSETS
from core.types.boxes import Box
from core.types.masks import Mask
from core.types.picture import PictureRef

Kind = Literal["select", "point", "box", "move", "reject", "hide"]
Tool = Literal["look", "click", "box"]
Point = tuple[float, float, bool]
Jpeg = Callable[[int | None], bytes]

LAYERS = ("Masks", "Boxes", "Labels")
SCREEN_SIDE = 1460  # as wide as a picture is shown on a usual screen at twice the density
LABEL_CHARS = 120
SMALLEST = 1.0  # picture pixels: the side of a box
BRIGHT = 120  # ITU-R BT.601 luma above which dark writing is read better
JPEG, PROGRAM = "image/jpeg", "text/javascript"
_JPEGS = Memo(96_000_000)  # bytes: some 30 pictures of 12 megapixels at full size, for every session together


def _code(*names: str) -> str:
    return "\n".join((ASSETS / "canvas" / name).read_text(encoding="utf-8") for name in names)


# A component's source travels in every message of every canvas, 38 kB of it: what travels only fetches the rest, once.
_PROGRAM = "\n".join(
    [
        f"const PAGE = {json.dumps('<style>' + _code('canvas.css') + '</style>' + _code('canvas.html'))}",
        _code("drawing.js", "hands.js", "canvas.js"),  # one module: the browser can import nothing from here
    ]
).encode()
_COMPONENT = st.components.v2.component("vlp_canvas", html='<div class="place"></div>', js=_code("loader.js"))


@dataclass(frozen=True)
class Shape:
    """One object to draw.

    number: as in tables and exports; it gives the colour. label: shown as text, whatever is in it. dashed: a mere
    suggestion. editable: the box can be dragged and resized.
    """

    number: int
    label: str
    box: Box
    mask: Mask | None = None
    dashed: bool = False
    editable: bool = False


@dataclass(frozen=True)
class CanvasEvent:
    """One thing that the user did, checked and clipped to the picture.

    number: of select (None: nothing is selected any more), move and reject. point: x, y, positive. box: xyxy, newly
    drawn, or the new place of `number`. hidden: every object that is switched off now.
    """

    kind: Kind
    number: int | None = None
    point: Point | None = None
    box: Box | None = None
    hidden: frozenset[int] | None = None


def canvas(
    key: str,
    picture: PictureRef,
    shapes: Sequence[Shape],
    *,
    alt: str,
    jpeg: Jpeg,
    layers: Collection[str] = LAYERS,
    hidden: Collection[int] = (),
    selected: int | None = None,
    tool: Tool = "look",
    points: Sequence[Point] = (),
    on_event: Callable[[CanvasEvent], None] | None = None,
    objects: bool = True,
    text: float = 1.0,
) -> None:
    """Show a picture with its objects. Not inside a form: nothing would be heard of the user.

    jpeg: the encoded picture, at most so many pixels a side (None: full size, asked for once the user zooms in).
    on_event: called before the script runs again, once for each thing done; without it, selecting and hiding stay
    in the browser, and nothing can be clicked, drawn, moved or rejected. objects: list the objects, too.
    text: size of the labels, 1 the usual one.
    """
    memory = _memory(key)
    numbers = {shape.number for shape in shapes}
    editable = {shape.number for shape in shapes if shape.editable}
    data = {
        "picture": {
            "id": picture.digest,
            "width": picture.width,
            "height": picture.height,
            "alt": alt,
            "screen": _address(picture, SCREEN_SIDE, jpeg, f"canvas/{key}/screen"),
            "full": _address(picture, None, jpeg, f"canvas/{key}/full") if memory["full"] == picture.digest else "",
        },
        "shapes": [_drawn(shape) for shape in shapes],
        "outlines": _outlines(shapes, f"canvas/{key}/outlines"),
        "layers": [layer for layer in LAYERS if layer in layers],
        "hidden": sorted(numbers.intersection(hidden)),
        "selected": selected if selected in numbers else None,
        "tool": tool,
        "points": [[float(x), float(y), bool(positive)] for x, y, positive in points],
        "listening": on_event is not None,
        "objects": objects,
        "text": text,
        "heard": [memory["client"], memory["last"]],
        "program": serve(_PROGRAM, PROGRAM, f"canvas/{key}/program"),
    }
    heard = partial(_heard, key, picture.digest, (picture.width, picture.height), numbers, editable, on_event)
    _COMPONENT(key=key, data=data, on_event_change=heard)


def _drawn(shape: Shape) -> dict[str, Any]:
    colour = LIGHT if shape.dashed else colour_of(shape.number)
    mask = shape.mask if shape.mask is not None and shape.mask.area else None
    label = " ".join(shape.label.split())
    return {
        "number": shape.number,
        "label": label if len(label) <= LABEL_CHARS else label[: LABEL_CHARS - 1] + "…",
        "box": [round(float(v), 2) for v in shape.box],
        "outline": _name(mask) if mask is not None else "",
        "area": mask.area if mask is not None else float(geometry.area([shape.box])[0]),
        "colour": _css(colour),
        "ink": _css(DARK if sum(c * w for c, w in zip(colour, (0.299, 0.587, 0.114), strict=True)) > BRIGHT else LIGHT),
        "dashed": shape.dashed,
        "editable": shape.editable,
    }


def _outlines(shapes: Sequence[Shape], coordinates: str) -> str:
    """The address of the masks' outlines: a file, since fifty weigh 300 kB and a new selection sends all data again."""
    masks = [shape.mask for shape in shapes if shape.mask is not None and shape.mask.area]
    paths = {_name(mask): path_data(mask) for mask in masks}
    if not paths:
        return ""
    return serve(json.dumps({"coarse": COARSE, "paths": paths}).encode(), "application/json", coordinates)


def _name(mask: Mask) -> str:
    return mask.digest[:16]


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _address(picture: PictureRef, max_side: int | None, jpeg: Jpeg, coordinates: str) -> str:
    """Where the browser fetches the picture; encoded once for each picture and size while the memo holds it."""
    if max_side is None and max(picture.width, picture.height) <= SCREEN_SIDE:
        return ""  # the first one is full size already
    name = f"{picture.digest} {max_side}"
    data = _JPEGS.get(name)
    if not isinstance(data, bytes):
        data = jpeg(max_side)
        _JPEGS.put(name, data, len(data))
    return serve(data, JPEG, coordinates)


def serve(data: bytes, mime: str, coordinates: str) -> str:
    """An address for bytes, good while `coordinates` (a place in the page) hold them.

    A component has no public way to Streamlit's media files, and a route of our own would need another way to start
    the app. The manager is what `st.image` uses: files are named by content, one place holds one file (so nothing
    piles up over reruns of a fragment), a full run drops what it did not add again. The address is relative, for
    servers with a base path. Without a runtime (scripts run bare) the bytes travel inside it.
    """
    if not runtime.exists():
        return f"data:{mime};base64,{base64.b64encode(data).decode()}"
    return runtime.get_instance().media_file_mgr.add(data, mime, coordinates).removeprefix("/")


def _memory(key: str) -> dict[str, Any]:
    """What outlives a run: the browser's component that spoke last and the number of its last event, and the digest
    of the picture that was asked for in full size."""
    kept: dict[str, Any] = st.session_state.setdefault(f"{key}-canvas", {"client": "", "last": 0, "full": ""})
    return kept


def _heard(
    key: str,
    digest: str,
    size: tuple[int, int],
    numbers: Collection[int],
    editable: Collection[int],
    on_event: Callable[[CanvasEvent], None] | None,
) -> None:
    """Hand on what the user did, in order and each once.

    Streamlit keeps the last of several trigger values that arrive during one run, so each value repeats what the
    browser has not yet seen confirmed (`heard`), numbered.
    """
    memory = _memory(key)
    said = st.session_state[key].get("event")
    client, events = (said.get("client"), said.get("events")) if isinstance(said, dict) else (None, None)
    if not isinstance(client, str) or not isinstance(events, list):
        return
    if client != memory["client"]:
        memory["client"], memory["last"] = client, 0
    for raw in events:
        last = raw.get("seq") if isinstance(raw, dict) else None
        if not isinstance(last, int) or last <= memory["last"]:
            continue
        memory["last"] = last  # before anything can fail: it must not come again
        if raw.get("picture") != digest:
            continue  # it was meant for the picture before
        if raw.get("kind") == "full":
            memory["full"] = digest
            continue
        event = parse(raw, size, numbers, editable)
        if event is not None and on_event is not None:
            on_event(event)


def parse(
    raw: object, size: tuple[int, int], numbers: Collection[int], editable: Collection[int]
) -> CanvasEvent | None:
    """What a browser sent as an event of a picture of `size` (width, height) with these objects; None where it is none.

    The browser is not trusted: anything may come.
    """
    if not isinstance(raw, dict) or raw.get("kind") not in get_args(Kind):
        return None
    kind: Kind = raw["kind"]
    number = raw.get("number")
    known = type(number) is int and number in numbers
    if kind == "select":
        return CanvasEvent(kind, number) if known or number is None else None
    if kind == "reject":
        return CanvasEvent(kind, number) if known else None
    if kind == "hide":
        off = raw.get("hidden")
        if not isinstance(off, list):
            return None
        return CanvasEvent(kind, hidden=frozenset(n for n in off if type(n) is int and n in numbers))
    if kind == "point":
        point = _point(raw.get("point"), size)
        return CanvasEvent(kind, point=point) if point is not None else None
    box = _box(raw.get("box"), size)
    if box is None or (kind == "move" and not (known and number in editable)):
        return None
    return CanvasEvent(kind, number if kind == "move" else None, box=box)


def _numbers(raw: object, count: int) -> list[float] | None:
    if not isinstance(raw, list) or len(raw) != count:
        return None
    try:
        values = [float(v) for v in raw if isinstance(v, int | float) and not isinstance(v, bool)]
    except OverflowError:
        return None
    return values if len(values) == count and all(map(math.isfinite, values)) else None


def _point(raw: object, size: tuple[int, int]) -> Point | None:
    """A place on a pixel of the picture: the right and lower edges are no pixel's any more."""
    if not isinstance(raw, list) or len(raw) != 3 or not isinstance(raw[2], bool):
        return None
    place = _numbers(raw[:2], 2)
    if place is None:
        return None
    x, y = (min(max(v, 0.0), math.nextafter(side, 0)) for v, side in zip(place, size, strict=True))
    return x, y, raw[2]


def _box(raw: object, size: tuple[int, int]) -> Box | None:
    """Corners in any order; None where less than a pixel of it lies in the picture."""
    values = _numbers(raw, 4)
    if values is None:
        return None
    width, height = size
    x0, x1 = sorted(min(max(v, 0.0), float(width)) for v in values[0::2])
    y0, y1 = sorted(min(max(v, 0.0), float(height)) for v in values[1::2])
    return (x0, y0, x1, y1) if min(x1 - x0, y1 - y0) >= SMALLEST else None
