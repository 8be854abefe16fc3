"""A browser that looks at the chat page, and what the server sends to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from pages.shared.owner import COOKIE
from tests.bench.chats import BROWSER
from tests.bench.visitor import visitor
from tests.browser.server import running_app

WAIT_MS = 60_000
WARM_SECONDS = 5.0  # in which a new process has loaded its nets
SETTLED = """() => document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')
    && !document.querySelector('[class*=st-key-stop-]')"""
PAINTED = """(button) => new Promise((done) => {
    const start = performance.now(), found = {}
    const look = () => {
        const shown = [...document.querySelectorAll('[class*=st-key-exchange-]')]
        if (shown.length) found.shown ??= performance.now() - start
        const inside = [...(shown.at(-1)?.querySelectorAll('*') ?? [])]
        const picture = inside.map((e) => e.shadowRoot?.querySelector('.picture')).find(Boolean)
        const ended = document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')
        if (picture?.complete && picture.naturalWidth && ended) found.painted = performance.now() - start
        found.painted ? done(found) : requestAnimationFrame(look)
    }
    document.querySelector(button).click()
    look()
})"""


@contextmanager
def warm_app(data: Path) -> Iterator[str]:
    """A new server on a folder of chats, its nets loaded; no chat was opened yet."""
    with running_app({"VLP_WORKBENCH_DATA": str(data)}) as address:
        with visitor(address, BROWSER) as first:
            first.open("")
        time.sleep(WARM_SECONDS)
        yield address


def chat_page(chromium: Browser, address: str) -> Page:
    """A page of the browser whose chats these are, nothing opened yet."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": BROWSER, "url": address}])
    return context.new_page()


def settle(page: Page) -> None:
    """Until the script has ended, no request runs, and every picture has come."""
    for _ in range(2):  # the end of one run may begin another
        page.wait_for_timeout(500)
        page.wait_for_function(SETTLED, timeout=WAIT_MS)
        page.wait_for_load_state("networkidle")


def send(page: Page, text: str) -> None:
    """Send a request, and wait until it is answered."""
    exchanges = page.locator("[class*=st-key-exchange-]")
    before = exchanges.last.get_attribute("class") if exchanges.count() else ""
    page.get_by_test_id("stChatInputTextArea").fill(text)
    page.get_by_test_id("stChatInputSubmitButton").click()  # Enter would not wait until a file is there
    page.wait_for_function(
        "before => { const all = document.querySelectorAll('[class*=st-key-exchange-]');"
        " return all.length && all[all.length - 1].className !== before }",
        arg=before,
        timeout=WAIT_MS,
    )
    settle(page)


def painted(page: Page, chat: str) -> dict[str, float]:
    """Milliseconds from the click on a chat, by the browser's own clock.

    shown: its first request is there. painted: the script has ended, and the last answer's picture is there.
    """
    taken: dict[str, float] = page.evaluate(PAINTED, f".st-key-chat-{chat} button")
    return taken


WATCHED = 3000  # bytes: more than the page's look for other tabs' turns is sent, every two seconds
QUIET_SECONDS = 1.2


class Traffic:
    """Bytes that the server sent to a page, over the websocket and otherwise, since the last look."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.ws = self.http = 0
        self._last = time.monotonic()
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        client.on("Network.loadingFinished", self._loaded)
        page.on("websocket", lambda socket: socket.on("framereceived", self._framed))

    def _loaded(self, event: dict[str, float]) -> None:
        self.http += int(event["encodedDataLength"])
        self._last = time.monotonic()

    def _framed(self, payload: bytes | str) -> None:
        self.ws += len(payload)
        self._last = time.monotonic()

    def taken(self, name: str) -> dict[str, float]:
        """Kilobytes of both kinds, once something came and nothing more comes; counting begins anew."""
        end = time.monotonic() + WAIT_MS / 1000
        while self.ws < WATCHED or time.monotonic() - self._last < QUIET_SECONDS:
            self._page.wait_for_timeout(100)
            assert time.monotonic() < end, "the page does not come to rest"
        settle(self._page)
        found = {f"{name}_ws_kb": self.ws / 1000, f"{name}_http_kb": self.http / 1000}
        self.ws = self.http = 0
        return found
