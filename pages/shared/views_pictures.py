"""Choosing pictures: upload, samples, and which of the chat's pictures the next request is about."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import streamlit as st

from core.errors import StorageError
from core.pictures import encode_jpeg, open_picture
from core.samples import Sample, available, find, load
from core.types.picture import PictureRef
from pages.shared import chats, engines, state, turns
from pages.shared.canvas import canvas
from pages.shared.state import Chat, Problem
from pages.shared.texts import escape

# The browser's own list of image types lacks some; a file of another kind is refused by the picture door, with a remedy
FILE_TYPES = ("image/*", ".avif", ".heic", ".heif", ".tif", ".tiff", ".jfif", ".webp", ".bmp")
FORMATS = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF"
CHAT_PAGE = "pages/1_Chat.py"
CARD_SIZE = (480, 320)
CARD_COLUMNS, CARD_WIDTH = 6, 120
PILLS = 5  # pictures that are chosen by a name beside the field; more of them by their thumbnails alone
GENERAL_REQUESTS = ("What is in the picture?", "Segment everything", "Read the text")
REQUEST_ICON, FAILURE_ICON = ":material/play_arrow:", ":material/sentiment_dissatisfied:"


def uploader(place: str) -> None:
    """A field for pictures; `place` keeps two of them on one page apart. Errors are shown under it."""
    limits = engines.settings().limits
    key = f"upload-{place}"
    st.file_uploader(
        "Open pictures", FILE_TYPES, accept_multiple_files=True, help=f"{FORMATS}; up to {limits.upload_mb:g} MB each",
        key=key, on_change=_uploaded, args=(key,), max_upload_size=int(limits.upload_mb),
    )  # fmt: skip
    problem(state.begin().chat.problem)


def _uploaded(key: str) -> None:
    """Files that were not opened before; one that is refused leaves the others in."""
    done: set[str] = st.session_state.setdefault(f"{key}-done", set())
    refused = None
    for file in st.session_state[key] or []:
        if file.file_id not in done:
            done.add(file.file_id)
            if not chats.open_in_chat(file.getvalue(), file.name):
                refused = state.begin().chat.problem
    if refused is not None:
        state.begin().chat.problem = refused


def problem(shown: Problem | None) -> None:
    """An error beside what caused it, with its remedy."""
    if shown is not None:
        st.error(f"{escape(shown.message)}  \n{escape(shown.remedy)}", icon=":material/error:")


@contextlib.contextmanager
def shown_if_kept() -> Iterator[None]:
    """Around what shows a kept picture: where its file is gone, that is said in its place."""
    try:
        yield
    except StorageError as error:
        problem(Problem(error.message, error.remedy))


def samples(place: str, to_chat: bool = False) -> None:
    """Sample pictures as cards. One click opens one; `to_chat` also goes to the chat page."""
    with st.grid(CARD_COLUMNS, min_column_width=CARD_WIDTH):
        for sample in available():
            with st.container(gap="xsmall"):
                st.image(card(sample.key), width="stretch", alt=sample.alt)
                clicked = st.button(
                    escape(sample.title), key=f"sample-{place}-{sample.key}", width="stretch",
                    help=escape(f"{sample.alt}. {sample.credit}."),
                )  # fmt: skip
            if clicked:
                _open_sample(sample, to_chat)


def _open_sample(sample: Sample, to_chat: bool) -> None:
    if to_chat:
        chats.new_chat()
    chats.open_in_chat(load(sample), sample.name, sample.key, sample.title)
    if to_chat:
        st.switch_page(CHAT_PAGE)
    st.rerun()  # from a dialog or a popover too, the whole page shows the picture


@st.cache_data(show_spinner=False, max_entries=16)
def card(key: str) -> bytes:
    """A sample's card: JPEG of its middle, all of one shape."""
    image = open_picture(load(find(key)), key, engines.settings().limits)
    width = min(image.width, image.height * CARD_SIZE[0] // CARD_SIZE[1])
    height = min(image.height, width * CARD_SIZE[1] // CARD_SIZE[0])
    x, y = (image.width - width) // 2, (image.height - height) // 3
    return encode_jpeg(image.pixels[y : y + height, x : x + width], CARD_SIZE[0], 85)


def current(chat: Chat) -> None:
    """The pictures that the next request is about, with requests that work on them."""
    pictures = chat.current
    sample = find(pictures[0].sample) if len(pictures) == 1 and pictures[0].sample else None
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if len(pictures) == 1:
            _large(pictures[0])
        else:
            thumbnails(chat, "current")
    with right:
        st.markdown("**Try one of these, or type your own below**")
        for number, text in enumerate(sample.requests if sample else GENERAL_REQUESTS):
            _request(chat, text, f"try-{number}", REQUEST_ICON)
        if sample:
            st.caption("And one that honestly cannot work:")
            _request(chat, sample.failure, "try-failure", FAILURE_ICON)


def _large(picture: PictureRef) -> None:
    store = engines.pictures()
    with shown_if_kept():
        canvas(
            f"picture-{picture.digest}", picture, (), alt=alt_of(picture), jpeg=lambda side: store.jpeg(picture, side),
            objects=False,
        )  # fmt: skip
    st.caption(escape(" · ".join([picture.name, picture.size, *picture.notes])))


def thumbnails(chat: Chat, place: str) -> None:
    """The chat's pictures with their numbers; a click takes one into the next request, or out of it."""
    store = engines.pictures()
    now = [picture.digest for picture in chat.current]
    with st.grid(CARD_COLUMNS, min_column_width=CARD_WIDTH):
        for number, picture in enumerate(chat.pictures, 1):
            with st.container(gap="xsmall"):
                with shown_if_kept():
                    st.image(store.thumbnail(picture), width="stretch", alt=alt_of(picture))
                st.button(
                    escape(f"{number} · {picture.name}", 24), key=f"use-{place}-{number}-{chat.id}", width="stretch",
                    type="primary" if picture.digest in now else "secondary", on_click=_toggle, args=(chat, number),
                    help="Ask about this picture, or not",
                )  # fmt: skip
    if len(chat.pictures) > 1:
        with st.container(horizontal=True):
            st.button("All pictures", key=f"all-{place}", type="tertiary", on_click=_choose, args=(chat, True))
            st.button("Only the newest", key=f"newest-{place}", type="tertiary", on_click=_choose, args=(chat, False))


def _toggle(chat: Chat, number: int) -> None:
    now = set(chat.chosen or (len(chat.pictures),))
    if not chat.chosen and number != len(chat.pictures):
        now = {number}  # the newest was only the default
    else:
        now ^= {number}
    chat.chosen = tuple(sorted(now))


def _choose(chat: Chat, every: bool) -> None:
    chat.chosen = tuple(range(1, len(chat.pictures) + 1)) if every else ()


def about(chat: Chat) -> None:
    """Which pictures the next request is about, as numbers to click; nothing where there is one."""
    if len(chat.pictures) < 2:
        return
    if len(chat.pictures) > PILLS:
        st.caption(f"Next: {len(chat.current)} of {len(chat.pictures)} pictures")
        return
    key = f"about-{chat.id}"
    st.session_state[key] = list(chat.chosen or (len(chat.pictures),))
    st.pills(
        "The next request is about", list(range(1, len(chat.pictures) + 1)), selection_mode="multi", key=key,
        format_func=lambda n: escape(f"{n} · {chat.pictures[n - 1].name}", 20), on_change=_about, args=(chat, key),
        label_visibility="collapsed",
    )  # fmt: skip


def _about(chat: Chat, key: str) -> None:
    chat.chosen = tuple(sorted(st.session_state[key]))


def _request(chat: Chat, text: str, key: str, icon: str) -> None:
    st.button(
        escape(text), key=f"{key}-{chat.id}", icon=icon, width="stretch", wrap=True, on_click=turns.send, args=(text,)
    )


def alt_of(picture: PictureRef) -> str:
    """What a screen reader says of a picture."""
    return find(picture.sample).alt if picture.sample else f"The picture {picture.name}"
