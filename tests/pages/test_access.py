"""Who may change engines: somebody at the machine itself, and signed-in administrators."""

from __future__ import annotations

from typing import Any

import pytest

from core.settings import Access
from pages.shared.access import at_the_machine, judged

HERE = {"Host": "localhost:8501"}


@pytest.mark.parametrize(
    ("ip", "headers"),
    [
        (None, HERE),
        ("127.0.0.1", {"host": "127.0.0.1:8501"}),
        ("::1", {"Host": "[::1]:8501"}),
        ("::ffff:127.0.0.1", {"Host": "LocalHost"}),
        (None, {"Host": "localhost.", "Origin": "http://localhost:8501"}),
    ],
)
def test_at_the_machine(ip: str | None, headers: dict[str, str]) -> None:
    assert at_the_machine(ip, headers)


@pytest.mark.parametrize(
    ("ip", "headers"),
    [
        ("192.168.1.7", HERE),
        (None, {}),
        (None, {"Host": ""}),
        (None, {"Host": "workbench.example.org"}),
        (None, {"Host": "localhost.evil.org"}),
        (None, {"Host": "localhost@evil.org"}),
        (None, {"Host": "[::1"}),
        (None, {**HERE, "X-Forwarded-For": "127.0.0.1"}),
        (None, {**HERE, "x-forwarded-host": "localhost"}),
        (None, {**HERE, "Forwarded": "for=127.0.0.1"}),
        (None, {**HERE, "X-Real-IP": "127.0.0.1"}),
        (None, {**HERE, "Via": "1.1 proxy"}),
        (None, {**HERE, "Origin": "http://evil.org"}),
        (None, {**HERE, "Origin": "null"}),
        ("nonsense", HERE),
    ],
)
def test_not_at_the_machine(ip: str | None, headers: dict[str, str]) -> None:
    assert not at_the_machine(ip, headers)


@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        ({}, False),
        ({"is_logged_in": False, "email": "ann@example.org"}, False),
        ({"is_logged_in": True}, False),
        ({"is_logged_in": True, "email": "bob@example.org"}, False),
        ({"is_logged_in": True, "email": "Ann@Example.org"}, True),
        ({"is_logged_in": True, "email": "ann@example.org", "email_verified": True}, True),
        ({"is_logged_in": True, "email": "ann@example.org", "email_verified": False}, False),
    ],
)
def test_from_elsewhere_only_administrators(user: dict[str, Any], allowed: bool) -> None:
    verdict = judged(user, Access(("ann@example.org",)))
    assert verdict.allowed is allowed
    assert bool(verdict.why) is not allowed
    assert not judged(user, Access()).allowed
