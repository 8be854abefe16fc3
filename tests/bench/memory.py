"""What a long chat keeps: the app's memory after 15 and 30 pictures of 12 megapixels, uploaded in a browser."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from core.pictures import encode_jpeg
from tests.bench import needs
from tests.bench.browsing import send
from tests.bench.pictures import resized, sample
from tests.browser.server import browser, running_app

PICTURES, HALF = 30, 15


def growth() -> dict[str, float]:
    """Megabytes of resident memory that the second fifteen pictures added, each with one request."""
    needs.weights()
    needs.chromium()
    base = sample("astronaut")
    resident: list[float] = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_app({"VLP_WORKBENCH_DATA": f"{scratch}/chats"}) as address,
        browser() as chromium,
    ):
        page = chromium.new_page()
        page.goto(address)
        page.get_by_role("button", name="Start a chat").click()
        for number in range(PICTURES):
            path = Path(scratch) / f"{number}.jpg"
            path.write_bytes(encode_jpeg(resized(base, 4000, 3000, number).pixels, None, 92))
            _ask_about(page, path)
            path.unlink()
            resident.append(_resident_mb(address.pid))
    return {
        "memory_after_15_pictures_mb": resident[HALF - 1],
        "memory_after_30_pictures_mb": resident[-1],
        "memory_growth_15_to_30_mb": resident[-1] - resident[HALF - 1],
    }


def _ask_about(page: Page, path: Path) -> None:
    """Send a picture with a request, and wait for its answer."""
    box = page.get_by_test_id("stChatInput")
    box.locator("input[type=file]").set_input_files(str(path))
    box.get_by_text(path.name).wait_for()
    send(page, "segment the person")
    answer = page.locator("[class*=st-key-exchange-]").last
    assert "Outlined 1 person" in answer.inner_text(), "the person was not outlined"


def _resident_mb(pid: int) -> float:
    line = next(s for s in Path(f"/proc/{pid}/status").read_text().splitlines() if s.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
