"""Who may change this server from a page: anybody at the machine itself, and the administrators of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.errors import SettingsError
from core.settings import Access
from pages.shared import engines

PROXY_HEADERS = ("forwarded", "x-real-ip", "via")  # beside all of x-forwarded-*: somebody stands between
AT_THE_MACHINE = "the server's own machine"


@dataclass(frozen=True)
class Verdict:
    """allowed: whether changes are. why: as whom, or why not, in one sentence."""

    allowed: bool
    why: str = ""


def verdict() -> Verdict:
    """On the browser that this script runs for."""
    if at_the_machine(st.context.ip_address, st.context.headers.to_dict()):
        return Verdict(True)
    try:
        rules = engines.settings().access
    except SettingsError:
        rules = Access()
    user = st.user.to_dict() if hasattr(st.user, "to_dict") else {}
    return judged(user, rules)


def judged(user: Mapping[str, Any], rules: Access) -> Verdict:
    """On somebody who is not at the machine, by the claims of the sign-in."""
    email = str(user.get("email") or "")
    if not user.get("is_logged_in"):
        return Verdict(
            False, f"Engines are changed from {AT_THE_MACHINE} (open the page at localhost), or by a signed-in"
            " administrator.",
        )  # fmt: skip
    named = email.casefold() in {name.casefold() for name in rules.administrators}
    if not email or not named or user.get("email_verified") is False:
        return Verdict(
            False, f"Engines are changed from {AT_THE_MACHINE}, or by an administrator named in the settings file"
            f" ([access] administrators); {email or 'you'} is not one.",
        )  # fmt: skip
    return Verdict(True)


def at_the_machine(ip: str | None, headers: Mapping[str, str]) -> bool:
    """Whether the browser runs on the server's machine.

    ip: None where the connection came over loopback. Behind a proxy every connection does, so nothing may have been
    forwarded; and a foreign site whose name points here would still send that name as the host.
    """
    if ip is not None and not _loopback(ip):
        return False
    names = {name.lower(): value for name, value in headers.items()}
    if any(name.startswith("x-forwarded") or name in PROXY_HEADERS for name in names):
        return False
    origin = names.get("origin")
    return _names_loopback(names.get("host", "")) and (origin is None or _names_loopback(urlsplit(origin).netloc))


def _names_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name.rstrip(".") == "localhost" or _loopback(name)


def _loopback(address: str) -> bool:
    try:
        parsed = ip_address(address)
        return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback
    except ValueError:
        return False
