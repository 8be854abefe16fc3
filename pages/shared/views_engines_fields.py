"""One field for each key of a back-end: what it is called, what it may be, and what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.dialogue.wording import BUTTONS
from core.errors import EngineUnavailable, SettingsError
from core.intent.wordings import WORDINGS
from core.registry import EngineContext, build
from core.settings import ASSETS, Settings
from core.shared_models.placement import DEVICES, DTYPES
from core.types.language import INTENTS
from pages.shared.texts import escape

LABELS = {
    "model": "Model", "text_encoder": "Text encoder", "device": "Device", "dtype": "Number type", "tiles": "Tiles",
    "mask_head": "Mask head", "template": "Sentence about the request", "labels": "Wordings", "top_k": "Best so many",
    "ngrams": "Words in a phrase, at most", "most": "Phrases, at most", "diversity": "Diversity", "task": "Task",
    "language": "Language", "words": "Times of single words", "dilate": "Reach beyond the mask", "offline": "Offline",
    "keep_memory": "Keep freed memory", "threads": "Threads", "preview_seconds": "Preview after (seconds)",
    "encodings_mb": "Picture encodings kept (MB)",
}  # fmt: skip
HELP = {
    "text_encoder": "A name of the hub, or a folder: the words' encoder beside the checkpoint.",
    "device": "auto takes the best one here. A graphics card by its number: cuda:1.",
    "dtype": "auto: float16 on a graphics card, float32 on the processor.",
    "tiles": "Measure four parts of large pictures too: slower, finds a little more that is small.",
    "mask_head": "Off: the graph cut alone.",
    "template": "{} stands for a wording below.",
    "labels": "What each intent is called when the model compares; empty: as shown.",
    "top_k": "Of the wordings, how many share the score; with 1 it never asks back.",
    "diversity": "0: the phrases that fit best; 1: those that are least alike.",
    "task": "translate: into English.",
    "language": "Two letters (en, de); empty: recognised.",
    "words": "Slower.",
    "dilate": "As a share of the object's size.",
    "offline": "Nothing is downloaded.",
    "keep_memory": "Linux: a third faster; memory goes back after ten idle seconds.",
    "threads": "Of one operation; 0: as torch chooses.",
    "preview_seconds": "A detection that takes longer is shown as a preview first.",
    "encodings_mb": "Of each segmenter.",
}  # fmt: skip
MODEL_HELP = {
    "groundingdino": "A known name, an address, or the path of a .pth checkpoint.",
    "segment_anything": "A known name, an address, or the path of a .pth checkpoint (vit_b, vit_l or vit_h).",
    "transformers": "A name of the hub, or a folder with config.json.",
    "zero_shot": "A name of the hub, or a folder: any model of natural-language inference.",
    "keybert": "bundled, a name of the hub, or a folder: any sentence-transformers model.",
    "whisper": "A known name (base, small, ...), or the path of a .pt file.",
}
CHOICES: dict[str, tuple[str, ...]] = {"device": DEVICES, "dtype": DTYPES, "task": ("transcribe", "translate")}
RANGES: dict[str, tuple[float, float]] = {
    "top_k": (1, len(INTENTS)), "ngrams": (1, 10), "most": (1, 100), "diversity": (0.0, 1.0), "dilate": (0.0, 0.5),
    "threads": (0, 64), "preview_seconds": (0.1, 60.0), "encodings_mb": (1.0, 10_000.0),
}  # fmt: skip
MAY_BE_EMPTY = ("language",)
DEVICE = re.compile(rf"({'|'.join(DEVICES)}|cuda:\d+)")
TEXT_CHARS = 1000


def field(table: str, backend: str, name: str, value: Any, key: str) -> None:
    """The widget of one key, by its kind; its value is read with `given`."""
    label = escape(LABELS.get(name, name))
    about = escape(MODEL_HELP.get(backend, "") if name == "model" else HELP.get(name, "")) or None
    if isinstance(value, bool):
        st.toggle(label, value, key=key, help=about)
    elif isinstance(value, int | float):
        _number(label, name, value, key, about)
    elif isinstance(value, dict):
        _wordings(label, value, key, about)
    elif name in CHOICES:
        options = list(dict.fromkeys((*CHOICES[name], str(value))))
        st.selectbox(
            label, options, options.index(str(value)), key=key, help=about, accept_new_options=name == "device"
        )
    else:
        st.text_input(label, str(value), max_chars=TEXT_CHARS, key=key, help=about)


def _number(label: str, name: str, value: float, key: str, about: str | None) -> None:
    low, high = RANGES.get(name, (0, 1_000_000))
    low, high = min(low, value), max(high, value)  # a value written by hand may lie outside
    if isinstance(value, int):
        st.number_input(label, int(low), int(high), value, 1, key=key, help=about)
        return
    step = 0.01 if high <= 1 else 0.1 if high <= 100 else 1.0
    st.number_input(label, float(low), float(high), value, step, key=key, help=about)


def _wordings(label: str, value: Mapping[str, str], key: str, about: str | None) -> None:
    st.caption(f"**{label}** {about or ''}")
    with st.grid(3, min_column_width=220):
        for intent in INTENTS:
            st.text_input(
                escape(BUTTONS[intent]), str(value.get(intent, "")), max_chars=TEXT_CHARS, key=f"{key}-{intent}",
                placeholder=WORDINGS[intent],
            )  # fmt: skip


def given(name: str, value: Any, key: str) -> Any:
    """What was put into a field, of the kind of `value`. Raises `SettingsError` for what no engine could take."""
    if isinstance(value, dict):
        texts = {str(intent): str(st.session_state.get(f"{key}-{intent}") or "").strip() for intent in INTENTS}
        others = {k: v for k, v in value.items() if k not in texts}
        return others | {intent: text for intent, text in texts.items() if text}
    found = st.session_state.get(key, value)
    if isinstance(value, bool):
        return bool(found)
    if isinstance(value, int | float):
        return type(value)(value if found is None else found)
    text = str(found or "").strip()
    title = LABELS.get(name, name)
    if not text and name not in MAY_BE_EMPTY:
        raise SettingsError(f"{title} is empty.", "Fill it in, or go back to the tracked defaults.")
    if name == "device" and not DEVICE.fullmatch(text):
        raise SettingsError(f"{title}: {text} is unknown.", f"One of {', '.join(DEVICES)}, or cuda:1.")
    if name == "template" and "{}" not in text:
        raise SettingsError(f"{title} has no place for the wording.", "Write {} where it shall stand.")
    return text


def check(name: str, settings: Settings) -> None:
    """Refuses values that the engine itself refuses; that its model is missing here is no such reason."""
    port = settings.ports.get(name)
    if port is None:
        return
    try:
        build(name, port.backend, port.options, EngineContext(settings.cache_dir, ASSETS, settings.runtime))
    except EngineUnavailable:
        return
