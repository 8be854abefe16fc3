"""Choosing a picture: upload, samples, the picture that the chat is about."""

from __future__ import annotations

import streamlit as st

from core.pictures import encode_jpeg, open_picture
from core.samples import Sample, available, find, load
from pages.shared import engines, state, turns
from pages.shared.pictures import PictureRef
from pages.shared.state import Chat, Problem, Session
from pages.shared.texts import escape

# The browser's own list of image types lacks some; a file of another kind is refused by the picture door, with a remedy
FILE_TYPES = ("image/*", ".avif", ".heic", ".heif", ".tif", ".tiff", ".jfif", ".webp", ".bmp")
FORMATS = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF"
CHAT_PAGE = "pages/1_Chat.py"
CARD_SIZE = (480, 320)
CARD_COLUMNS, CARD_WIDTH = 6, 120
GENERAL_REQUESTS = ("What is in the picture?", "Segment everything", "Read the text")
REQUEST_ICON, FAILURE_ICON = ":material/play_arrow:", ":material/sentiment_dissatisfied:"


def uploader(place: str) -> None:
    """A field for one picture; `place` keeps two of them on one page apart. Errors are shown under it."""
    limits = engines.settings().limits
    key = f"upload-{place}"
    st.file_uploader(
        "Open a picture", FILE_TYPES, help=f"{FORMATS}; up to {limits.upload_mb:g} MB",
        key=key, on_change=_uploaded, args=(key,), max_upload_size=int(limits.upload_mb),
    )  # fmt: skip
    problem(state.begin().chat.problem)


def _uploaded(key: str) -> None:
    file = st.session_state[key]
    if file is not None:
        state.open_in_chat(file.getvalue(), file.name)


def problem(shown: Problem | None) -> None:
    """An error beside what caused it, with its remedy."""
    if shown is not None:
        st.error(f"{escape(shown.message)}  \n{escape(shown.remedy)}", icon=":material/error:")


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
        state.new_chat()
    state.open_in_chat(load(sample), sample.name, sample.key, sample.title)
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


def current(session: Session, chat: Chat) -> None:
    """The picture that the chat is about, with requests that work on it."""
    picture = chat.picture
    assert picture is not None
    sample = find(picture.sample) if picture.sample else None
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.image(session.store.jpeg(picture), width="stretch", alt=alt_of(picture))
        st.caption(escape(" · ".join([picture.name, picture.size, *picture.notes])))
    with right:
        st.markdown("**Try one of these, or type your own below**")
        for number, text in enumerate(sample.requests if sample else GENERAL_REQUESTS):
            _request(chat, text, f"try-{number}", REQUEST_ICON)
        if sample:
            st.caption("And one that honestly cannot work:")
            _request(chat, sample.failure, "try-failure", FAILURE_ICON)


def _request(chat: Chat, text: str, key: str, icon: str) -> None:
    st.button(
        escape(text), key=f"{key}-{chat.id}", icon=icon, width="stretch", wrap=True, on_click=turns.send, args=(text,)
    )


def alt_of(picture: PictureRef) -> str:
    """What a screen reader says of a picture."""
    return find(picture.sample).alt if picture.sample else f"The picture {picture.name}"
