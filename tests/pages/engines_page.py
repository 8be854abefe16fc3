"""What a user does on the Engines page, and a server that begins anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pages.shared import engine_work
from pages.shared import engines as shared

if TYPE_CHECKING:
    from tests.pages.conftest import App

ENGINES = "pages/5_Engines.py"
LOCAL = '[detection]\nbackend = "local"  # ours\n'
PLAIN = str.maketrans("", "", "\\\u2060")  # what makes foreign text safe in labels
Visit = Callable[..., "App"]


def forget() -> None:
    """As when the server begins."""
    for cached in (shared.settings, shared.engines, shared._port, shared._measuring):
        cached.clear()
    engine_work.works.clear()
    engine_work.calls.clear()


def words(app: App) -> str:
    """Everything that is said, errors aside."""
    return " ".join(e.value for e in (*app.at.markdown, *app.at.caption, *app.at.info)).translate(PLAIN)


def choose(app: App, backend: str) -> App:
    """Open the detector's form and take another back-end."""
    app.press_key("change-detection")
    app.at.selectbox(key=key_of(app, "backend")).set_value(backend)
    return app.run()


def key_of(app: App, *end: str) -> str:
    """The key of a field or button of the open form."""
    every = (*app.at.selectbox, *app.at.text_input, *app.at.number_input, *app.at.toggle, *app.at.button)
    (found,) = [w.key for w in every if w.key and w.key.startswith("set-") and w.key.endswith("-".join(("", *end)))]
    return found


def save(app: App) -> App:
    return app.press_key(key_of(app, "save"))


def finished(port: str) -> None:
    """Wait for what runs for a port."""
    handle = engine_work.works()[port].handle
    assert handle is not None and handle.wait(60)
