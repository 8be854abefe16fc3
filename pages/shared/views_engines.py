"""The Engines page: one block a port, with its state, what can be done with it, and its form."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from core.dialogue.engines import Absent
from core.engine_facts import LOADED, LOADING, NOT_LOADED, EngineFacts, facts_of, size_text
from core.errors import SettingsError
from core.settings import Settings, load_settings
from core.settings_file import RUNTIME, set_in
from core.shared_models.local import DOWNLOAD
from core.shared_models.memory import resident
from core.types.engine import EngineStatus
from pages.shared import access, engine_work, engines
from pages.shared import views_engines_form as form
from pages.shared.access import Verdict
from pages.shared.engine_trials import TRIALS
from pages.shared.engine_work import Work
from pages.shared.state import Problem
from pages.shared.texts import escape, seconds
from pages.shared.views_pictures import problem
from pages.shared.views_status import FETCH, FETCH_WEIGHTS

POLL = 0.5
STATES = {LOADED: "In memory", LOADING: "Loading", NOT_LOADED: "Ready, loads at its first use"}
RUNTIME_TITLE = "Models of this process"
MINUTE, HOUR = 60, 3600


def everything() -> None:
    """The page below its title."""
    may = access.verdict()
    st.caption("Each step of an answer is served by one engine. What is changed here counts for everyone, from the next"
               " request on; requests that run keep what they began with.")  # fmt: skip
    if not may.allowed:
        st.info(escape(f"Read only. {may.why}"), icon=":material/lock:")
    files = _files(may)
    try:
        used = engines.settings()
    except SettingsError:
        return
    told = {port: engines.serving(port).status() for port in used.ports}
    _memory(used, told)
    for port, status in told.items():
        _port(port, status, used, files, may)
    with st.container(border=True, gap="small", key="engine-local"):
        _runtime(used, files, may)
    st.caption(escape(f"Settings: {', '.join(used.sources)}"))


def _files(may: Verdict) -> Settings | None:
    """What the settings files say now; None where they are wrong, which is said."""
    try:
        files = load_settings()
    except SettingsError as error:
        problem(Problem(error.message, error.remedy))
        st.caption("Until that is mended by hand, nothing can be changed here; the file stays as it is.")
        return None
    try:
        stale = files != engines.settings()
    except SettingsError:
        stale = False  # mended between the two readings
    if stale:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info("The settings files were changed since they were read.", icon=":material/edit_note:")
            if may.allowed:
                st.button("Read them again", key="reread", icon=":material/refresh:", on_click=form.reread)
    return files


def _memory(used: Settings, told: dict[str, EngineStatus]) -> None:
    memo = engines.engines().memo
    models = sum(facts_of(status).memory for status in told.values())
    whole = resident()
    parts = [f"Memory: this process {size_text(whole)}"] if whole else ["Memory"]
    parts += [f"loaded models {size_text(models)}"] if models else []
    parts += [f"remembered measurements {size_text(memo.used)} of {size_text(memo.max_bytes)}"]
    st.caption(escape(" · ".join(parts)))


def title_of(port: str) -> str:
    """What a user calls a port."""
    return engines.PORTS[port][0] if port in engines.PORTS else engines.EXTRA[port][0]


def _port(port: str, status: EngineStatus, used: Settings, files: Settings | None, may: Verdict) -> None:
    facts, engine, work = facts_of(status), engines.serving(port), engine_work.works().get(port)
    with st.container(border=True, gap="small", key=f"engine-{port}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(gap="xxsmall", width="stretch"):
                icon = ":green[:material/check_circle:]" if status.ready else ":orange[:material/error:]"
                st.markdown(f"{icon} **{escape(title_of(port))}** :gray[{escape(used.ports[port].backend)}]")
            _buttons(port, engine, work, status, facts, may, files is not None)
        _told(port, status, facts, absent=isinstance(engine, Absent))
        if work is not None and work.running:
            _progress(port)
        elif work is not None:
            _came_of(work)
        if files is not None and may.allowed and form.is_open(port):
            form.port_form(port, files, set_in(files))


def _buttons(
    port: str, engine: Any, work: Work | None, status: EngineStatus, facts: EngineFacts, may: Verdict, files: bool
) -> None:
    busy = work is not None and work.running
    with st.container(horizontal=True, width="content", gap="xsmall"):
        if not isinstance(engine, Absent) and port in TRIALS:
            missing = not status.ready and status.remedy_action == DOWNLOAD
            st.button("Test", key=f"test-{port}", disabled=busy or missing, on_click=engine_work.test, args=(port,),
                      help="One tiny call, for real" if not missing else "Download the weights first")  # fmt: skip
        if not status.ready and status.remedy_action == FETCH_WEIGHTS and not engines.fetching().running:
            st.button(FETCH, key=f"fetch-{port}", on_click=engines.fetch_weights)
        if status.remedy_action == DOWNLOAD and engine_work.can(engine, "download"):
            st.button("Download", key=f"download-{port}", disabled=busy or not may.allowed, on_click=_allowed,
                      args=("download", port))  # fmt: skip
        if facts.memory and engine_work.can(engine, "unload"):
            st.button("Unload", key=f"unload-{port}", disabled=busy or not may.allowed, on_click=_allowed,
                      args=("unload", port), help="Out of memory; its next use loads it again")  # fmt: skip
        if may.allowed and files:
            form.opener(port)


def _allowed(what: str, port: str) -> None:
    """A button's work, where this browser may ask for it; the page that it was drawn on may be old."""
    if access.verdict().allowed:
        {"download": engine_work.download, "unload": engine_work.unload, "cancel": engine_work.cancel}[what](port)


