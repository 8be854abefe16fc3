"""A sound in the chat box: heard in the worker, shown as words to be changed, and acted on only when it is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from core.errors import EngineFailed, EngineUnavailable
from core.jobs import Job
from core.types.audio import AudioClip
from core.types.speech import Transcript
from pages.shared import engines as shared
from pages.shared.state import Sound
from tests.fake_speech import FakeTranscriber, segment
from tests.pages.conftest import App, plain_engines, png, serve, until
from tests.pages.test_corrections import why
from tests.recordings import recording
from tests.sounds import silence, speech

Visit = Callable[..., App]
MISSING = EngineUnavailable("The weights of Whisper base are not here.", "Download them on the Engines page.")


class SlowTranscriber(FakeTranscriber):
    """Says how far it is, and goes on when it is let, or ends when it is stopped."""

    def __init__(self) -> None:
        super().__init__([segment()])
        self.begun, self.go_on = threading.Event(), threading.Event()

    def transcribe(self, clip: AudioClip, job: Job) -> Transcript:
        self.begun.set()
        while not self.go_on.wait(0.01):
            job.report(0.4, "Listening")
        return super().transcribe(clip, job)


def hears(monkeypatch: pytest.MonkeyPatch, transcriber: FakeTranscriber) -> FakeTranscriber:
    serve(monkeypatch, plain_engines(transcriber=transcriber))
    return transcriber


@pytest.fixture
def transcriber(monkeypatch: pytest.MonkeyPatch) -> FakeTranscriber:
    return hears(monkeypatch, FakeTranscriber([segment()]))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowTranscriber]:
    """A slow one, and a page that does not wait for it."""
    found = SlowTranscriber()
    hears(monkeypatch, found)
    monkeypatch.setattr("pages.shared.views.pump", lambda *_: None)
    yield found
    found.go_on.set()


@pytest.fixture(scope="module")
def voice() -> bytes:
    return recording(speech(1.0), "wav")


def give(app: App, *files: tuple[str, bytes, str], words: str = "") -> App:
    """Files into the field for words, and what was typed with them."""
    field = app.at.chat_input(key="request")
    for file in files:
        field.upload(*file)
    if words:
        field.set_value(words)
    return app.run()


def memo(data: bytes, name: str = "memo.wav") -> tuple[str, bytes, str]:
    return name, data, "audio/wav"


def sound(app: App) -> Sound:
    return app.session.chat.sounds[0]


def field(app: App) -> str:
    return str(app.at.text_area(key=f"said-{sound(app).id}").value)


def bars(app: App) -> list[int]:
    """How full each bar is, in percent."""
    return [element.proto.value for element in app.at.get("progress")]


def warnings(app: App) -> str:
    return " ".join(element.value for element in app.at.warning).replace("\\", "").replace("\u2060", "")


def test_what_is_heard_acts_only_when_it_is_sent(visit: Visit, transcriber: FakeTranscriber, voice: bytes) -> None:
    app = give(visit(), memo(voice))
    assert field(app) == "segment the cat" and not app.session.chat.exchanges
    assert "memo.wav · 3.0 s · language en (97% sure) · fake/speech" in app.captions
    app.press("Send")
    assert app.said[:2] == ["segment the cat", "Outlined 2 cats (best score .80)."]
    assert app.last.record.how == "heard in memo.wav" and "heard in memo.wav" in app.captions
    assert not app.session.chat.sounds and len(transcriber.calls) == 1


def test_the_transcript_goes_with_the_request(visit: Visit, transcriber: FakeTranscriber, voice: bytes) -> None:
    app = give(visit(), memo(voice)).press("Send")
    transcript = app.part.turn.transcript
    assert transcript is not None and transcript.segments[0].text == "segment the cat"
    assert "“segment the cat”: sure 0.74, nobody speaks 0.02" in why(app).markdown
    app.press("Run again")
    assert app.part.turn.transcript == transcript
    app.ask("find the cat")
    assert app.part.turn.transcript is None


def test_it_can_be_changed_before_it_is_sent(visit: Visit, transcriber: FakeTranscriber, voice: bytes) -> None:
    app = give(visit(), memo(voice))
    app.at.text_area(key=f"said-{sound(app).id}").set_value("find the cat").run()
    app.press("Send")
    assert app.said[:2] == ["find the cat", "Found 2 cats (best score .80)."]
    assert app.last.record.how == "heard in memo.wav, then changed"


def test_it_can_be_thrown_away(visit: Visit, transcriber: FakeTranscriber, voice: bytes) -> None:
    app = give(visit(), memo(voice)).press("Discard")
    assert not app.session.chat.sounds and not app.session.chat.exchanges and "Send" not in app.labels


def test_its_pieces_are_told_and_why_some_were_left_out(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, voice: bytes
) -> None:
    hears(monkeypatch, FakeTranscriber([segment(), segment("Thank you.", 1.0, 3.0, loudness=-80.0)]))
    app = give(visit(), memo(voice))
    assert field(app) == "segment the cat"
    (expander,) = [e for e in app.at.expander if e.label.startswith("2 segments")]
    assert expander.label == "2 segments, 1 left out" and not app.at.dataframe
    app.at.session_state[f"segments-{sound(app).id}"] = True
    table = app.run().at.dataframe[0].value
    assert list(table["text"]) == ["segment the cat", "Thank you."]
    assert table["why"][1].startswith("too quiet: -80 dB") and table["sure"][0] == 74


def test_nothing_heard_is_said_with_a_way_on(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    hears(monkeypatch, FakeTranscriber([segment("Thank you.", no_speech_prob=0.9, avg_logprob=-1.4)]))
    app = give(visit(), memo(recording(silence(1.0), "wav")), words="segment the cat")
    assert "Nothing was heard in 'memo.wav'" in warnings(app) and "Speak closer" in warnings(app)
    assert "Send" not in app.labels and "Thank you." not in " ".join(app.said)
    app.press("Discard").press("Send “segment the cat”")
    assert app.said[1].startswith("Outlined 2 cats")


def test_without_a_speech_engine_the_remedy_stands_beside_the_field_and_nothing_is_lost(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    hears(monkeypatch, FakeTranscriber(error=MISSING))
    app = visit(picture=False)
    give(app, memo(b"RIFF"), ("mine.png", png(), "image/png"), words="segment the cat")
    assert "are not here." in app.errors and "Download them on the Engines page." in app.errors
    assert [picture.name for picture in app.session.chat.pictures] == ["mine.png"]
    assert not app.session.chat.exchanges and not app.session.chat.sounds
    app.press("Send “segment the cat” without it")
    assert app.said[:2] == ["segment the cat", "Outlined 2 cats (best score .80)."] and not app.errors


def test_a_plain_installation_says_what_speech_needs(visit: Visit, voice: bytes) -> None:
    app = give(visit(), memo(voice))
    assert "No speech engine is chosen." in app.errors and "Type the request" in app.errors


def test_a_sound_and_a_picture_together(visit: Visit, transcriber: FakeTranscriber, voice: bytes) -> None:
    app = visit()
    give(app, memo(voice), ("second.png", png(colour=(9, 9, 9)), "image/png"), words="please")
    assert [picture.name for picture in app.session.chat.current] == ["second.png"]
    assert field(app) == "please segment the cat"
    app.press("Send")
    assert app.last.record.text == "please segment the cat" and app.last.record.how == "heard in memo.wav"
    assert app.part.picture is not None and app.part.picture.name == "second.png"


def test_two_sounds_come_one_after_the_other(visit: Visit, transcriber: FakeTranscriber, voice: bytes) -> None:
    app = give(visit(), memo(voice, "one.wav"), memo(voice, "two.wav"), words="please")
    until(lambda: not any(s.running for s in app.run().session.chat.sounds))
    assert field(app) == "please segment the cat" and "Next: two.wav" in app.captions
    app.press("Send")
    assert field(app) == "segment the cat" and "two.wav" in app.captions
    app.press("Discard")
    assert [e.record.text for e in app.session.chat.path()] == ["please segment the cat"]


def test_a_damaged_sound_is_refused_with_a_remedy(visit: Visit, transcriber: FakeTranscriber) -> None:
    pytest.importorskip("av")
    app = give(visit(), memo(b"RIFF\x00\x00\x00\x00WAVE nothing of a sound", "bad.wav"), words="find the cat")
    assert "bad.wav" in warnings(app) and "Choose a recording" in warnings(app)
    assert not transcriber.calls
    app.press("Discard").press("Send “find the cat”")
    assert app.said[1].startswith("Found 2 cats")


def test_a_sound_that_is_too_long_is_refused_with_the_limit(
    visit: Visit, transcriber: FakeTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = shared.settings()
    short = replace(chosen, limits=replace(chosen.limits, audio_minutes=0.1))
    monkeypatch.setattr(shared, "settings", lambda: short)
    app = give(visit(), memo(recording(speech(8.0), "mp3"), "lecture.mp3"))
    assert "longer than 0.1 minutes" in warnings(app) and not transcriber.calls


def test_it_says_how_far_it_is_and_stop_ends_it(visit: Visit, slow: SlowTranscriber, voice: bytes) -> None:
    app = give(visit(), memo(voice), words="find the cat")
    assert slow.begun.wait(5)
    until(lambda: sound(app).live.fraction == 0.4)
    app.run()
    assert bars(app) == [40]
    handle = sound(app).handle
    app.press("Stop")
    assert not app.session.chat.sounds and handle is not None and handle.wait(5)
    app.press("Send “find the cat”")
    slow.go_on.set()
    until(lambda: app.last.handle is None or app.last.handle.finished)
    assert app.run().said[1].startswith("Found 2 cats")


def test_an_engine_that_breaks_is_told_beside_the_sound(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, voice: bytes
) -> None:
    class Breaking(FakeTranscriber):
        def transcribe(self, clip: AudioClip, job: Job) -> Transcript:
            raise EngineFailed("The model broke.", "Choose another.")

    hears(monkeypatch, Breaking())
    app = give(visit(), memo(voice))
    assert "The model broke." in warnings(app) and "Send" not in app.labels


def test_it_waits_for_its_turn_and_survives_another_page(visit: Visit, slow: SlowTranscriber, voice: bytes) -> None:
    app = give(visit(), memo(voice))
    assert slow.begun.wait(5)
    app.go_home()
    slow.go_on.set()
    handle = sound(app).handle
    assert handle is not None and handle.wait(5)
    assert field(app.go("pages/1_Chat.py")) == "segment the cat"


def test_a_deleted_chat_is_heard_no_longer(visit: Visit, slow: SlowTranscriber, voice: bytes) -> None:
    app = give(visit(), memo(voice))
    assert slow.begun.wait(5)
    handle = sound(app).handle
    app.press_key("delete").press_key("delete-now")
    assert handle is not None and handle.wait(5) and handle.job.cancelled


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("a.wav", "audio/wav"), ("A.MP3", ""), ("voice.m4a", "audio/x-m4a"), ("PTT-1.opus", "audio/ogg")),
        *(("clip.webm", "video/webm"), ("film.mp4", "video/mp4"), ("song.flac", ""), ("note.ogg", "application/ogg")),
    ],
)
def test_sounds_are_told_from_pictures(visit: Visit, transcriber: FakeTranscriber, name: str, kind: str) -> None:
    from pages.shared.hearing import is_sound

    assert is_sound(name, kind) and not is_sound("a.png", "image/png") and not is_sound("b.heic", "")
