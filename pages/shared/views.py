"""A chat's exchanges: the request, the steps as they happen, then an answer for each picture."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from pages.shared import actions, chats, keeping, retuning, state, turns
from pages.shared.state import Chat, Exchange, Session
from pages.shared.texts import count, escape, seconds
from pages.shared.views_answer import answer
from pages.shared.views_many import together
from pages.shared.views_pictures import problem
from pages.shared.views_running import STOPPING, Place, Running, clear

USER_AVATAR, WORKBENCH_AVATAR = ":material/person:", ":material/center_focus_strong:"
ROW = 8  # the most buttons and words beside a request
NAMED = 3  # pictures; of more it is said how many
LONG_TEXT, LONG_HEIGHT = 900, 200  # characters; pixels
POLL = 0.1  # seconds between two looks at a running job
MASKS_WAIT = 1.0
ESCAPE = "Esc"


# Streamlit keeps a page where it is when content grows below. The script waits for the place to be drawn, and stays
# with it while the pictures above get their heights; the browser runs it once for each text, so that a slider or a
# click leaves the page where the reader has it. It also says for screen readers what happens: the page has no live
# region of its own.
SCROLL = """<script>
(function () {
  const said = document.getElementById("workbench-said") ?? document.body.appendChild(Object.assign(
    document.createElement("div"), {id: "workbench-said", role: "status", style: "position:fixed;left:-99rem"}));
  said.setAttribute("role", "status");
  said.textContent = %s;
  const end = Date.now() + 2500;
  let moved = false;
  for (const kind of ["wheel", "touchstart", "keydown", "pointerdown"])
    addEventListener(kind, () => { moved = true; }, {once: true, passive: true, capture: true});
  (function stay(last) {
    const place = document.querySelector(".st-key-exchange-%s");
    const top = place ? Math.round(place.getBoundingClientRect().top) : null;
    if (place && !moved && top !== last) {
      place.style.scrollMarginTop = "4rem";
      place.scrollIntoView({behavior: last === undefined ? "smooth" : "auto", block: "start"});
    }
    if (Date.now() < end && !moved) setTimeout(() => stay(top ?? undefined), 250);
  })();
})(); // %s
</script>"""


def scroll_to(exchange: Exchange) -> None:
    """Bring an exchange to the top of the view: when it begins, and again when its answer is there."""
    moment = "running" if exchange.running else "done"
    answers = " ".join(part.turn.answer.text for part in exchange.parts)
    said = (
        "Working on your request"
        if exchange.running
        else answers or (exchange.problem.message if exchange.problem else "")
    )
    words = json.dumps(said).replace("<", "\\u003c")
    st.html(SCROLL % (words, exchange.id, moment), unsafe_allow_javascript=True)


def exchange_view(chat: Chat, exchange: Exchange, latest: bool) -> Running | None:
    """One exchange; where it still runs, the place for its steps."""
    with st.container(key=f"exchange-{exchange.id}"):
        with st.chat_message("user", avatar=USER_AVATAR):
            _request(chat, exchange)
        with st.chat_message("assistant", avatar=WORKBENCH_AVATAR):
            return _reply(exchange, latest)


def _request(chat: Chat, exchange: Exchange) -> None:
    if exchange.editing:
        _edit_form(exchange)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="top", gap="small"):
        with st.container(height=LONG_HEIGHT if len(exchange.record.text) > LONG_TEXT else "content", border=False):
            st.text(exchange.record.text, width="stretch")
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", width="content"):
            _about_request(chat, exchange)
    said = [exchange.record.how] if exchange.record.how else []
    about = [_numbered(chat, part.picture) for part in exchange.parts if part.picture]
    if len(chat.pictures) > 1 and about:
        everything = len(about) == len(chat.pictures) and len(about) > NAMED
        said.append(f"about all {len(about)} pictures" if everything else "about " + ", ".join(about))
    if said:
        st.caption(escape("; ".join(said)))
    elif exchange.running:
        clear(1)


def _about_request(chat: Chat, exchange: Exchange) -> None:
    st.button(
        "Edit", key=f"edit-{exchange.id}", icon=":material/edit:", type="tertiary", on_click=_set_editing,
        args=(exchange, True), help="Change the words and send them again; what followed stays as a branch",
    )  # fmt: skip
    if not exchange.running and not exchange.elsewhere:
        st.button(
            "Run again", key=f"regenerate-{exchange.id}", icon=":material/refresh:", type="tertiary",
            on_click=_again, args=(exchange,), help="Run it again; the answer now stays behind the new one",
        )  # fmt: skip
    _turns_between(chat, exchange)
    if exchange.running:
        clear(ROW)


def _again(exchange: Exchange) -> None:
    turns.again(exchange)


def _numbered(chat: Chat, picture: object) -> str:
    number = next((n for n, known in enumerate(chat.pictures, 1) if known == picture), 0)
    name = getattr(picture, "name", "")
    return f"{number} · {name}" if number else name


def _set_editing(exchange: Exchange, editing: bool) -> None:
    exchange.editing = editing


def _edit_form(exchange: Exchange) -> None:
    key = f"words-{exchange.id}"
    words = st.text_area("Your request", exchange.record.text, key=key, height="content")
    with st.container(horizontal=True):
        st.button(
            "Send", key=f"resend-{exchange.id}", type="primary", icon=":material/send:", disabled=not words.strip(),
            on_click=_resend, args=(exchange, key),
        )  # fmt: skip
        st.button("Cancel", key=f"unedit-{exchange.id}", type="tertiary", on_click=_set_editing, args=(exchange, False))


def _resend(exchange: Exchange, key: str) -> None:
    turns.resend(exchange, st.session_state[key])


def _turns_between(chat: Chat, exchange: Exchange) -> None:
    """The way to the versions behind this one, and to the branches beside it."""
    tree, node = chat.tree, exchange.record.node
    versions = [record.id for record in tree.versions(node)]
    if len(versions) > 1:
        _pager("Version", versions, versions.index(exchange.id), exchange, chats.show_version)
    siblings = tree.siblings(node)
    if len(siblings) > 1:
        _pager("Branch", siblings, siblings.index(node), exchange, chats.show_branch)


def _pager(name: str, ids: list[str], now: int, exchange: Exchange, show: object) -> None:
    for step, word in ((-1, "Earlier"), (1, "Later")):
        to = now + step
        st.button(
            word, key=f"{name}-{word}-{exchange.id}", type="tertiary", disabled=not 0 <= to < len(ids),
            help=f"{word} {name.lower()}", on_click=show, args=(exchange, ids[to % len(ids)]),  # type: ignore[arg-type]
        )  # fmt: skip
        if step < 0:
            st.caption(f"{name} {now + 1} of {len(ids)}")


def _reply(exchange: Exchange, latest: bool) -> Running | None:
    if exchange.running:
        status = st.status(":shimmer[Starting]", expanded=True, type="compact")
        st.button(
            "Stop", key=f"stop-{exchange.id}", icon=":material/stop_circle:", on_click=turns.stop, args=(exchange,),
            shortcut=ESCAPE if latest else None, disabled=exchange.stopped is not None,
        )  # fmt: skip
        running = Running(exchange, status, st.empty())
        running.draw()
        clear(ROW)
        return running
    if exchange.stopping:
        st.caption(f":shimmer[{STOPPING}]. What was measured is shown here once it has; ask on meanwhile.")
        return None
    if exchange.elsewhere:
        st.caption(":shimmer[This request runs in another tab]")
        return None
    _steps(exchange)
    problem(exchange.unkept)
    if exchange.problem is not None:
        problem(exchange.problem)
        st.button(
            "Try again", key=f"retry-{exchange.id}", type="primary", icon=":material/replay:",
            on_click=actions.ask_again, args=(exchange.id,),
        )  # fmt: skip
    if len(exchange.parts) > 1:
        together(exchange)
    for part in exchange.parts:
        if len(exchange.parts) > 1 and part.picture is not None:
            st.markdown(f"**{escape(part.picture.name)}**")
        answer(part.id, latest and len(exchange.parts) == 1)
    return None


def _steps(exchange: Exchange) -> None:
    if not exchange.steps:
        return
    label = f"{count(len(exchange.steps), 'step')} in {seconds(sum(part.seconds for part in exchange.parts))}"
    with st.expander(label, type="compact", key=f"steps-{exchange.id}"):
        st.caption("  \n".join(f":material/check: {escape(line)}" for line in exchange.steps))


def pump(session: Session, chat: Chat, places: Sequence[Place]) -> None:
    """Show what runs until one of it ends, then draw the page anew.

    A click or another page ends this script at the next write; the job goes on, and the next run takes its events.
    """
    session.pumping = bool(places)
    try:
        while places:
            for place in places:
                place.collect(POLL / len(places))
                place.draw()
            if not all(place.running for place in places):
                st.rerun()
    finally:
        session.pumping = False
    waited = [retuning.wait_for(part, MASKS_WAIT) for exchange in chat.path() for part in exchange.parts if part.job]
    if any(waited):
        st.empty()  # where a click that came meanwhile goes first; a rerun asked for here would undo a change of page
        st.rerun()


LOOK_AGAIN = 2.0  # seconds


@st.fragment(run_every=LOOK_AGAIN)
def watch(chat_id: str) -> None:
    """Draws the page anew when another tab changed the chat, when what was stopped has ended, or when nobody shows what
    runs (Streamlit's own Stop)."""
    session = state.begin()
    chat = session.opened.get(chat_id)
    if chat is None or session.full_run or session.pumping:
        return
    left = any(exchange.running for exchange in chat.path()) or any(sound.running for sound in chat.sounds)
    ended = any(e.handle is not None and e.handle.finished for e in chat.exchanges.values())
    if left or ended or (chat.saved and keeping.changed(session, chat)):
        st.rerun()
