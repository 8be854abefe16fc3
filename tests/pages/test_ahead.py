"""Done before anybody asks: pictures are encoded in the background, models whose weights are here are loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from core.jobs import Job, Worker
from pages.shared import ahead, warming
from pages.shared import engines as shared
from tests.fake_models import EncodingSegmenter, LoadingDetector
from tests.fakes import FakeDetector, FakeIntent, fake_engines
from tests.pages.conftest import OBJECTS, App, plain_engines, png, serve, until
from tests.pages.test_running import SlowDetector

Visit = Callable[..., App]


def encoding(monkeypatch: pytest.MonkeyPatch, segmenter: EncodingSegmenter, **parts: Any) -> EncodingSegmenter:
    serve(monkeypatch, plain_engines(segmenter=segmenter, **parts))
    return segmenter


def digest(app: App, number: int) -> str:
    return app.session.chat.pictures[number - 1].digest


def test_a_picture_is_encoded_when_it_is_opened_and_once(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = encoding(monkeypatch, EncodingSegmenter())
    app = visit()
    until(lambda: len(segmenter.encoded) == 1)
    app.run().ask("segment the cat").run()
    assert segmenter.encoded == [digest(app, 1)] == segmenter.begun


def test_another_picture_supersedes_the_one_under_way(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    segmenter = encoding(monkeypatch, EncodingSegmenter(step=lambda: gate.wait(5)))
    app = visit()
    until(lambda: len(segmenter.begun) == 1)
    app.upload(png(colour=(1, 2, 3)), "second.png")
    gate.set()
    until(lambda: len(segmenter.encoded) == 1)
    assert segmenter.encoded == [digest(app, 2)] and segmenter.begun == [digest(app, 1), digest(app, 2)]


def test_a_turn_goes_first_and_the_encoding_begins_anew(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, gate = SlowDetector(), threading.Event()
    segmenter = encoding(monkeypatch, EncodingSegmenter(step=lambda: gate.wait(0.01), count=1000), detector=slow)
    monkeypatch.setattr("pages.shared.views.pump", lambda *_: None)
    app = visit().ask("find the cat")
    assert slow.begun.wait(5) and not segmenter.encoded
    slow.go_on.set()
    gate.set()
    until(lambda: len(segmenter.encoded) == 1)
    assert segmenter.begun[-1] == digest(app, 1)


def test_all_pictures_of_the_next_request_are_encoded_up_to_a_few(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = encoding(monkeypatch, EncodingSegmenter())
    app = visit()
    for number in range(ahead.MOST + 1):
        app.upload(png(colour=(number, 2, 3)), f"{number}.png")
    until(lambda: digest(app, ahead.MOST + 2) in segmenter.encoded)
    segmenter.encoded.clear()
    app.press_key("all-menu")
    until(lambda: len(segmenter.encoded) == ahead.MOST)
    assert segmenter.encoded == [digest(app, n + 1) for n in range(ahead.MOST)]


@pytest.mark.parametrize("ready", [False, True])
def test_nothing_is_encoded_where_the_weights_are_not_here(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, ready: bool
) -> None:
    segmenter = encoding(monkeypatch, EncodingSegmenter(ready))
    app = visit()
    assert shared.worker().submit("test", lambda job: iter(())).wait(5)
    if ready:
        until(lambda: bool(segmenter.encoded))
    assert bool(segmenter.begun) == ready
    segmenter.ready = True  # downloaded meanwhile
    app.run()
    until(lambda: segmenter.encoded == [digest(app, 1)])


def test_a_picture_that_cannot_be_encoded_leaves_the_turn_as_it_is(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise MemoryError

    segmenter = encoding(monkeypatch, EncodingSegmenter(step=breaks))
    app = visit()
    until(lambda: bool(segmenter.begun))
    assert app.ask("segment the cat").said[1].startswith("Outlined 2 cats") and not app.errors


# -- loading ---------------------------------------------------------------------------------------------------------


def run(make: Callable[..., Any], *args: Any) -> list[str]:
    return list(make(*args, Job()))


def test_small_nets_are_used_and_large_models_are_not() -> None:
    large = LoadingDetector(OBJECTS)
    parts = fake_engines(detector=large)
    assert run(warming.warm, parts) == ["intent", "keywords", "segmenter", "tables"]
    assert large.log == []


def test_a_chosen_model_is_loaded_without_a_pass_and_nothing_is_remembered() -> None:
    large = LoadingDetector(OBJECTS)
    parts = fake_engines(detector=large)
    assert run(warming.load, parts) == ["detector"]
    assert large.log == ["load"] and large.loaded and len(parts.memo) == 0
    assert run(warming.load, parts) == []
    assert large.log == ["load"]


def test_nothing_is_downloaded_nor_loaded_where_the_weights_are_not_here() -> None:
    large, small = LoadingDetector(OBJECTS, here=False), FakeIntent()
    parts = fake_engines(detector=large, intent=small)
    run(warming.warm, parts)
    run(warming.load, parts)
    assert large.log == [] and small.calls


def test_an_engine_that_is_not_ready_is_not_warmed_up() -> None:
    class Missing(FakeDetector):
        def status(self) -> Any:
            return type(super().status())(False, "Its weights are not here.")

    missing = Missing(OBJECTS)
    run(warming.warm, fake_engines(detector=missing))
    assert missing.calls == []


def test_a_turn_does_not_wait_for_models_to_load() -> None:
    class Long(LoadingDetector):
        begun = threading.Event()

        def propose(self, image: Any, phrases: Any, job: Job) -> Any:
            self.begun.set()
            for _ in range(500):
                job.report(None, "loading")
                threading.Event().wait(0.005)
            return super().propose(image, phrases, job)

    worker, large = Worker(), Long(OBJECTS)
    parts = fake_engines(detector=large)
    loading = worker.submit("warm-up", lambda job: warming.load(parts, job), background=True)
    assert large.begun.wait(5)
    assert worker.submit("user", lambda job: iter(["turn"])).wait(1.5)
    assert not large.loaded
    worker.cancel(loading)
    assert loading.wait(5)
