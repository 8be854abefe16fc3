"""The canvas's Python side: what goes to the browser, and what is believed of what comes back."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import pytest
import streamlit as st
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from streamlit import runtime
from streamlit.testing.v1 import AppTest

from core.types.image import ImageAsset
from core.types.masks import Mask
from pages.shared import canvas as module
from pages.shared.canvas import CanvasEvent, Shape, parse, serve

SIZE, NUMBERS, EDITABLE = (400, 300), {1, 2, 7}, {7}


def understood(**raw: Any) -> CanvasEvent | None:
    return parse(raw, SIZE, NUMBERS, EDITABLE)


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        ({"kind": "select", "number": 2}, CanvasEvent("select", 2)),
        ({"kind": "select", "number": None}, CanvasEvent("select")),
        ({"kind": "reject", "number": 1}, CanvasEvent("reject", 1)),
        ({"kind": "hide", "hidden": [2, 99, "1", True, 7]}, CanvasEvent("hide", hidden=frozenset({2, 7}))),
        ({"kind": "point", "point": [3.5, 4, False]}, CanvasEvent("point", point=(3.5, 4.0, False))),
        ({"kind": "box", "box": [90, 80, 10, 20]}, CanvasEvent("box", box=(10.0, 20.0, 90.0, 80.0))),
        ({"kind": "box", "box": [-50, 10, 500, 9000]}, CanvasEvent("box", box=(0.0, 10.0, 400.0, 300.0))),
        ({"kind": "move", "number": 7, "box": [1, 2, 30, 40]}, CanvasEvent("move", 7, box=(1.0, 2.0, 30.0, 40.0))),
    ],
)
def test_what_is_sound_is_understood_and_clipped(raw: dict[str, Any], event: CanvasEvent) -> None:
    assert understood(**raw) == event


def test_a_point_beyond_the_edge_is_on_the_last_pixel() -> None:
    event = understood(kind="point", point=[1e9, -5, True])
    assert event is not None and event.point is not None
    assert (math.floor(event.point[0]), event.point[1]) == (399, 0)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"kind": "burn"},
        {"kind": ["select"]},
        {"kind": "select"} | {"number": 3},
        {"kind": "select", "number": True},
        {"kind": "select", "number": 1.0},
        {"kind": "reject", "number": None},
        {"kind": "reject"},
        {"kind": "hide", "hidden": {"1": 2}},
        {"kind": "point", "point": [1, 2]},
        {"kind": "point", "point": [1, 2, 1]},
        {"kind": "point", "point": [math.nan, 2, True]},
        {"kind": "point", "point": [10**400, 2, True]},
        {"kind": "point", "point": ["1", 2, True]},
        {"kind": "box", "box": [1, 2, math.inf, 4]},
        {"kind": "box", "box": [5, 5, 5.5, 50]},
        {"kind": "box", "box": [-90, 10, -20, 60]},
        {"kind": "box", "box": "1234"},
        {"kind": "move", "number": 1, "box": [1, 2, 30, 40]},
        {"kind": "move", "number": 7, "box": None},
    ],
)
def test_what_is_malformed_is_nothing(raw: dict[str, Any]) -> None:
    assert understood(**raw) is None


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=5), inner, max_size=4),
)
KINDS = ["select", "point", "box", "move", "reject", "hide", "full"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine may be busy
@given(
    some.sampled_from(KINDS),
    some.fixed_dictionaries({}, optional=dict.fromkeys(("number", "point", "box", "hidden"), anything)),
)
def test_nothing_that_a_browser_sends_breaks_it(kind: str, raw: dict[str, Any]) -> None:
    event = understood(kind=kind, **raw)
    assert event is None or event.kind == kind
    if event is not None and event.box is not None:
        assert 0 <= event.box[0] < event.box[2] <= 400 and 0 <= event.box[1] < event.box[3] <= 300


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(anything)
def test_no_shape_of_data_breaks_it(raw: object) -> None:
    assert parse(raw, SIZE, NUMBERS, EDITABLE) is None


def page(side: int = 300) -> None:
    """One canvas, run by AppTest as a script of its own."""
    import numpy as np
    import streamlit as st

    from core.types.image import ImageAsset
    from core.types.masks import Mask
    from pages.shared.canvas import Shape, canvas

    def jpeg(max_side: int | None) -> bytes:
        st.session_state.setdefault("encoded", []).append(max_side)
        return b"jpeg of %d" % (max_side or side)

    picture = ImageAsset.of(np.full((side, side, 3), len(st.session_state.get("turn", "")), np.uint8))
    bits = np.zeros((side, side), bool)
    bits[10:20, 30:50] = True
    cat = Shape(1, "1 <b>cat</b>\n" + "long " * 99, (30.0, 10.0, 50.0, 20.0), Mask.of(bits))
    empty = Shape(2, "2 dog", (1.0, 2.0, 30.0, 40.0), Mask.of(bits & False), editable=True)
    canvas(
        "canvas", picture, [cat, empty], alt="A <picture>", jpeg=jpeg, layers=("Boxes", "Masks"), hidden=(2, 9),
        selected=9, tool="click", points=[(np.float32(1), 2, True)], on_event=lambda event: None,
    )  # fmt: skip


def sent(at: AppTest) -> dict[str, Any]:
    (element,) = at.get("bidi_component")
    data: dict[str, Any] = json.loads(element.proto.json)
    return data


@pytest.fixture
def opened() -> AppTest:
    module._JPEGS = type(module._JPEGS)(10**6)
    at = AppTest.from_function(page).run()
    assert not at.exception
    return at


def test_it_renders_and_says_all_that_the_browser_needs(opened: AppTest) -> None:
    data = sent(opened)
    cat, dog = data["shapes"]
    assert data["picture"]["width"] == 300 and data["picture"]["alt"] == "A <picture>" and data["picture"]["screen"]
    assert (cat["number"], cat["area"], cat["box"]) == (1, 200, [30, 10, 50, 20])
    assert cat["label"].startswith("1 <b>cat</b> long") and len(cat["label"]) == module.LABEL_CHARS
    assert (dog["outline"], dog["area"], dog["editable"]) == ("", 29 * 38, True)
    assert data["layers"] == ["Masks", "Boxes"] and data["hidden"] == [2] and data["selected"] is None
    assert data["points"] == [[1.0, 2.0, True]] and data["listening"]


def test_runs_encode_once_and_send_the_same(opened: AppTest) -> None:
    first = sent(opened)
    again = opened.run()
    assert sent(again) == first and again.session_state["encoded"] == [1460]


class Say:
    """A browser's word, given to the callback as Streamlit does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state: dict[str, Any] = {}
        self.heard: list[CanvasEvent] = []
        monkeypatch.setattr(st, "session_state", self.state)

    def __call__(self, client: Any, *events: Any) -> None:
        self.state["canvas"] = {"event": {"client": client, "events": list(events)}}
        module._heard("canvas", "this", SIZE, NUMBERS, EDITABLE, self.heard.append)


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    return Say(monkeypatch)


