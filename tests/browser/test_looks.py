"""Light and dark, wide and narrow: nothing sticks out, nothing overlaps, nothing is fetched from elsewhere."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DESKTOP, PHONE, User, Visit

# Visible texts and controls of the page's own column that leave the window, and buttons that cover each other
STICKING_OUT = """() => {
  const seen = [...document.querySelectorAll('[data-testid=stMain] :is(button, p, img, h1, h2, [role=slider])')]
    .filter(e => e.checkVisibility() && e.getClientRects().length && !e.closest('[data-testid=stDataFrame]'));
  return seen.filter(e => { const r = e.getBoundingClientRect(); return r.right > innerWidth + 1 || r.left < -1; })
    .map(e => e.outerHTML.slice(0, 120));
}"""
OVERLAPPING = """() => {
  const all = [...document.querySelectorAll('[data-testid=stMain] button')]
    .filter(e => e.checkVisibility() && e.innerText.trim() && !e.closest('[data-testid=stBottom]'))
    .map(e => [e.innerText, e.getBoundingClientRect()]);
  const found = [];
  all.forEach(([a, r], i) => all.slice(i + 1).forEach(([b, s]) => {
    if (Math.min(r.right, s.right) - Math.max(r.left, s.left) > 2
        && Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top) > 2) found.push([a, b]);
  }));
  return found;
}"""


def check(user: User, name: str) -> None:
    user.page.wait_for_timeout(800)
    user.shoot(name)
    width = user.page.viewport_size["width"] if user.page.viewport_size else 0
    assert user.page.evaluate("document.documentElement.scrollWidth") <= width
    assert user.page.evaluate(STICKING_OUT) == []
    assert user.page.evaluate(OVERLAPPING) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["wide", "narrow"])
def test_every_screen_fits(visit: Visit, size: tuple[int, int], dark: bool) -> None:
    name = f"{size[0]}-{'dark' if dark else 'light'}"
    user = visit(size=size, dark=dark)
    check(user, f"{name}-1-home")
    user.open_sample("Astronaut", "segment the face")
    check(user, f"{name}-2-opened")
    user.ask("segment the face")
    check(user, f"{name}-3-answer")
    user.why()
    user.page.get_by_text("Detector calls for this answer").last.scroll_into_view_if_needed()
    check(user, f"{name}-4-why")
    user.ask("remove the face")
    check(user, f"{name}-5-removed")
    user.ask("find the zebra")
    user.click("Draw a box")
    check(user, f"{name}-6-drawing")
    user.page.get_by_text("What can I say?").last.click()
    user.page.get_by_text("Click a sentence to send it").wait_for()
    check(user, f"{name}-7-help")
    assert not user.foreign
    background = user.page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert (sum(int(v) for v in background[4:-1].split(",")) < 200) == dark
