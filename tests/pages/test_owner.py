"""Whose chats they are: the signed-in user's, or the browser's, by a random id in a cookie; nobody sees another's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import streamlit as st

from core.sessions.store import SessionStore
from pages.shared import owner
from pages.shared.owner import COOKIE, PENDING, owner_id
from pages.shared.state import Chat
from tests.pages.conftest import App, png

Visit = Callable[..., App]
KNOWN = "0123456789abcdef" * 2
FRESH = re.compile(r"browser [0-9a-f]{32}")


class Somebody(dict[str, Any]):
    """What `st.user` is of a user."""

    def to_dict(self) -> dict[str, Any]:
        return dict(self)


class Request:
    """What `st.context` is of a browser."""

    def __init__(self, cookies: Mapping[str, str]) -> None:
        self.cookies = dict(cookies)


@pytest.fixture
def arrives(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A browser comes with its cookies, and a user who is signed in, or not; who they are taken for."""

    def come(cookie: str | None = None, **user: Any) -> str:
        monkeypatch.setattr(st, "session_state", {})
        monkeypatch.setattr(st, "user", Somebody(user))
        monkeypatch.setattr(st, "context", Request({COOKIE: cookie} if cookie is not None else {}))
        return owner_id()

    return come


def test_a_browser_with_its_cookie_is_known_again(arrives: Callable[..., str]) -> None:
    assert arrives(KNOWN) == arrives(KNOWN) == f"browser {KNOWN}"
    assert PENDING not in st.session_state  # nothing new to remember


@pytest.mark.parametrize(
    "cookie",
    [None, "", "1234", KNOWN.upper(), KNOWN + "0", f"{KNOWN}\n", f" {KNOWN}", "g" * 32, "user https://a b", "é" * 32],
)
def test_a_browser_without_a_sound_cookie_gets_a_new_id(arrives: Callable[..., str], cookie: str | None) -> None:
    one = arrives(cookie)
    assert FRESH.fullmatch(one) and one == f"browser {st.session_state[PENDING]}"
    assert arrives(cookie) != one


def test_a_signed_in_user_is_who_the_provider_says_in_every_browser(arrives: Callable[..., str]) -> None:
    claims = {"is_logged_in": True, "iss": "https://one.example", "sub": "7", "email": "a@example.org"}
    here = arrives(KNOWN, **claims)
    assert here == arrives(None, **claims) and "browser" not in here
    assert here != arrives(None, **claims | {"sub": "8"})
    assert here != arrives(None, **claims | {"iss": "https://two.example"})
    assert arrives(KNOWN, **claims | {"is_logged_in": False}) == f"browser {KNOWN}"


def test_a_provider_without_a_subject_tells_users_apart_by_address(arrives: Callable[..., str]) -> None:
    claims = {"is_logged_in": True, "iss": "https://one.example"}
    assert arrives(**claims, email="a@example.org") != arrives(**claims, email="b@example.org")


def test_users_of_whom_nothing_is_known_share_nothing(arrives: Callable[..., str]) -> None:
    assert arrives(is_logged_in=True, iss="https://one.example") != arrives(
        is_logged_in=True, iss="https://one.example"
    )
    assert arrives(KNOWN, is_logged_in=True) == f"browser {KNOWN}"


def test_a_user_cannot_take_a_browsers_name(arrives: Callable[..., str]) -> None:
    assert arrives(is_logged_in=True, iss="", sub=f"browser {KNOWN}") != f"browser {KNOWN}"


def test_the_cookie_is_no_other_sites_business(visit: Visit) -> None:
    app = visit(picture=False)
    (script,) = [html.proto.body for html in app.at.get("html") if COOKIE in html.proto.body]
    fresh = app.session.owner.removeprefix("browser ")
    assert f"{COOKIE}={fresh};" in script and "SameSite=Strict" in script and "Path=/" in script
    assert '"https:" ? "; Secure"' in script and f"Max-Age={owner.DAYS * 86400}" in script


def test_a_known_browser_is_sent_no_cookie(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.shared.state.owner_id", lambda: f"browser {KNOWN}")
    app = visit(picture=False)
    assert not [html for html in app.at.get("html") if COOKIE in html.proto.body]


def test_two_owners_never_see_each_others_chats(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = visit().ask("segment the cat")
    two = visit(page=None)
    assert one.session.owner != two.session.owner
    assert not [button for button in two.at.button if (button.key or "").startswith("home-")]
    two.go("pages/1_Chat.py")
    assert not [label for label in two.labels if label.startswith("segment the cat")]
    assert kept_chats.chats(two.session.owner) == []
    two.upload(png()).ask("find the dog")
    assert [chat.title for chat in kept_chats.chats(one.session.owner)] == ["segment the cat"]
    assert [chat.title for chat in kept_chats.chats(two.session.owner)] == ["find the dog"]


def test_a_chat_whose_id_is_known_stays_its_owners(visit: Visit) -> None:
    one, two = visit().ask("segment the cat"), visit(picture=False)
    chat, other = one.session.chat.id, two.session
    other.opened[chat] = Chat(chat, saved=True)
    other.active = chat
    two.run()
    assert not two.said and "does not exist any more" in two.errors
    assert one.run().said[1].startswith("Outlined 2 cats")


def test_the_owner_stays_the_same_on_every_page(visit: Visit) -> None:
    app = visit().ask("segment the cat")
    before = app.session.owner
    app.go_home().go("pages/1_Chat.py")
    assert app.session.owner == before and app.said[0] == "segment the cat"
