"""Several pictures in one chat: which of them a request is about, one table for all, and each can be corrected."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pandas as pd
import pytest

from core.dialogue.engines import Engines
from core.errors import EngineFailed
from core.jobs import Job
from core.sessions.decoded import Decoded
from core.sessions.store import SessionStore
from core.types.boxes import Proposals
from core.types.image import ImageAsset
from tests.fakes import FakeDetector
from tests.pages.conftest import OBJECTS, App, calls, detector_of, plain_engines, png, serve
from tests.pages.hands import boxes, hands_on

Visit = Callable[..., App]
NAMES = ("red.png", "green.png", "blue.png")


@pytest.fixture
def three(visit: Visit) -> App:
    """A chat with three pictures."""
    app = visit(picture=False)
    for number, name in enumerate(NAMES):
        app.upload(png(colour=(number, 50, 50)), name)
    return app


def asked_about(app: App) -> list[str]:
    """The names of the pictures of the last answer."""
    return [part.picture.name for part in app.last.parts if part.picture is not None]


def looked_at(parts: Engines) -> int:
    """How many pictures the detector saw."""
    return len({digest for digest, _ in detector_of(parts).calls})


def test_a_request_is_about_the_newest_picture(three: App) -> None:
    assert asked_about(three.ask("segment the cat")) == ["blue.png"]
    three.upload(png(colour=(9, 9, 9)), "newest.png")
    assert asked_about(three.ask("segment the cat")) == ["newest.png"]


def test_pictures_are_chosen_by_their_thumbnails(three: App) -> None:
    chat = three.session.chat
    three.press_key(f"use-menu-1-{chat.id}")
    assert asked_about(three.ask("segment the cat")) == ["red.png"]
    three.press_key(f"use-menu-3-{chat.id}")
    assert asked_about(three.ask("find the cat")) == ["red.png", "blue.png"]
    three.press_key("newest-menu")
    assert asked_about(three.ask("find the cat")) == ["blue.png"]


def test_pictures_are_chosen_by_the_numbers_above_the_field(three: App) -> None:
    pills = three.at.pills(key=f"about-{three.session.chat.id}")
    assert list(pills.value) == [3]
    pills.set_value([1, 2]).run()
    assert asked_about(three.ask("segment the cat")) == ["red.png", "green.png"]
    three.at.pills(key=f"about-{three.session.chat.id}").set_value([]).run()
    assert asked_about(three.ask("segment the cat")) == ["blue.png"]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("segment the cat in picture 2", ["green.png"]),
        ("segment the cat in pictures 1 and 3", ["red.png", "blue.png"]),
        ("segment the cat in green.png", ["green.png"]),
        ("segment the cat in the first picture", ["red.png"]),
        ("segment the cat in all pictures", list(NAMES)),
    ],
)
def test_pictures_are_named_in_the_text(three: App, text: str, about: list[str]) -> None:
    three.ask(text)
    assert asked_about(three) == about
    assert all(len(boxes(part)) == 2 for part in three.last.parts)


def test_a_picture_that_is_not_there_is_asked_back(three: App) -> None:
    three.ask("segment the cat in picture 7")
    assert "There are 3 pictures here" in three.said[-1]


def test_one_request_over_all_gives_one_table_and_one_file(three: App, engines: Engines) -> None:
    three.press_key("all-menu").ask("segment the cat")
    assert looked_at(engines) == 3 and asked_about(three) == list(NAMES)
    shown = " ".join(m.value for m in three.at.markdown)
    assert "6 objects on 3 of 3 pictures" in shown
    (table,) = [frame.value for frame in three.at.dataframe if "picture" in frame.value]
    assert list(table["picture"]) == [name for name in NAMES for _ in range(2)]
    assert list(table["area_px"]) == [1600, 2000] * 3
    assert "about 1 · red.png, 2 · green.png, 3 · blue.png" in three.captions
    assert [line for line in three.last.steps if line.startswith("Picture")] == [
        f"Picture {n} of 3: {name}" for n, name in enumerate(NAMES, 1)
    ]


def test_the_table_follows_the_sliders_of_each_picture(three: App) -> None:
    three.press_key("all-menu").ask("segment the cat")
    first = three.last.parts[0]
    three.at.session_state[f"details-{first.id}"] = True
    three.run().slide("box", 0.5, first).run()
    (table,) = [frame.value for frame in three.at.dataframe if "picture" in frame.value]
    assert list(table["picture"]) == ["red.png", *(name for name in NAMES[1:] for _ in range(2))]


def test_nothing_found_on_all_of_them_is_no_table(three: App) -> None:
    three.press_key("all-menu").ask("segment the zebra")
    assert "0 objects on 0 of 3 pictures" in " ".join(m.value for m in three.at.markdown)
    assert not three.at.dataframe


def test_a_name_is_text_in_the_table_and_a_formula_in_the_file_does_not_run(visit: Visit) -> None:
    app = visit(picture=False)
    for number, name in enumerate(("=1+1.png", "**bold**.png")):
        app.upload(png(colour=(number, 0, 0)), name)
    app.press_key("all-menu").ask("segment the cat")
    (table,) = [frame.value for frame in app.at.dataframe if "picture" in frame.value]
    assert set(table["picture"]) == {"=1+1.png", "**bold**.png"}
    read = pd.read_csv(io.BytesIO(table.to_csv(index=False).encode()))
    assert list(read["picture"]) == list(table["picture"])


def test_one_that_cannot_be_read_leaves_the_others_in(visit: Visit) -> None:
    app = visit(picture=False)
    field = app.at.file_uploader(key="upload-empty")
    for name, data in (("one.png", png()), ("letter.png", b"no picture"), ("two.png", png(colour=(1, 1, 1)))):
        field.upload(name, data, "image/png")
    app.run()
    assert [picture.name for picture in app.session.chat.pictures] == ["one.png", "two.png"]
    assert "letter.png" in app.errors
    assert asked_about(app.ask("find the cat")) == ["two.png"]


def test_the_same_picture_twice_is_one_and_becomes_the_current_one(three: App, kept_chats: SessionStore) -> None:
    three.upload(png(colour=(0, 50, 50)), "red again.png")
    assert [picture.name for picture in three.session.chat.pictures] == list(NAMES)
    assert asked_about(three.ask("find the cat")) == ["red.png"]
    assert len(kept_chats.load(three.session.owner, three.session.chat.id).pictures) == 3


def test_several_sent_with_words_are_asked_about_together(visit: Visit) -> None:
    app = visit()
    field = app.at.chat_input(key="request")
    for number in (1, 2):
        field = field.upload(f"{number}.png", png(colour=(number, 9, 9)), "image/png")
    field.set_value("segment the cat")
    app.run()
    assert asked_about(app) == ["1.png", "2.png"]


def test_several_sent_of_which_one_is_there_already_are_asked_about_together(visit: Visit) -> None:
    app = visit()
    field = app.at.chat_input(key="request")
    field.upload("again.png", png(), "image/png").upload("new.png", png(colour=(1, 9, 9)), "image/png")
    field.set_value("segment the cat")
    app.run()
    assert asked_about(app) == ["picture.png", "new.png"]


def test_the_same_on_a_new_picture(visit: Visit, engines: Engines) -> None:
    app = visit().ask("segment the cat").ask("only the left one")
    app.upload(png(colour=(7, 7, 7)), "other.png").ask("the same on this picture")
    assert asked_about(app) == ["other.png"] and boxes(app.part) == [OBJECTS[0][1]]
    assert looked_at(engines) == 2 and app.part.turn.references


def test_what_refers_acts_on_every_picture_of_the_last_result(three: App, engines: Engines) -> None:
    three.press_key("all-menu").ask("segment the cat")
    before = calls(engines)
    three.ask("only the left one")
    assert asked_about(three) == list(NAMES)
    assert [boxes(part) for part in three.last.parts] == [[OBJECTS[0][1]]] * 3
    three.ask("undo")
    assert [len(boxes(part)) for part in three.last.parts] == [2, 2, 2] and calls(engines) == before


def test_what_refers_and_names_a_picture_acts_on_that_one_alone(three: App) -> None:
    three.press_key("all-menu").ask("segment the cat").ask("only the left one in picture 2")
    assert asked_about(three) == ["green.png"] and boxes(three.part) == [OBJECTS[0][1]]


def test_a_correction_on_one_picture_leaves_the_others_and_asks_no_detector(
    three: App, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = hands_on(monkeypatch)
    three.press_key("all-menu").ask("segment the cat")
    before, second = calls(engines), three.last.parts[1]
    hands.reject(three, 1, second)
    assert asked_about(three) == list(NAMES)
    assert [len(boxes(part)) for part in three.last.parts] == [2, 1, 2] and calls(engines) == before
    assert "Version 2 of 2" in three.captions and "5 objects on 3 of 3" in " ".join(m.value for m in three.at.markdown)


class BrokenOnce(FakeDetector):
    """Breaks on the second picture."""

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        if tuple(image.pixels[0, 0]) == (1, 50, 50):
            raise EngineFailed("The net broke.", "Fetch it again.")
        return super().propose(image, phrases, job)


def test_an_engine_that_breaks_on_one_picture_answers_for_the_others(
    three: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, plain_engines(detector=BrokenOnce(OBJECTS)))
    three.press_key("all-menu").ask("segment the cat")
    assert [len(boxes(part)) for part in three.last.parts] == [2, 0, 2]
    assert "The net broke." in three.errors and "4 objects on 2 of 3" in " ".join(m.value for m in three.at.markdown)


def test_a_picture_whose_file_is_gone_answers_for_the_others(
    three: App, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept_chats.pictures.folder / three.session.chat.pictures[1].key).unlink()
    monkeypatch.setattr(kept_chats.pictures, "_decoded", Decoded())
    three.press_key("all-menu").ask("segment the cat")
    assert [len(boxes(part)) for part in three.last.parts] == [2, 0, 2]
    assert "'green.png' is no longer kept here" in three.errors


def test_a_changed_picture_joins_the_others_under_its_own_name(three: App) -> None:
    three.ask("remove the cat in picture 1").press("Continue with this picture")
    assert [picture.name for picture in three.session.chat.pictures] == [*NAMES, "red.png (edited)"]
    assert asked_about(three.ask("find the cat")) == ["red.png (edited)"]
