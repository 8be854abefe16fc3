"""A conversation as a new user has it: three pictures, references, corrections, undo, stop, a restart, and going on."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, BrowserContext

from core.samples import find, load
from tests.browser.conftest import DESKTOP, PHONE, User
from tests.browser.server import running_app
from tests.browser.test_looks import check

LINES = 60


def upload_of(key: str) -> dict[str, Any]:
    sample = find(key)
    return {"name": sample.name, "mimeType": "image/png", "buffer": load(sample)}


def page_of_text() -> dict[str, Any]:
    """A picture that takes seconds to read."""
    noise = np.random.default_rng(0).integers(150, 215, (2400, 3200, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(36)
    for line in range(LINES):
        pen.text(
            (40 + 10 * (line % 7), 40 * line), f"this is line {line} of a page full of words to be read", "black", font
        )
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


LOOKS = {
    f"{'wide' if size == DESKTOP else 'narrow'}-{'dark' if dark else 'light'}": (size, dark)
    for size in (DESKTOP, PHONE)
    for dark in (False, True)
}


@pytest.fixture(params=LOOKS.values(), ids=LOOKS)
def browser_of(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[BrowserContext, str]]:
    (width, height), dark = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    yield context, f"talk-{width}-{'dark' if dark else 'light'}"
    context.close()


def opened(context: BrowserContext, address: str) -> User:
    user = User(context.new_page(), address)
    user.page.goto(address)
    user.page.get_by_role("heading", level=1).first.wait_for()
    user.settle()
    return user


def test_a_conversation_on_three_pictures_over_a_restart(
    browser_of: tuple[BrowserContext, str], weights_dir: Path, tmp_path: Path
) -> None:
    context, name = browser_of
    environment = {"VLP_WORKBENCH_DATA": str(tmp_path)}
    with running_app(environment) as address:
        user = opened(context, address)
        begins(user, name)
        refers(user, name)
        corrects(user, name)
        stops_and_goes_away(user, name)
        user.page.close()
    with running_app(environment) as address:
        goes_on(opened(context, address), name)


def test_a_killed_server_loses_the_running_request_alone(chromium: Browser, weights_dir: Path, tmp_path: Path) -> None:
    context, environment = chromium.new_context(), {"VLP_WORKBENCH_DATA": str(tmp_path)}
    with running_app(environment) as address:
        user = opened(context, address)
        user.page.get_by_role("button", name="segment the cat").click()
        user.page.get_by_test_id("stChatMessage").nth(1).wait_for()
        user.settle()
        user.upload(page_of_text())
        field = user.page.get_by_test_id("stChatInputTextArea")
        field.fill("read the text")
        field.press("Enter")
        user.page.locator("[class*=st-key-stop-] button").wait_for()
        user.page.wait_for_timeout(500)
        os.kill(address.pid, signal.SIGKILL)
        user.page.close()
    with running_app(environment) as address:
        user = opened(context, address)
        user.page.get_by_role("button", name="segment the cat").last.click()
        user.page.get_by_test_id("stChatMessage").nth(3).wait_for()
        user.settle()
        assert "This request was interrupted." in user.message.inner_text()
        first = user.page.get_by_test_id("stChatMessage").nth(1)
        assert first.get_by_test_id("stText").first.inner_text().startswith("Outlined 1 cat")
        user.click("Try again")
        user.page.wait_for_timeout(500)
        user.settle()
        assert "It reads" in user.message.inner_text()
    context.close()


def begins(user: User, name: str) -> None:
    """One click on an example; two pictures more; one request over all of them."""
    user.page.get_by_role("button", name="how many people are there?").click()
    user.page.get_by_test_id("stChatMessage").nth(1).wait_for()
    user.settle()
    assert user.answer.startswith("At least 1 person")
    assert user.say("segment the face").startswith("Outlined 1 face")
    user.upload(upload_of("shapes"), page_of_text())
    check(user, f"{name}-1-pictures")
    user.ask("how many people are there in pictures 1 and 2?")
    assert "on 1 of 2 pictures" in user.message.inner_text()
    check(user, f"{name}-2-together")


def refers(user: User, name: str) -> None:
    """Words that act on the last result, and ask back where they may mean two things."""
    said = user.say("segment the red circle and the blue box in picture 2")
    assert "red circle" in said and "blue box" in said
    user.sees(2)
    user.ask("only the left one")
    assert "red circle" in user.sees(1)[0]
    assert "only the left one" in user.message.inner_text()  # what it was resolved to is shown
    user.ask("undo")
    user.sees(2)
    user.ask("and the green box too")
    assert any("green box" in label for label in user.sees(4))
    user.ask("make it bigger")
    check(user, f"{name}-3-asks-back")
    user.click("The mask")
    assert "px out" in user.message.inner_text()
    user.ask("not the blue box")
    assert not any("blue box" in label for label in user.sees(3))
    check(user, f"{name}-4-refers")


def corrects(user: User, name: str) -> None:
    """Another intent, another thing; the answer before stands behind the new one."""
    user.why()
    field = user.page.get_by_role("combobox", name="Meant as").last
    field.scroll_into_view_if_needed()
    user.page.wait_for_timeout(600)  # a list closes when the page behind it scrolls
    field.click()
    user.page.get_by_role("option", name="Show boxes").click()
    user.page.wait_for_timeout(600)
    user.settle()
    assert "Version 2 of 2" in user.page.get_by_test_id("stChatMessage").nth(-2).inner_text()
    check(user, f"{name}-5-corrected")
    user.page.get_by_test_id("stChatMessage").nth(-2).get_by_role("button", name="Run again").click()
    user.page.wait_for_timeout(600)
    user.settle()
    assert "Version 3 of 3" in user.page.get_by_test_id("stChatMessage").nth(-2).inner_text()


def stops_and_goes_away(user: User, name: str) -> None:
    """Escape stops; another page and back loses nothing."""
    field = user.page.get_by_test_id("stChatInputTextArea")
    field.fill("read the text in picture 3")
    field.press("Enter")
    stop = user.page.locator("[class*=st-key-stop-] button")
    stop.wait_for()
    user.page.wait_for_timeout(500)
    check(user, f"{name}-6-running")
    user.page.keyboard.press("Escape")
    stop.wait_for(state="detached", timeout=5000)
    user.settle()
    assert "Stopped." in user.message.inner_text()
    check(user, f"{name}-7-stopped")
    before = user.page.get_by_test_id("stChatMessage").count()
    user.page.goto(user.address)
    user.page.get_by_role("heading", name="Your chats").wait_for()
    user.page.get_by_role("button", name="how many people are there?").last.click()
    user.page.get_by_test_id("stChatMessage").first.wait_for()
    user.settle()
    assert user.page.get_by_test_id("stChatMessage").count() == before


def goes_on(user: User, name: str) -> None:
    """After a restart the chat is on Home; its sliders live, and its objects can be spoken about."""
    check(user, f"{name}-8-home-again")
    user.page.get_by_role("heading", name="Your chats").wait_for()
    user.page.get_by_role("button", name="how many people are there?").last.click()
    user.page.get_by_test_id("stChatMessage").first.wait_for()
    user.settle()
    assert user.say("segment the red circle and the yellow circle in picture 2").startswith("Outlined")
    user.sees(2)
    user.ask("only the larger one")
    user.sees(1)
    user.ask("undo")
    user.sees(2)
    check(user, f"{name}-9-goes-on")
