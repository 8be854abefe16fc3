"""The Engines page in a real browser: another detector is chosen, works, breaks, and everything else goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import DESKTOP, PHONE, WAIT_MS, User, Visit
from tests.browser.server import running_app
from tests.browser.test_looks import check
from tests.checkpoints.grounding_dino import tiny_options

LOADING_MS = 90_000  # torch and transformers, on a busy machine


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Grounding DINO of random weights, as transformers saves one."""
    return Path(tiny_options("transformers", tmp_path_factory.mktemp("model"))["model"])


@pytest.fixture
def user(
    weights_dir: Path, chromium: Browser, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[User]:
    """Somebody at the machine, with a settings file of their own."""
    monkeypatch.delenv("VLP_WORKBENCH_SETTINGS", raising=False)
    environment = {"VLP_WORKBENCH_DATA": str(tmp_path / "chats"), "VLP_WORKBENCH_LOCAL": str(tmp_path / "local.toml")}
    with running_app(environment) as address:
        context = chromium.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        user = User(context.new_page(), address)
        user.page.goto(f"{address}/Engines")
        user.page.get_by_role("heading", level=1).first.wait_for(timeout=WAIT_MS)
        user.settle()
        yield user
        context.close()


def block(user: User, port: str = "detection") -> Locator:
    return user.page.locator(f".st-key-engine-{port}")


def press(user: User, port: str, name: str) -> None:
    block(user, port).get_by_role("button", name=name, exact=True).click()
    user.page.wait_for_timeout(300)
    user.settle()


def pick(user: User, port: str, backend: str) -> None:
    """Take another back-end in the open form."""
    field = block(user, port).get_by_role("combobox", name="Back-end")
    field.scroll_into_view_if_needed()
    user.page.wait_for_timeout(800)  # a list that opens while the page scrolls closes again
    field.click()
    user.page.get_by_role("option", name=backend, exact=True).click()
    block(user, port).get_by_role("textbox", name="Model").wait_for(timeout=WAIT_MS)
    user.settle()


def set_model(user: User, backend: str, model: str) -> None:
    """Open the detector's form, fill it in and save it."""
    press(user, "detection", "Change")
    pick(user, "detection", backend)
    field = block(user).get_by_role("textbox", name="Model")
    field.fill(model)
    field.press("Enter")
    user.settle()
    press(user, "detection", "Save")


def go(user: User, page: str) -> None:
    user.page.get_by_role("link", name=page, exact=True).first.click()
    user.page.wait_for_timeout(500)
    user.settle()


def test_a_detector_is_chosen_works_breaks_and_the_rest_goes_on(user: User, model: Path, tmp_path: Path) -> None:
    local = tmp_path / "local.toml"
    local.write_text("# kept\n[limits]\nobjects = 9\n")
    expect(block(user)).to_contain_text("embedded")
    user.page.reload()
    user.page.get_by_role("button", name="Read them again").click()
    user.settle()
    set_model(user, "transformers", str(model))
    expect(block(user)).to_contain_text(f"Model: {model}")
    expect(block(user)).to_contain_text("Ready, loads at its first use")
    assert local.read_text().startswith('# kept\n[limits]\nobjects = 9\n\n[detection]\nbackend = "transformers"\n')

    press(user, "detection", "Test")
    expect(block(user)).to_contain_text("in the sample picture", timeout=LOADING_MS)
    expect(block(user)).to_contain_text("In memory")
    user.shoot("engines-tested")
    press(user, "detection", "Unload")
    expect(block(user)).to_contain_text("of weights", timeout=WAIT_MS)
    expect(block(user)).to_contain_text("Ready, loads at its first use")

    go(user, "Home")
    user.open_sample("Cat", "segment the cat")
    user.ask("segment the cat")
    trace = user.why()
    assert model.name in trace
    user.page.get_by_text(model.name).last.scroll_into_view_if_needed()
    user.shoot("engines-trace")
    go(user, "Engines")
    expect(block(user)).to_contain_text(re.compile(r"Last used .* by a turn"))

    gone = f"{model}-gone"
    set_model(user, "transformers", gone)
    expect(block(user)).to_contain_text(f"There is no model at {gone}. Check the path.")
    user.shoot("engines-broken")
    go(user, "Home")
    expect(user.page.get_by_text(f"There is no model at {gone}. Check the path.").first).to_be_visible()
    user.page.get_by_role("button", name="Astronaut", exact=True).first.click()
    user.page.get_by_role("button", name="segment the face").first.wait_for(timeout=WAIT_MS)
    user.settle()
    user.ask("segment the face")
    expect(user.message).to_contain_text("Check the path.")
    user.shoot("engines-broken-turn")

    go(user, "Engines")
    press(user, "detection", "Change")
    press(user, "detection", "Back to the tracked defaults")
    expect(block(user)).to_contain_text("embedded")
    go(user, "Chat")
    user.ask("segment the face")
    assert user.answer.startswith("Outlined 1 face")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["wide", "narrow"])
def test_the_page_fits(visit: Visit, size: tuple[int, int], dark: bool) -> None:
    name = f"{size[0]}-{'dark' if dark else 'light'}-engines"
    user = visit("/Engines", size, dark)
    check(user, f"{name}-1")
    press(user, "intent", "Change")
    pick(user, "intent", "zero_shot")
    block(user, "intent").scroll_into_view_if_needed()
    check(user, f"{name}-2-form")
    press(user, "editing", "Test")
    expect(block(user, "editing")).to_contain_text("Filled a hole", timeout=WAIT_MS)
    check(user, f"{name}-3-tested")
    assert not user.foreign


def test_who_comes_through_a_proxy_only_reads(chromium: Browser, address: str) -> None:
    """There every browser seems to be at the machine itself."""
    context = chromium.new_context(extra_http_headers={"X-Forwarded-For": "192.0.2.1"})
    user = User(context.new_page(), address)
    user.page.goto(f"{address}/Engines")
    expect(user.page.get_by_text("Read only.")).to_be_visible(timeout=WAIT_MS)
    user.settle()
    assert user.page.get_by_role("button", name="Test", exact=True).count() >= 5
    assert not user.page.get_by_role("button", name="Change", exact=True).count()
    user.shoot("engines-read-only")
    context.close()
