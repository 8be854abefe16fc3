"""Slow engines in a real browser: a quick look, Stop in a long layer, a place in the queue, a sound that is heard."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, WAIT_MS, User
from tests.browser.plug_ins import DEAF, SECONDS, SETTINGS
from tests.browser.server import running_app
from tests.browser.test_looks import check
from tests.recordings import recording
from tests.sounds import silence, speech

PREVIEW = "Preview: a quick look; the full pass replaces it."
STOPPING = "the engine ends its layer"
FREE_MS = 1500  # a second, and a busy machine's half


@pytest.fixture(params=[(DESKTOP, False), (PHONE, True)], ids=["wide-light", "narrow-dark"])
def user(chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[User]:
    """Somebody with a picture open, on a server of slow engines that remembers nothing yet."""
    (tmp_path / "slow.toml").write_text(SETTINGS)
    (width, height), dark = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    environment = {
        "VLP_WORKBENCH_DATA": str(tmp_path),
        "VLP_WORKBENCH_LOCAL": str(tmp_path / "none.toml"),
        "VLP_WORKBENCH_SETTINGS": str(tmp_path / "slow.toml"),
    }
    with running_app(environment) as address:
        someone = User(context.new_page(), address)
        someone.page.goto(address)
        someone.page.get_by_role("heading", level=1).first.wait_for(timeout=WAIT_MS)
        someone.settle()
        someone.open_sample("Cat", "segment the cat")
        yield someone
        context.close()


def send(page: Page, text: str) -> None:
    field = page.get_by_test_id("stChatInputTextArea")
    field.fill(text)
    field.press("Enter")


def top_of(page: Page) -> float:
    """Where the last request stands on the screen."""
    box = page.get_by_test_id("stChatMessage").nth(-2).bounding_box()
    assert box is not None
    return box["y"]


def test_slow_engines(user: User) -> None:
    name = f"slow-{user.page.viewport_size['width'] if user.page.viewport_size else 0}"
    looks_twice(user, name)
    stops_in_a_layer(user, name)
    listens(user, name)
    hears_nothing(user, name)
    assert not user.foreign


def looks_twice(user: User, name: str) -> None:
    """A quick look is shown as one, moves nothing, and gives its place to the answer."""
    page = user.page
    send(page, "segment the cat")
    page.locator("[class*=st-key-stop-] button").wait_for(timeout=WAIT_MS)
    page.get_by_text(PREVIEW).wait_for(timeout=WAIT_MS)
    page.wait_for_timeout(600)  # what scrolls has scrolled
    before = top_of(page)
    assert page.get_by_alt_text(re.compile("^Preview.*1 cat, 2 cat")).count() == 1
    assert page.get_by_role("button", name="Download all").count() == 0
    check(user, f"{name}-1-preview")
    assert abs(top_of(page) - before) <= 2
    user.settle()
    assert page.get_by_text(PREVIEW).count() == 0 and user.answer.startswith("Outlined 2 cats")


def stops_in_a_layer(user: User, name: str) -> None:
    """Stop is seen at once and frees the page; a request sent meanwhile sees its place; what was measured arrives."""
    page = user.page
    send(page, f"find the {DEAF}")
    stop = page.locator("[class*=st-key-stop-] button")
    stop.wait_for(timeout=WAIT_MS)
    page.get_by_text(PREVIEW).wait_for(timeout=WAIT_MS)
    begun = time.monotonic()
    stop.click()
    page.get_by_text(STOPPING).first.wait_for()
    expect(stop).to_have_count(0, timeout=FREE_MS)
    assert time.monotonic() - begun < SECONDS - 1
    check(user, f"{name}-2-stopping")
    send(page, "find the cat")
    page.get_by_text("1 request is ahead").wait_for(timeout=WAIT_MS)
    check(user, f"{name}-3-waits")
    page.get_by_text("Stopped. What was measured until then is kept.").wait_for(timeout=WAIT_MS)
    user.settle()
    assert user.answer.startswith("Found 2 cats") and page.get_by_text(STOPPING).count() == 0


def listens(user: User, name: str) -> None:
    """A sound is heard, its words are changed and sent."""
    page = user.page
    attach(user, "memo.m4a", recording(speech(2.0), "m4a"))
    send(page, "")
    page.locator("[class*=st-key-listening-]").wait_for(timeout=WAIT_MS)
    check(user, f"{name}-4-listening")
    words = page.get_by_label("Change what was heard, then send it")
    expect(words).to_have_value("Segment the cat.", timeout=WAIT_MS)
    page.get_by_text("2 segments, 1 left out").click()
    page.get_by_test_id("stBottom").get_by_test_id("stDataFrame").wait_for(timeout=WAIT_MS)
    check(user, f"{name}-5-heard")
    words.fill("where is the cat?")
    page.locator("[class*=st-key-send-] button").click()
    page.get_by_test_id("stChatMessage").get_by_text("where is the cat?", exact=True).wait_for(timeout=WAIT_MS)
    user.settle()
    assert page.get_by_text("heard in memo.m4a, then changed").count() == 1 and words.count() == 0


def hears_nothing(user: User, name: str) -> None:
    """Silence is nothing, and the words typed with it are still there."""
    page = user.page
    attach(user, "quiet.wav", recording(silence(2.0), "wav"))
    send(page, "find the cat")
    page.get_by_text("Nothing was heard in").wait_for(timeout=WAIT_MS)
    check(user, f"{name}-6-nothing")
    page.locator("[class*=st-key-discard-] button").click()
    page.get_by_role("button", name="Send “find the cat” without it").click()
    page.wait_for_timeout(500)
    user.settle()
    assert user.answer.startswith("Found 2 cats")


def attach(user: User, name: str, data: bytes) -> None:
    field = user.page.locator("[data-testid=stChatInput] input[type=file]")
    field.set_input_files([{"name": name, "mimeType": "", "buffer": data}])
    user.page.get_by_test_id("stChatInput").get_by_text(name).wait_for()
    # While the file is on its way the field takes no Enter.
    expect(user.page.get_by_test_id("stChatInputSubmitButton")).to_be_enabled(timeout=WAIT_MS)
