"""A sound above the field for words: how far it is heard, then what was heard, to be changed, sent or thrown away."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.types.speech import Transcript
from pages.shared import hearing
from pages.shared.state import Chat, Sound
from pages.shared.texts import count, escape, seconds
from pages.shared.views_running import Place, doing

NAME_CHARS = 40
TABLE_HEIGHT, ROW_HEIGHT = 180, 36  # pixels: the row at the bottom may not cover the page
SURE = "How much the recogniser trusts its own words: their mean probability"
COLUMNS = {
    "start": st.column_config.NumberColumn("From (s)", format="%.1f", width="small"),
    "end": st.column_config.NumberColumn("To (s)", format="%.1f", width="small"),
    "text": st.column_config.TextColumn("Words"),
    "sure": st.column_config.NumberColumn("Sure", format="%d %%", width="small", help=SURE),
    "silent": st.column_config.NumberColumn("Nobody speaks", format="%d %%", help="The recogniser's own doubt"),
    "why": st.column_config.TextColumn("Left out because"),
}


@dataclass
class Listening:
    """The place on the page where it is said how far a sound is heard."""

    sound: Sound
    line: DeltaGenerator
    begun: float = field(default_factory=time.monotonic)

    @property
    def running(self) -> bool:
        return self.sound.running

    def collect(self, wait: float) -> None:
        hearing.collect(self.sound, wait)

    def draw(self) -> None:
        """Say what is going on now."""
        live = self.sound.live
        now, waited = doing(self.sound.handle, live.text, live.fraction), seconds(time.monotonic() - self.begun)
        text = f"{escape(self.sound.name, NAME_CHARS)}: :shimmer[{escape(now)}] · {waited}"
        self.line.progress(min(1.0, max(0.0, live.fraction or 0.0)), text=text)


def sounds(chat: Chat) -> list[Place]:
    """The first sound in full and the names of those behind it; where one is still heard, its place."""
    places: list[Place] = []
    for number, sound in enumerate(chat.sounds):
        if sound.running:
            places.append(_listening(chat, sound))
        elif number == 0:
            _heard(chat, sound)
        else:
            st.caption(f":material/graphic_eq: Next: {escape(sound.name, NAME_CHARS)}")
    return places


def _listening(chat: Chat, sound: Sound) -> Listening:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"listening-{sound.id}"):
        place = Listening(sound, st.empty())
        st.button(
            "Stop", key=f"deaf-{sound.id}", icon=":material/stop_circle:", on_click=hearing.discard, args=(chat, sound)
        )
    place.draw()
    return place


def _heard(chat: Chat, sound: Sound) -> None:
    with st.container(key=f"heard-{sound.id}", gap="xsmall", border=True):
        _about(sound)
        key = f"said-{sound.id}"
        words = hearing.words_of(sound)
        if sound.problem is None:
            words = st.text_area(
                "Change what was heard, then send it", words, key=key, height="content", persist_state="session"
            )
        else:
            st.warning(
                f"{escape(sound.problem.message)}  \n{escape(sound.problem.remedy)}", icon=":material/hearing_disabled:"
            )
        with st.container(horizontal=True, gap="small"):
            if sound.problem is None:
                st.button(
                    "Send", key=f"send-{sound.id}", type="primary", icon=":material/send:", disabled=not words.strip(),
                    on_click=_send, args=(chat, sound, key),
                )  # fmt: skip
            st.button(
                "Discard", key=f"discard-{sound.id}", icon=":material/delete:", type="tertiary",
                on_click=hearing.discard, args=(chat, sound),
            )  # fmt: skip
        if sound.transcript is not None and sound.transcript.segments:
            _segments(sound, sound.transcript)


def _send(chat: Chat, sound: Sound, key: str) -> None:
    hearing.send(chat, sound, st.session_state[key])


def _about(sound: Sound) -> None:
    """Of which sound it is, how long, in which language, and how it was read."""
    told = [sound.name]
    heard = sound.transcript
    if heard is not None:
        told.append(seconds(heard.seconds))
        if heard.language:
            way = "translated from" if heard.task == "translate" else "language"
            told.append(f"{way} {heard.language} ({heard.language_probability:.0%} sure)")
        told.append(heard.engine.name)
    st.caption(f":material/graphic_eq: {escape(' · '.join((*told, *sound.notes)))}")


def _segments(sound: Sound, heard: Transcript) -> None:
    why = dict(sound.spoken.dropped) if sound.spoken is not None else {}
    left = f", {len(why)} left out" if why else ""
    label = f"{count(len(heard.segments), 'segment')}{left}"
    details = st.expander(label, type="compact", key=f"segments-{sound.id}", on_change="rerun")
    if not details.open:
        return
    rows = [
        (s.start, s.end, s.text.strip(), round(100 * min(1.0, math.exp(s.avg_logprob))), round(100 * s.no_speech_prob))
        for s in heard.segments
    ]
    table = pd.DataFrame(rows, columns=["start", "end", "text", "sure", "silent"])
    if why:
        table["why"] = [why.get(number, "") for number in range(len(rows))]
    with details:
        st.dataframe(
            table, hide_index=True, column_config=COLUMNS, height=min(TABLE_HEIGHT, ROW_HEIGHT * (len(rows) + 1)),
            alt="What was heard, piece by piece",
        )  # fmt: skip
