"""A chat's exchanges: the request, the steps as they happen, then the answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared import actions, engines, turns
from pages.shared.state import Exchange, Session
from pages.shared.texts import count, escape, seconds
from pages.shared.views_answer import answer
from pages.shared.views_pictures import problem

USER_AVATAR, WORKBENCH_AVATAR = ":material/person:", ":material/center_focus_strong:"
POLL = 0.1  # seconds between two looks at a running job
MASKS_WAIT = 1.0


@dataclass
class Running:
    """The place on the page where a running exchange's steps appear."""

    exchange: Exchange
    status: DeltaGenerator
    begun: float = field(default_factory=time.monotonic)
    drawn: int = 0

    def draw(self) -> None:
        """Add new steps; say what is going on now. Every call writes: that is where Streamlit can end the script."""
        exchange = self.exchange
        for line in exchange.steps[self.drawn :]:
            self.status.caption(f":material/check: {escape(line)}")
        self.drawn = len(exchange.steps)
        self.status.update(label=f":shimmer[{escape(self._now())}] · {seconds(self._waited())}")  # type: ignore[attr-defined]

    def _waited(self) -> float:
        return time.monotonic() - self.begun

    def _now(self) -> str:
        handle, live = self.exchange.handle, self.exchange.live
        if handle is not None and not handle.started:
            ready = engines.warm_up().finished
            return "Waiting for a free engine" if ready else "Loading the engines, once"
        done = f" ({live.fraction:.0%})" if live.fraction else ""
        return f"{live.text or 'Starting'}{done}"


# Streamlit keeps a page where it is when content grows below. The script waits for the place to be drawn; the browser
# runs it once for each text, so that a slider or a click leaves the page where the reader has it.
SCROLL = """<script>
(function find(left) {
  const place = document.querySelector(".st-key-exchange-%s");
  if (place) { place.style.scrollMarginTop = "4rem"; place.scrollIntoView({behavior: "smooth", block: "start"}); }
  else if (left) { setTimeout(() => find(left - 1), 100); }
})(30); // %s
</script>"""


def scroll_to(exchange: Exchange) -> None:
    """Bring an exchange to the top of the view: when it begins, and again when its answer is there."""
    state = "running" if exchange.running else "done"
    st.html(SCROLL % (exchange.id, state), unsafe_allow_javascript=True)


def exchange_view(exchange: Exchange, latest: bool) -> Running | None:
    """One exchange; where it still runs, the place for its steps."""
    with st.container(key=f"exchange-{exchange.id}"):
        return _request_and_answer(exchange, latest)


def _request_and_answer(exchange: Exchange, latest: bool) -> Running | None:
    with st.chat_message("user", avatar=USER_AVATAR):
        st.text(exchange.text)
        if exchange.how:
            st.caption(escape(exchange.how))
    with st.chat_message("assistant", avatar=WORKBENCH_AVATAR):
        if exchange.running:
            running = Running(exchange, st.status(":shimmer[Starting]", expanded=True, type="compact"))
            st.button(
                "Stop", key=f"stop-{exchange.id}", icon=":material/stop_circle:", on_click=turns.stop, args=(exchange,)
            )
            running.draw()
            return running
        _steps(exchange)
        if exchange.problem is not None:
            problem(exchange.problem)
            st.button(
                "Try again", key=f"retry-{exchange.id}", type="primary", icon=":material/replay:",
                on_click=actions.ask_again, args=(exchange.id,),
            )  # fmt: skip
        else:
            answer(exchange.id, latest)
    return None


def _steps(exchange: Exchange) -> None:
    if not exchange.steps:
        return
    label = f"{count(len(exchange.steps), 'step')} in {seconds(exchange.seconds)}"
    with st.expander(label, type="compact", key=f"steps-{exchange.id}"):
        st.caption("  \n".join(f":material/check: {escape(line)}" for line in exchange.steps))


def pump(session: Session, running: list[Running]) -> None:
    """Show what runs until one of it ends, then draw the page anew.

    A click or another page ends this script at the next write; the job goes on, and the next run takes its events.
    """
    while running:
        for place in running:
            turns.collect(place.exchange, POLL / len(running))
            place.draw()
        if not all(place.exchange.running for place in running):
            st.rerun()
    if any(turns.wait_for_masks(exchange, MASKS_WAIT) for exchange in session.chat.exchanges):
        st.empty()  # where a click that came meanwhile goes first; a rerun asked for here would undo a change of page
        st.rerun()
