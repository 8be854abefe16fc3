"""The chat page: what a rerun, a slider and a request cost in a long chat; how long a kept one takes to open."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.sessions.store import SessionStore
from tests.bench import needs
from tests.bench.browsing import Traffic, chat_page, painted, send, settle, warm_app
from tests.bench.chats import BROWSER, OWNER, Library
from tests.bench.turns import clock
from tests.bench.visitor import Run, Visitor, visitor
from tests.browser.server import browser

ROUNDS, OPENINGS, LOADS = 15, 3, 9
STORED = 200  # turns
LONG, SHORT, ALL_SHOWN = "50_turns", "1_turn", "50_turns_all_shown"
REQUEST = "how sharp is this picture?"  # not asked before


@contextmanager
def _library() -> Iterator[Library]:
    """Pictures and answers in a folder that goes when they are not needed any more."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Library(Path(folder))
        try:
            yield kept
        finally:
            kept.store.close()


def page_rerun() -> dict[str, float]:
    """A chat of 50 turns on ten pictures of 12 megapixels against one of its last turn alone, in turn on one server.

    rerun: the whole page, unchanged. slider: one answer. turn: one more request, until it is answered. all_shown: with
    the earlier turns, which wait behind a button. ms: on the server, without a browser. browser: what one is sent.
    """
    needs.weights()
    needs.chromium()
    with _library() as kept:
        turns = {LONG: kept.answers, SHORT: kept.answers[-1:], ALL_SHOWN: kept.answers}
        with warm_app(kept.folder) as address, ExitStack() as opened:
            seen = {name: opened.enter_context(visitor(address, BROWSER)) for name in turns}
            for name, one in seen.items():
                chat = kept.chat(name, turns[name])
                one.open("Chat")
                one.click(f"chat-{chat}")
            seen[ALL_SHOWN].click("earlier")
            figures = _rounds(seen)
        with warm_app(kept.folder) as address, browser() as chromium:
            for name in (LONG, SHORT):
                chat = kept.chat(name, turns[name])
                page = chat_page(chromium, address)
                traffic = Traffic(page)
                page.goto(f"{address}/Chat")
                traffic.taken("")
                for what in ("open", "rerun"):  # the chat that is open already is drawn again, as it is
                    page.locator(f".st-key-chat-{chat} button").click()
                    figures |= traffic.taken(f"page_browser_{what}_{name}")
                page.get_by_test_id("stSlider").filter(has_text="Mask cut").last.get_by_role("slider").press(
                    "ArrowRight"
                )
                settle(page)
                figures |= traffic.taken(f"page_browser_slider_{name}")
                send(page, REQUEST)
                figures |= traffic.taken(f"page_browser_turn_{name}")
                page.context.close()
    return figures


def _rounds(seen: dict[str, Visitor]) -> dict[str, float]:
    """Each page once in every round, so that what disturbs one disturbs all."""
    runs: dict[str, list[Run]] = {}
    cuts = iter(0.2 + 0.6 * n / (ROUNDS + 1) / len(seen) for n in range((ROUNDS + 1) * len(seen)))
    for number in range(ROUNDS + 1):
        for name, one in seen.items():
            whole, part = one.rerun(), one.slide(one.key("mask_cut-"), next(cuts))  # new to all: nothing is remembered
            if number:  # the first round is not typical: it reads what was measured back from the disk
                runs.setdefault(f"page_rerun_{name}", []).append(whole)
                runs.setdefault(f"page_slider_{name}", []).append(part)
    for name, one in seen.items():
        runs[f"page_turn_{name}"] = [one.say("request", REQUEST)]
    figures: dict[str, float] = {}
    for name, taken in runs.items():
        figures[f"{name}_ms"] = statistics.median(run.ms for run in taken)
        figures[f"{name}_ws_kb"] = statistics.median(run.sent for run in taken) / 1000
    for what in ("rerun", "slider", "turn"):
        long, short = figures[f"page_{what}_{LONG}_ms"], figures[f"page_{what}_{SHORT}_ms"]
        figures[f"page_{what}_50_to_1_ratio"] = long / short
    return figures


def open_stored() -> dict[str, float]:
    """A kept chat of 200 turns against one of a single turn: read from the store, and opened on a new server.

    load: `SessionStore.load`. server: the page's whole run. shown: until a browser shows the first request; painted:
    until the last answer's picture is there and the script has ended.
    """
    needs.weights()
    needs.chromium()
    taken: dict[str, list[float]] = {}
    with _library() as kept:
        turns = kept.answers * (STORED // len(kept.answers))
        chats = {f"{STORED}_turns": kept.chat("long", turns), SHORT: kept.chat("short", turns[-1:])}
        store = SessionStore(kept.settings)
        store.chats(OWNER)  # the database is open
        for name, chat in chats.items():
            for _ in range(LOADS):
                with clock(taken.setdefault(f"load_{name}", [])):
                    store.load(OWNER, chat)
        store.close()
        for name, chat in [*chats.items()] * OPENINGS:
            with warm_app(kept.folder) as address, visitor(address, BROWSER) as one:
                one.open("Chat")
                taken.setdefault(f"server_{name}", []).append(one.click(f"chat-{chat}").ms)
            with warm_app(kept.folder) as address, browser() as chromium:
                page = chat_page(chromium, address)
                page.goto(f"{address}/Chat")
                settle(page)
                for what, ms in painted(page, chat).items():
                    taken.setdefault(f"{what}_{name}", []).append(ms)
    figures = {f"open_stored_{name}_ms": statistics.median(values) for name, values in taken.items()}
    for what in ("load", "server", "painted"):
        long, short = (figures[f"open_stored_{what}_{name}_ms"] for name in chats)
        figures[f"open_stored_{what}_{STORED}_to_1_ratio"] = long / short
    return figures
