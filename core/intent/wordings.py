"""What each intent is called in a hypothesis, and the checks of what the settings make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import SettingsError
from core.types.language import INTENTS, IntentName

# Each completes "This request asks to ..." (meanings: assets/intents/README.md).
WORDINGS: dict[IntentName, str] = {
    IntentName.ANSWER: "answer a question about the picture",
    IntentName.DETECT: "show where objects are in the picture",
    IntentName.SEGMENT: "outline the exact shape of objects",
    IntentName.MASK: "export a mask or a cut-out as a file",
    IntentName.INPAINT: "remove or replace objects in the picture",
    IntentName.UPSCALE: "enlarge or sharpen the picture",
    IntentName.IMAGE_TO_IMAGE: "change the style of the picture",
    IntentName.TEXT_TO_IMAGE: "create a new picture from a description",
    IntentName.OTHER: "talk about something other than the picture",
}
SLOT = "{}"
LONGEST = 200  # characters: a hypothesis is never cut, so it must leave room for the request


def wordings(given: Mapping[str, Any]) -> tuple[str, ...]:
    """The wording of every intent, in the order of `INTENTS`; `given` overrides single ones by the intent's name.

    Raises `SettingsError`.
    """
    found: dict[IntentName, str] = dict(WORDINGS)
    for name, wording in given.items():
        if name not in INTENTS:
            raise SettingsError(f"[intent] labels: the intent '{name}' is unknown.", f"Allowed: {', '.join(INTENTS)}.")
        found[IntentName(name)] = _text(f"labels.{name}", wording)
    said = [wording.casefold() for wording in found.values()]
    if len(set(said)) < len(said):
        twice = next(wording for wording in said if said.count(wording) > 1)
        raise SettingsError(f"[intent] labels: two intents are both called '{twice}'.", "Give each its own wording.")
    return tuple(found[intent] for intent in INTENTS)


def hypothesis(given: Any) -> str:
    """The template of a hypothesis, with one place for a wording. Raises `SettingsError`."""
    text = _text("template", given)
    rest = text.replace(SLOT, "", 1)
    if rest == text or "{" in rest or "}" in rest:
        raise SettingsError(
            f"[intent] template = {text!r} has no single place for a wording.",
            f'Write {SLOT} once, and no other brace: "This request asks to {SLOT}."',
        )
    return text


def best_of(given: Any) -> int:
    """How many wordings keep a score. Raises `SettingsError`."""
    if isinstance(given, bool) or not isinstance(given, int | float) or given not in range(1, len(INTENTS) + 1):
        raise SettingsError(f"[intent] top_k = {given!r}.", f"It is a whole number from 1 to {len(INTENTS)}.")
    return int(given)


def _text(key: str, given: Any) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST:
        raise SettingsError(
            f"[intent] {key} = {str(given)[:80]!r} is no wording.", f"Write a text of 1 to {LONGEST} characters."
        )
    return given.strip()