def select(seq: Any, number: int, picture: str = "this") -> dict[str, Any]:
    return {"kind": "select", "number": number, "seq": seq, "picture": picture}


def test_what_is_repeated_is_heard_once_and_in_order(say: Say) -> None:
    say("a", select(1, 1))
    say("a", select(1, 1), select(2, 2), select(3, 7))
    say("a", select(3, 7))
    assert [event.number for event in say.heard] == [1, 2, 7]
    say("b", select(1, 2))  # the page was opened anew
    assert [event.number for event in say.heard] == [1, 2, 7, 2]


def test_what_was_meant_for_another_picture_or_is_malformed_is_not_passed_on(say: Say) -> None:
    say("a", select(1, 1, "the one before"), None, "x", select("2", 1), {"seq": 3, "picture": "this", "kind": "burn"})
    say(["a"], select(4, 1))
    say.state["canvas"] = {"event": 5}
    module._heard("canvas", "this", SIZE, NUMBERS, EDITABLE, say.heard.append)
    assert say.heard == []
    say("a", select(3, 2), select(4, 2))  # 3 is done with
    assert [event.number for event in say.heard] == [2]


def test_full_size_is_encoded_when_asked_for_and_no_event_of_the_page(say: Say) -> None:
    say("a", {"kind": "full", "seq": 1, "picture": "this"})
    assert say.heard == [] and say.state["canvas-canvas"]["full"] == "this"


@pytest.mark.parametrize(("side", "sizes"), [(2000, [1460, None]), (300, [1460])])
def test_full_size_comes_with_the_next_run_where_it_is_larger(side: int, sizes: list[int | None]) -> None:
    module._JPEGS = type(module._JPEGS)(10**6)
    at = AppTest.from_function(page, kwargs={"side": side}).run()
    assert sent(at)["picture"]["full"] == ""
    at.session_state["canvas-canvas"]["full"] = sent(at)["picture"]["id"]
    data = sent(at.run())
    assert bool(data["picture"]["full"]) == (len(sizes) == 2)
    assert at.session_state["encoded"] == sizes


def test_where_no_server_runs_the_picture_travels_in_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "exists", lambda: False)
    address = serve(b"bytes", "image/jpeg", "anywhere")
    assert address == "data:image/jpeg;base64," + base64.b64encode(b"bytes").decode()


def test_outlines_are_named_by_content() -> None:
    image, bits = ImageAsset.of(np.zeros((50, 50, 3), np.uint8)), np.eye(50, dtype=bool)
    one, two = (module._drawn(Shape(n, "x", (0.0, 0.0, 50.0, 50.0), Mask.of(bits))) for n in (1, 2))
    other = module._drawn(Shape(1, "x", (0.0, 0.0, 50.0, 50.0), Mask.of(~bits)))
    assert one["outline"] == two["outline"] != other["outline"] and image.width == 50
