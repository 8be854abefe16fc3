"""Who a browser belongs to: the signed-in user, or a random id in a cookie that no other site can send."""

from __future__ import annotations

import re
import secrets

import streamlit as st

COOKIE = "vlp_workbench_owner"
FORM = re.compile(r"[0-9a-f]{32}")
DAYS = 400  # the longest that browsers keep a cookie
PENDING = "workbench-owner-cookie"

# Streamlit cannot send a cookie itself, so the page's script sets it. It is the browser's only claim to its chats.
SET_COOKIE = """<script>
document.cookie = "%s=%s; Max-Age=%d; Path=/; SameSite=Strict" + (location.protocol === "https:" ? "; Secure" : "");
</script>"""


def owner_id() -> str:
    """The id under which this browser's chats are kept; a new one where it has none: `remember` sets its cookie."""
    user = st.user.to_dict() if hasattr(st.user, "to_dict") else {}
    subject = user.get("sub") or user.get("email")
    if user.get("is_logged_in") and subject:
        return f"user {user.get('iss', '')} {subject}"
    known = str(st.context.cookies.get(COOKIE, ""))
    if FORM.fullmatch(known):
        return f"browser {known}"
    fresh = secrets.token_hex(16)
    st.session_state[PENDING] = fresh
    return f"browser {fresh}"


def remember() -> None:
    """Have the browser keep a new owner's id; drawn by every page until the session ends, invisible."""
    fresh = st.session_state.get(PENDING)
    if fresh:
        st.html(SET_COOKIE % (COOKIE, fresh, DAYS * 86_400), unsafe_allow_javascript=True)
