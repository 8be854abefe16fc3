"""One app with the real engines, one chromium; each test is a user of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.server import browser, chromium_path, running_app

WAIT_MS = 30_000
SETTLE_MS = 300
DESKTOP, PHONE = (1280, 900), (400, 800)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if chromium_path() is None:
        reason = "no chromium on this machine: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with browser() as started:
        yield started


@pytest.fixture(scope="session")
def address(weights_dir: Path, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the app listens."""
    with running_app({"VLP_WORKBENCH_DATA": str(tmp_path_factory.mktemp("chats"))}) as url:
        yield url


@dataclass
class User:
    """A browser with the app open. foreign: addresses outside the app that the page asked for."""

    page: Page
    address: str
    foreign: list[str] = field(default_factory=list)

    def settle(self) -> None:
        """Wait until the page's script has ended and nothing runs."""
        self.page.wait_for_function(
            "() => document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')"
            " && !document.querySelector('[class*=st-key-stop-]')",
            timeout=WAIT_MS,
        )
        self.page.wait_for_timeout(SETTLE_MS)

    def click(self, name: str) -> None:
        """The last button of that name."""
        self.page.get_by_role("button", name=name, exact=True).last.click()
        self.page.wait_for_timeout(SETTLE_MS)
        self.settle()

    def ask(self, text: str) -> None:
        field = self.page.get_by_test_id("stChatInputTextArea")
        field.fill(text)
        field.press("Enter")
        self.page.get_by_test_id("stChatMessage").get_by_text(text, exact=True).last.wait_for(timeout=WAIT_MS)
        self.settle()

    def open_sample(self, title: str, request: str) -> None:
        self.page.get_by_role("button", name=title, exact=True).first.click()
        self.page.get_by_role("button", name=request).first.wait_for(timeout=WAIT_MS)
        self.settle()

    @property
    def answer(self) -> str:
        """The words of the last answer."""
        return self.message.get_by_test_id("stText").first.inner_text()

    @property
    def message(self) -> Locator:
        return self.page.get_by_test_id("stChatMessage").last

    @property
    def objects(self) -> list[str]:
        """The labels of the objects listed beside the last picture."""
        return [row.strip() for row in self.message.locator(".objects li").all_inner_texts()]

    def sees(self, count: int) -> list[str]:
        """The labels of so many objects beside the last picture: it may draw itself a moment after the words."""
        expect(self.message.locator(".objects li")).to_have_count(count, timeout=5000)
        return self.objects

    def say(self, text: str) -> str:
        """Ask, and give back what is said."""
        self.ask(text)
        return self.answer

    def upload(self, *files: dict[str, Any]) -> None:
        """Through the menu of pictures, or the empty chat's own field."""
        field = self.page.locator("[data-testid=stFileUploader] input[type=file]")
        if not field.count():
            self.page.locator(".st-key-picture-menu button").first.click()
            field.first.wait_for(state="attached")
        field.first.set_input_files(list(files))  # type: ignore[arg-type]
        self.page.wait_for_timeout(SETTLE_MS * 4)
        self.page.keyboard.press("Escape")
        self.settle()

    def slide(self, label: str, key: str) -> None:
        """Press a key on the last slider of that label ("End", "ArrowLeft")."""
        slider = self.page.get_by_test_id("stSlider").filter(has_text=label).last.get_by_role("slider")
        slider.focus()
        slider.press(key)
        self.page.wait_for_timeout(SETTLE_MS * 3)
        self.settle()

    def why(self) -> str:
        """The trace of the last answer, opened where it is not."""
        trace = self.page.get_by_test_id("stExpander").filter(has_text="Why?").last
        if "Detector calls" not in trace.inner_text():
            trace.get_by_text("Why?").click()
        trace.get_by_text("Detector calls for this answer").wait_for(timeout=WAIT_MS)
        self.page.wait_for_timeout(SETTLE_MS)
        self.settle()
        return trace.inner_text()

    def shoot(self, name: str) -> None:
        """Keep a picture of the page, where a folder for them is named."""
        folder = os.environ.get("VLP_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


Visit = Callable[..., User]


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Visit]:
    """Open the app as somebody new."""
    contexts = []

    def open_app(path: str = "/", size: tuple[int, int] = DESKTOP, dark: bool = False) -> User:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        user = User(context.new_page(), address)
        user.page.on(
            "request",
            lambda r: None if r.url.startswith((address, "data:", "blob:")) else user.foreign.append(r.url),
        )
        user.page.goto(f"{address}{path}")
        user.page.get_by_role("heading", level=1).first.wait_for(timeout=WAIT_MS)
        user.settle()
        return user

    yield open_app
    for context in contexts:
        context.close()