def _told(port: str, status: EngineStatus, facts: EngineFacts, absent: bool) -> None:
    lines = []
    if not status.ready or status.reason:
        said = f"{status.reason} {status.remedy}".strip()
        lines.append(escape(said[:1].upper() + said[1:]))
    model = " · ".join(filter(None, (facts.model, facts.placement)))
    lines.append(f"Model: {escape(model)}" if model else "")
    weights = _weights(facts)
    lines.append(f"Weights: {escape(weights)}" if weights else "")
    if not absent:
        lines.append(escape(" · ".join(filter(None, (_state(status, facts), _last_call(port))))))
    st.caption("  \n".join(filter(None, lines)))


def _state(status: EngineStatus, facts: EngineFacts) -> str:
    state = STATES.get(facts.state, "Ready" if status.ready else "")
    return f"{state}, {size_text(facts.memory)}" if facts.memory else state


def _last_call(port: str) -> str:
    called = engine_work.calls().get(port)
    if called is None:
        return "Not used yet"
    return f"Last used {_ago(called.at)} by {called.what}, {seconds(called.seconds)}"


def _weights(facts: EngineFacts) -> str:
    if not facts.weights:
        return "not here" if facts.device else ""
    return f"{size_text(facts.nbytes)} in {facts.weights}" if facts.nbytes else facts.weights


def _ago(moment: float) -> str:
    passed = max(0.0, time.time() - moment)
    if passed < MINUTE:
        return "just now"
    if passed < HOUR:
        return f"{passed / MINUTE:.0f} min ago"
    return f"{passed / HOUR:.0f} h ago"


@st.fragment(run_every=POLL)
def _progress(port: str) -> None:
    work = engine_work.works().get(port)
    if work is None or not work.running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, max(0.0, work.fraction or 0.0)), text=escape(work.text))
        st.button("Cancel", key=f"cancel-{port}", icon=":material/cancel:", on_click=_cancel, args=(port, work.kind))


def _cancel(port: str, kind: str) -> None:
    if kind == "test":
        engine_work.cancel(port)  # open to all, as the test is
    else:
        _allowed("cancel", port)


def _came_of(work: Work) -> None:
    if work.problem is not None:
        problem(work.problem)
    elif work.said:
        took = seconds(work.seconds).replace(" ", "\u00a0")
        st.caption(f":green[:material/done:] {escape(f'{work.said} ({took})')}")


def _runtime(used: Settings, files: Settings | None, may: Verdict) -> None:
    runtime = used.runtime
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(f":gray[:material/memory:] **{RUNTIME_TITLE}**")
        if may.allowed and files is not None:
            form.opener(RUNTIME)
    words = [
        "Nothing is downloaded" if runtime.offline else "Weights are downloaded where they are missing",
        f"freed memory is {'kept' if runtime.keep_memory else 'given back'}",
        f"{runtime.threads} threads" if runtime.threads else "as many threads as torch chooses",
        f"a preview where a detection takes more than {runtime.preview_seconds:g} s",
        f"up to {runtime.encodings_mb:g} MB of picture encodings",
    ]
    st.caption(escape(f"{'; '.join(words)}."))
    if files is not None and may.allowed and form.is_open(RUNTIME):
        form.runtime_form(files, set_in(files))
