"""The app with faked engines, driven from Home.py as a user would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.dialogue.engines import Engines
from core.generation.embedded import EmbeddedDescriber
from core.pictures import encode_png
from core.registry import BACKENDS, EngineContext
from core.sessions.store import SessionStore
from core.settings import ASSETS, ROOT, load_settings
from pages.shared import access, engine_work
from pages.shared import engines as shared
from pages.shared.access import Verdict
from pages.shared.state import KEY, WAIT, Exchange, Part, Session
from tests.fakes import FakeDetector, fake_engines
from tests.pages.engines_page import ENGINES, forget
from tests.pages.local_engine import BACKEND, LocalDetector

CHAT = "pages/1_Chat.py"
SECONDS = 20.0
OBJECTS = (
    ("cat", (20.0, 10.0, 60.0, 50.0), 0.8),
    ("cat", (70.0, 10.0, 110.0, 60.0), 0.4),
    ("cat", (10.0, 55.0, 40.0, 78.0), 0.12),
    ("dog", (60.0, 40.0, 100.0, 75.0), 0.2),
)


class Over:
    """A warm-up that has ended."""

    finished = True


def png(width: int = 120, height: int = 80, colour: tuple[int, int, int] = (90, 90, 90)) -> bytes:
    """A plain picture's file."""
    return encode_png(np.full((height, width, 3), colour, np.uint8))


def plain_engines(**parts: Any) -> Engines:
    """Faked engines that speak with the real describer."""
    parts.setdefault("describer", EmbeddedDescriber(EngineContext(ROOT, ASSETS)))
    return fake_engines(OBJECTS, **parts)


@dataclass
class App:
    """One browser session of the app, and what a user does in it."""

    at: AppTest

    @property
    def session(self) -> Session:
        session: Session = self.at.session_state[KEY]
        return session

    @property
    def last(self) -> Exchange:
        return self.session.chat.path()[-1]

    @property
    def part(self) -> Part:
        """The last answer."""
        return self.last.parts[-1]

    def run(self) -> App:
        self.at.run()
        assert not self.at.exception, self.at.exception
        return self

    def go(self, page: str) -> App:
        self.at.switch_page(page)
        return self.run()

    def go_home(self) -> App:
        """`switch_page` knows files only, and Home is a function: its hash is the one without a file."""
        pages = self.at._registered_pages
        self.at._page_hash = next(key for key, page in pages.items() if not page.get("script_path"))
        return self.run()

    def upload(self, data: bytes, name: str = "picture.png") -> App:
        """Through the popover at the bottom, or the empty chat's own field."""
        key = "upload-empty" if self.session.chat.empty else "upload-bottom"
        self.at.file_uploader(key=key).upload(name, data, "image/png")
        return self.run()

    def ask(self, text: str) -> App:
        self.at.chat_input(key="request").set_value(text)
        return self.run()

    def press(self, label: str) -> App:
        """The last button whose label begins so (markdown's backslashes aside)."""
        found = [b for b in self.at.button if b.label.replace("\\", "").startswith(label)]
        assert found, f"no button '{label}' among {[b.label for b in self.at.button]}"
        found[-1].click()
        return self.run()

    def press_key(self, key: str) -> App:
        self.at.button(key=key).click()
        return self.run()

    def waits(self) -> App:
        """As chosen beside the field: a request sent while one runs waits for it."""
        self.session.while_running = WAIT
        return self

    def slide(self, name: str, value: float, part: Part | None = None) -> App:
        """Move a slider of an answer, and wait until the masks of new boxes are there."""
        self.at.slider(key=f"{name}-{(part or self.part).id}").set_value(value)
        return self.run()

    @property
    def said(self) -> list[str]:
        """Every plain text on the page, requests and answers."""
        return [element.value for element in self.at.text]

    @property
    def labels(self) -> list[str]:
        return [button.label.replace("\\", "") for button in self.at.button]

    @property
    def captions(self) -> str:
        return " ".join(element.value for element in self.at.caption).replace("\\", "").replace("\u2060", "")

    @property
    def doing(self) -> list[str]:
        """What each running request says of itself."""
        return [status.label.replace("\\", "").replace("\u2060", "") for status in self.at.status]

    @property
    def markdown(self) -> str:
        return "\n".join(element.value for element in self.at.markdown).replace("\\", "").replace("\u2060", "")

    @property
    def errors(self) -> str:
        return " ".join(element.value for element in self.at.error).replace("\\", "")

    def table(self) -> Any:
        """The last table of objects."""
        return self.at.dataframe[-1].value


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    """Faked engines, served to every session."""
    parts = plain_engines()
    serve(monkeypatch, parts)
    return parts


