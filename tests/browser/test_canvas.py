"""The canvas in a real browser, on a page of its own: what a hand does there, and what Python hears of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from core.settings import ROOT
from tests.browser.canvas_page import HEIGHT, NASTY, WIDTH
from tests.browser.canvas_user import COUNT_RUNS, PICTURE, TIME_REDRAWS, Opened, centre, visitors
from tests.browser.conftest import WAIT_MS
from tests.browser.server import running_app

SCRIPT = "tests/browser/canvas_page.py"


@pytest.fixture(scope="module")
def page_address() -> Iterator[str]:
    with running_app({"PYTHONPATH": str(ROOT)}, SCRIPT) as address:
        yield address


@pytest.fixture
def opened(chromium: Browser, page_address: str) -> Iterator[Opened]:
    with visitors(chromium, page_address) as visit:
        yield visit


def test_wheel_zooms_around_the_pointer_and_a_drag_pans(opened: Opened) -> None:
    canvas = opened()
    x, y = centre(28)
    before, spot = canvas.view, canvas.spot(x, y)
    canvas.wheel(x, y)
    assert canvas.view[2] > 2 * before[2]
    assert canvas.spot(x, y) == pytest.approx(spot, abs=1)
    canvas.drag((x, y), (x + 200, y + 150))
    moved = canvas.spot(x, y)
    assert (moved[0] - spot[0], moved[1] - spot[1]) == pytest.approx(
        (200 * canvas.view[2], 150 * canvas.view[2]), abs=5
    )
    canvas.wheel(x, y, -20)
    assert canvas.view == pytest.approx(before, abs=0.5)
    assert canvas.events == []


def test_after_zooming_a_click_selects_the_smallest_object_there(opened: Opened) -> None:
    canvas = opened()
    canvas.wheel(250, 410, 12)
    canvas.click(250, 410)  # number 2 lies on number 1
    canvas.click(251, 399)
    canvas.click(250, 401)
    assert [e["number"] for e in canvas.events] == [2, 1, 2]
    canvas.press("0")
    canvas.click(centre(1)[0], centre(1)[1])  # the hole, but inside the box's corner: nobody's
    assert canvas.events[-1] == {"kind": "select"}
    assert canvas.row(2).get_attribute("class") == ""


def test_a_point_is_where_the_pointer_was_to_the_pixel(opened: Opened) -> None:
    canvas = opened("tool=click")
    canvas.wheel(1234, 987, 14)
    canvas.click(1234.5, 987.5)
    canvas.click(1250.5, 990.5, button="right")
    canvas.page.keyboard.down("Shift")
    canvas.click(1240.5, 980.5)
    canvas.page.keyboard.up("Shift")
    want = [(1234.5, 987.5, True), (1250.5, 990.5, False), (1240.5, 980.5, False)]
    for event, (x, y, positive) in zip(canvas.events, want, strict=True):
        assert event["kind"] == "point" and event["point"][2] is positive
        assert event["point"][:2] == pytest.approx((x, y), abs=0.6)
    green, red = canvas.colours(1234.5, 987.5 - 6 / canvas.view[2]), canvas.colours(1250.5, 990.5 - 6 / canvas.view[2])
    assert green[1] > green[0] + 60 and red[0] > red[1] + 60


def test_a_box_is_drawn_and_escape_or_a_tremble_draws_none(opened: Opened) -> None:
    canvas = opened("tool=box")
    canvas.drag((900, 700), (400, 300))
    (event,) = canvas.events
    assert event["kind"] == "box" and event["box"] == pytest.approx([400, 300, 900, 700], abs=1 / canvas.view[2])
    canvas.drag((1000, 1000), (1000 + 2 / canvas.view[2], 1000))
    canvas.page.mouse.move(*canvas.spot(1000, 1000))
    canvas.page.mouse.down()
    canvas.page.mouse.move(*canvas.spot(1500, 1500))
    canvas.page.keyboard.press("Escape")
    canvas.page.mouse.up()
    canvas.settle()
    assert len(canvas.events) == 1
    canvas.drag((3500, 2500), (5000, 4000))  # out of the picture: clipped to it
    assert canvas.events[-1]["box"][2:] == [WIDTH, HEIGHT]


def test_a_box_of_the_users_is_moved_and_resized_once_at_the_end(opened: Opened) -> None:
    canvas = opened()
    canvas.wheel(2200, 1400, 8)
    canvas.drag((2200, 1400), (2230, 1380))
    canvas.drag((2330, 1480), (2400, 1600))
    move, resize = canvas.events
    near = 1.5 / canvas.view[2]
    assert (move["kind"], move["number"]) == ("move", 51)
    assert move["box"] == pytest.approx([2130, 1280, 2330, 1480], abs=near)
    assert resize["box"] == pytest.approx([2130, 1280, 2400, 1600], abs=2 * near)
    canvas.click(2200, 1400)
    assert canvas.events[-1] == {"kind": "select", "number": 51}


def test_keys_go_from_object_to_object_reject_hide_and_let_go(opened: Opened) -> None:
    canvas = opened()
    canvas.press("n", "n", "p")
    assert [e["number"] for e in canvas.events] == [1, 2, 1]
    assert "1 thing .01, selected" in canvas.page.locator(".status").inner_text()
    canvas.press("Delete")
    canvas.press("h")
    canvas.press("Escape")
    assert canvas.events[3:] == [{"kind": "reject", "number": 1}, {"kind": "hide", "hidden": [1]}, {"kind": "select"}]
    before = canvas.view
    canvas.press("+", "+")
    canvas.press("ArrowRight")
    assert canvas.view[2] > 1.5 * before[2]
    canvas.press("0")
    assert canvas.view == pytest.approx(before, abs=0.5)


def test_row_and_picture_point_at_each_other(opened: Opened) -> None:
    canvas = opened()
    x, y = centre(8)
    plain = canvas.colours(x, y + 100)
    canvas.row(4).hover()
    canvas.settle()
    assert canvas.colours(x, y + 100)[3] < plain[3]  # the others step back
    canvas.page.mouse.move(*canvas.spot(x, y + 100))
    canvas.settle()
    assert "hover" in str(canvas.row(8).get_attribute("class"))
    assert canvas.colours(x, y + 100)[3] >= plain[3]
    canvas.row(6).get_by_role("button").last.click()
    canvas.settle()
    assert canvas.events == [{"kind": "select", "number": 6}]


def test_a_label_is_text_and_nothing_else(opened: Opened) -> None:
    canvas = opened()
    name = canvas.row(3).locator(".text")
    shown = name.inner_text()
    assert shown.startswith(NASTY[:60]) and shown.endswith("…") and name.locator("*").count() == 0
    assert canvas.page.title() != "1"
    box = canvas.row(3).bounding_box()
    assert box is not None and box["height"] < 60


def test_an_object_is_hidden_at_once_and_stays_so(opened: Opened) -> None:
    canvas = opened()
    x, y = centre(7)
    assert canvas.colours(x, y + 60)[3] > 0
    eye = canvas.page.get_by_role("button", name="Show 7 thing .07", exact=True)
    eye.click()
    canvas.page.mouse.move(5, 5)
    canvas.settle()
    assert eye.get_attribute("aria-pressed") == "false"
    assert canvas.colours(x, y + 60)[3] == 0
    canvas.button("Run again")
    assert canvas.colours(x, y + 60)[3] == 0
    canvas.click(x, y + 60)
    assert canvas.events == [{"kind": "hide", "hidden": [7]}]
    eye.click()
    canvas.settle()
    assert canvas.events[-1] == {"kind": "hide", "hidden": []}


def test_layers_come_from_the_page(opened: Opened) -> None:
    canvas = opened()
    x, y = centre(8)
    for layer in ("Masks", "Boxes", "Labels"):
        canvas.button(layer)
    assert canvas.colours(x, y + 100)[3] == 0
    canvas.page.mouse.move(*canvas.spot(x, y + 100))
    canvas.settle()
    assert canvas.colours(x, y + 100)[3] > 0  # what is pointed at shows all the same


def test_the_view_outlives_runs_and_one_act_is_one_event(opened: Opened) -> None:
    canvas = opened()
    canvas.wheel(*centre(25), 6)
    view = canvas.view
    assert view[2] > 0.2
    for name in ("Run again", "Run the part again", "Labels", "Run again", "Run the part again"):
        canvas.button(name)
        assert canvas.view[2] == pytest.approx(view[2])
    canvas.click(*centre(25))
    assert canvas.view == pytest.approx(view)
    canvas.press("p")
    assert [e["number"] for e in canvas.events] == [25, 24]
    canvas.page.get_by_text("Other picture").click()
    canvas.page.wait_for_function(f"() => {PICTURE}.style.width === '120px'", timeout=WAIT_MS)
    canvas.size = (120, 90)
    fitted = canvas.view
    canvas.press("0")
    assert canvas.view == pytest.approx(fitted)


def test_what_is_taken_off_the_page_leaves_nothing_behind(opened: Opened) -> None:
    canvas = opened()
    before = canvas.listeners()
    for left in (before - 1, before) * 2:
        canvas.page.get_by_text("Without the canvas").click()
        canvas.settle()
        assert canvas.listeners() == left
    canvas.click(*centre(25))
    assert canvas.events == [{"kind": "select", "number": 25}]


def test_no_act_is_lost_while_the_page_is_busy(opened: Opened) -> None:
    canvas = opened("tool=click")
    places = [(300 + 100 * k, 700) for k in range(8)]
    spots = [canvas.spot(*place) for place in places]
    for spot in spots:
        canvas.page.mouse.click(*spot)
    canvas.settle()
    assert [round(e["point"][0], -1) for e in canvas.events] == [x for x, _ in places]


def test_where_nobody_listens_selection_stays_in_the_browser(opened: Opened) -> None:
    canvas = opened("listen=no")
    canvas.page.evaluate(COUNT_RUNS)
    canvas.click(*centre(25))
    assert canvas.page.evaluate("window.runs") == 0
    canvas.button("Run again")
    assert "selected" in str(canvas.row(25).get_attribute("class"))


def test_full_size_is_fetched_and_encoded_once_and_only_when_zoomed_in(opened: Opened) -> None:
    canvas = opened()
    natural = f"{PICTURE}.naturalWidth"
    assert canvas.page.evaluate(natural) == 1460
    canvas.wheel(*centre(25), 10)
    canvas.page.wait_for_function(f"() => {natural} === {WIDTH}", timeout=WAIT_MS)
    for _ in range(5):
        canvas.button("Run the part again")
    told = canvas.told
    assert told["encoded"].count(None) <= 1 and told["encoded"].count(1460) <= 1
    assert told["files"] <= 5  # of all visitors here together: two pictures in two sizes, and the program
    assert canvas.page.evaluate(natural) == WIDTH


def test_a_large_view_fills_the_window_and_escape_leaves_it(opened: Opened) -> None:
    canvas = opened()
    bottom = canvas.page.get_by_test_id("stCode").bounding_box()
    canvas.button("Open large")
    box = canvas.stage.bounding_box()
    assert box is not None and box["width"] > 900 and box["height"] > 700
    canvas.click(*centre(25))
    canvas.shoot("large")
    canvas.press("Escape")
    assert canvas.page.get_by_test_id("stCode").bounding_box() == bottom
    assert canvas.events == [{"kind": "select", "number": 25}]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_phone_shows_all_of_it_and_a_finger_can_use_it(opened: Opened, dark: bool) -> None:
    canvas = opened("tool=click", (390, 800), has_touch=True, color_scheme="dark" if dark else "light")
    assert canvas.page.evaluate("document.documentElement.scrollWidth") <= 390
    box = canvas.stage.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
    canvas.page.touchscreen.tap(*canvas.spot(2000, 1500))
    canvas.settle()
    canvas.shoot(f"phone-{'dark' if dark else 'light'}")
    assert canvas.events[0]["point"] == pytest.approx([2000, 1500, True], abs=1 / canvas.view[2])


def test_a_pinch_zooms(opened: Opened) -> None:
    canvas = opened("", (390, 800), has_touch=True)
    before, (x, y) = canvas.view, canvas.spot(2000, 1500)
    client = canvas.page.context.new_cdp_session(canvas.page)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", 0)):
        touches = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}] if apart else []
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    canvas.settle()
    assert canvas.view[2] == pytest.approx(3 * before[2], rel=0.1)
    assert canvas.spot(2000, 1500) == pytest.approx((x, y), abs=3)
    assert canvas.events == []


def test_scrolling_over_the_picture_scrolls_the_page(opened: Opened) -> None:
    canvas = opened(size=(1280, 500))
    before = canvas.view
    canvas.page.mouse.move(*canvas.spot(*centre(25)))
    canvas.page.mouse.wheel(0, 150)
    canvas.settle()
    after = canvas.view
    assert after[2] == pytest.approx(before[2]) and after[1] < before[1] - 50


def test_fifty_masks_on_twelve_megapixels_are_redrawn_smoothly(opened: Opened) -> None:
    canvas = opened()
    canvas.page.evaluate(TIME_REDRAWS)
    canvas.wheel(*centre(25), 3)
    canvas.drag(centre(25), centre(14))
    took = sorted(canvas.page.evaluate("window.took"))
    assert len(took) > 3
    assert took[len(took) // 2] < 80, took  # ms; 15 on two slow cores without a graphics card
