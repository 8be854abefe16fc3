"""The form of one port (or of `[local]`): which back-end, its own keys, and saving them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from core.errors import SettingsError, WorkbenchError
from core.registry import allowed_backends, allowed_options
from core.settings import DEFAULTS, Settings
from core.settings_file import RUNTIME, fingerprint, save
from pages.shared import access, engine_work
from pages.shared.state import Problem
from pages.shared.texts import escape
from pages.shared.views_engines_fields import check, field, given
from pages.shared.views_pictures import problem

KEY = "engine-form"
COLUMNS, WIDTH = 3, 220
NEXT_START = "Threads and kept memory count from the next start of the server, once the first model was loaded."


@dataclass
class Form:
    """The form that is open. number: counts up, so that a new form does not show an old one's fields.

    seen: the local file's fingerprint when the form was opened, or when its reader was told of a change.
    """

    name: str
    number: int
    seen: str | None = None
    problem: Problem | None = None

    def key(self, *parts: str) -> str:
        return "-".join(("set", self.name, str(self.number), *parts))


def current() -> Form | None:
    found: Form | None = st.session_state.get(KEY)
    return found


def is_open(name: str) -> bool:
    form = current()
    return form is not None and form.name == name


def opener(name: str) -> None:
    """The button that opens and closes a form; nothing where there is nothing to choose."""
    backends = allowed_backends(name)
    if name != RUNTIME and len(backends) == 1 and not allowed_options(name, backends[0]):
        return
    st.button(
        "Close" if is_open(name) else "Change", key=f"change-{name}", type="tertiary", on_click=_toggle, args=(name,)
    )


def _toggle(name: str) -> None:
    form = current()
    number = st.session_state.get(f"{KEY}-number", 0) + 1
    st.session_state[f"{KEY}-number"] = number
    st.session_state[KEY] = None if form is not None and form.name == name else Form(name, number)


def port_form(port: str, files: Settings, where: Mapping[str, str]) -> None:
    """Drawn where it is open. files: what the settings files say; where: which of them sets what."""
    form, chosen = _opened(files), files.ports[port]
    setter = where.get(port, str(DEFAULTS))
    if ":" in chosen.backend:
        st.caption(escape(f"An engine of your own, {chosen.backend}, set in {setter}. A class is never set from a"
                          " page: change that file."))  # fmt: skip
        return
    if _set_elsewhere(port, setter, files):
        return
    names = allowed_backends(port)
    with st.grid(COLUMNS, min_column_width=WIDTH):
        key = form.key("backend")
        backend = st.selectbox("Back-end", names, names.index(chosen.backend), key=key)
        now = chosen.options if backend == chosen.backend else {}
        own = allowed_options(port, backend) or {}
        values = {name: type(default)(now.get(name, default)) for name, default in own.items()}  # 1 may stand for 1.0
        for name, value in values.items():
            if not isinstance(value, dict):
                field(port, backend, name, value, form.key(backend, name))
    for name, value in values.items():
        if isinstance(value, dict):
            field(port, backend, name, value, form.key(backend, name))
    keys = {name: form.key(backend, name) for name in values}
    _ends(form, files, local=setter == str(files.local), read=lambda: _port_values(port, backend, values, keys))


def _port_values(port: str, backend: str, values: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    options = {name: given(name, value, keys[name]) for name, value in values.items()}
    return {"backend": backend, **options}


def runtime_form(files: Settings, where: Mapping[str, str]) -> None:
    """The same for `[local]`."""
    form, setter = _opened(files), where.get(RUNTIME, str(DEFAULTS))
    if _set_elsewhere(RUNTIME, setter, files):
        return
    values = asdict(files.runtime)
    with st.grid(COLUMNS, min_column_width=WIDTH):
        for name, value in values.items():
            field(RUNTIME, "", name, value, form.key(name))
    st.caption(NEXT_START)
    _ends(form, files, setter == str(files.local),
          lambda: {name: given(name, value, form.key(name)) for name, value in values.items()})  # fmt: skip


def _opened(files: Settings) -> Form:
    form = current()
    assert form is not None
    if form.seen is None:
        form.seen = fingerprint(files.local)
    return form


def _set_elsewhere(name: str, setter: str, files: Settings) -> bool:
    """Whether a file that counts more than the page's own sets the table; said where so."""
    other = setter not in (str(DEFAULTS), str(files.local))
    if other:
        st.caption(escape(f"[{name}] is set by {setter}, which counts more than what a page saves: change it there."))
    return other


def _ends(form: Form, files: Settings, local: bool, read: Callable[[], dict[str, Any]]) -> None:
    """What ends a form, and why it did not."""
    problem(form.problem)
    with st.container(horizontal=True):
        st.button("Save", key=form.key("save"), type="primary", on_click=_save, args=(form, files, read))
        if local:
            st.button(
                "Back to the tracked defaults", key=form.key("reset"), on_click=_save, args=(form, files, lambda: None)
            )


def _save(form: Form, files: Settings, read: Callable[[], dict[str, Any] | None]) -> None:
    """Write what the form says, and let it count; an error stays beside the form, with what was typed."""
    if not access.verdict().allowed:
        return
    form.problem = None
    try:
        values = read()
    except SettingsError as error:
        form.problem = Problem(error.message, error.remedy)
        return
    try:
        save(files.local, {form.name: values}, form.seen or "", lambda settings: check(form.name, settings))
        changed = engine_work.taken_over()
    except WorkbenchError as error:
        form.problem = Problem(error.message, error.remedy)
        form.seen = None  # the page that comes now shows what the file says
        return
    st.session_state[KEY] = None
    st.toast("Saved. It counts from the next request on." if changed else "Saved.")


def reread() -> None:
    """Let files that were changed by hand count."""
    if access.verdict().allowed:
        try:
            engine_work.taken_over()
        except SettingsError:
            return  # the page that comes now says it