@pytest.fixture(autouse=True)
def kept_chats(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SessionStore:
    """A store of the test's own, and a browser of its own in each test."""
    store = SessionStore(load_settings(environ={"VLP_WORKBENCH_DATA": str(tmp_path)}))
    monkeypatch.setattr(shared, "store", lambda: store)
    return store


def serve(monkeypatch: pytest.MonkeyPatch, parts: Engines) -> None:
    monkeypatch.setattr(shared, "engines", lambda: parts)
    monkeypatch.setattr(shared, "warm_up", Over)
    monkeypatch.setattr(shared, "tidy", Over)


@pytest.fixture
def visit(engines: Engines) -> Callable[..., App]:
    """Open the app in a new session, at the chat (or Home), with a plain picture opened unless told not to."""

    def open_app(page: str | None = CHAT, picture: bool = True) -> App:
        app = App(AppTest.from_file(str(ROOT / "Home.py"), default_timeout=SECONDS)).run()
        if page is not None:
            app.go(page)
        if page is not None and picture:
            app.upload(png())
        return app

    return open_app


def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for another thread."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def detector_of(parts: Engines) -> FakeDetector:
    fake = parts.detector.engine  # type: ignore[attr-defined]
    assert isinstance(fake, FakeDetector)
    return fake


def calls(parts: Engines) -> int:
    """How often the detector was asked; what the memo knew is not counted."""
    return len(detector_of(parts).calls)


OWNER = "browser " + "a" * 32


@pytest.fixture
def one_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every session is the same browser's."""
    monkeypatch.setattr("pages.shared.state.owner_id", lambda: OWNER)


@pytest.fixture
def restart(monkeypatch: pytest.MonkeyPatch, kept_chats: SessionStore, tmp_path: Path) -> Callable[[], Engines]:
    """The server ends and begins again: engines remember nothing, the store is read anew."""

    def again() -> Engines:
        shared.store().close()
        store = SessionStore(load_settings(environ={"VLP_WORKBENCH_DATA": str(tmp_path)}))
        monkeypatch.setattr(shared, "store", lambda: store)
        parts = plain_engines()
        serve(monkeypatch, parts)
        return parts

    return again


def reopen(visit: Callable[..., App], title: str) -> App:
    """Another session of the same user opens a chat from the sidebar."""
    app = visit(picture=False)
    app.press(title)
    return app


@pytest.fixture
def settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The local settings file; the real engines, not warmed up, and a detector with a model that can be chosen."""
    path = tmp_path / "workbench.local.toml"
    monkeypatch.setenv("VLP_WORKBENCH_LOCAL", str(path))
    monkeypatch.delenv("VLP_WORKBENCH_SETTINGS", raising=False)
    monkeypatch.setitem(BACKENDS, ("detection", "local"), BACKEND)
    monkeypatch.setattr(access, "verdict", lambda: Verdict(True))
    for name in ("warm_up", "tidy"):
        monkeypatch.setattr(shared, name, Over)
    LocalDetector.here, LocalDetector.made = {"tiny"}, []
    LocalDetector.go.clear()
    forget()
    yield path
    LocalDetector.go.set()
    for work in engine_work.works().values():
        assert work.handle is not None and work.handle.wait(5)
    forget()


@pytest.fixture
def visit_engines(settings_file: Path) -> Callable[..., App]:
    """Open the Engines page in a new session; `text` is written into the settings file before."""

    def open_page(text: str | None = None) -> App:
        if text is not None:
            settings_file.write_text(text)
        return App(AppTest.from_file(str(ROOT / "Home.py"), default_timeout=SECONDS)).run().go(ENGINES)

    return open_page
