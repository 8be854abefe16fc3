"""One engine, many sessions: pictures are encoded once, stay apart, take bounded memory, and Stop leaves nothing."""

from __future__ import annotations

import json
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled, EngineFailed, EngineTimeout, EngineUnavailable, InputError
from core.jobs import Job
from core.registry import EngineContext, build
from core.segmentation.sam import SegmentAnything
from core.settings import ASSETS
from core.types.image import ImageAsset
from core.types.masks import Prompt
from core.types.runtime import Runtime
from tests.checkpoints import sam as checkpoints
from tests.segmentation.test_sam import noise
from tests.threads import answers_at_once

BOXES = [Prompt((10.0, 20.0, 90.0, 80.0)), Prompt((0.0, 0.0, 40.0, 30.0)), Prompt(None, ((50.0, 40.0, True),))]
ONE = 32_768  # bytes of the tiny model's encoding


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sam")
    checkpoints.tiny_original(made / "tiny.pth")
    for kind in ("sam", "sam2"):
        checkpoints.tiny_transformers(made / kind, kind)
    return made


def engine_of(folder: Path, model: str = "tiny.pth", encodings: float = 100, **options: Any) -> SegmentAnything:
    """encodings: how many of the tiny checkpoint are kept."""
    context = EngineContext(folder, ASSETS, Runtime(encodings_mb=encodings * ONE / 1e6))
    backend = "segment_anything" if model.endswith(".pth") else "transformers"
    engine: SegmentAnything = build("segmentation", backend, {"model": str(folder / model), **options}, context)
    return engine


class Encoder:
    """Counts what the engine's image encoder is asked, and may wait or fail inside it."""

    def __init__(self, engine: SegmentAnything) -> None:
        self.calls, self.inside = 0, 0
        self.most = 0
        self.at_start: list[Any] = []
        loaded = engine.model.get(Job())
        self.blocks = loaded.module.image_encoder.blocks
        loaded.module.image_encoder.register_forward_pre_hook(self._begun)
        loaded.module.image_encoder.register_forward_hook(self._ended)

    def _begun(self, module: Any, inputs: Any) -> None:
        self.calls += 1
        self.inside += 1
        self.most = max(self.most, self.inside)
        for action in self.at_start:
            action()

    def _ended(self, module: Any, inputs: Any, outputs: Any) -> None:
        self.inside -= 1


@pytest.mark.parametrize("model", ["tiny.pth", "sam", "sam2"])
def test_two_sessions_on_two_pictures_get_their_own_masks(folder: Path, model: str) -> None:
    """Three hundred times, with encodings kept and with room for none, so that encoders run beside decoders too."""
    pictures = [noise(140, 100, 1), noise(100, 140, 2)]
    prompts = BOXES[:1]
    for encodings, times in ((100, 120), (0, 30)):
        engine = engine_of(folder, model, encodings)
        want = [engine.segment(picture, prompts, Job()).logits.tobytes() for picture in pictures]
        assert want[0] != want[1]
        assert sessions(engine, pictures, prompts, times) == [(times, want[0]), (times, want[1])]


def sessions(
    engine: SegmentAnything, pictures: list[ImageAsset], prompts: list[Prompt], times: int
) -> list[tuple[int, bytes]]:
    """Of each picture, asked so often in a thread of its own: how many answers were like the last, and that one."""
    answers: list[list[bytes]] = [[] for _ in pictures]

    def session(own: list[bytes], picture: ImageAsset) -> None:
        for _ in range(times):
            own.append(engine.segment(picture, prompts, Job()).logits.tobytes())

    threads = [threading.Thread(target=session, args=pair) for pair in zip(answers, pictures, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [(own.count(own[-1]), own[-1]) for own in answers]


def test_a_picture_is_encoded_once_for_all(folder: Path) -> None:
    engine = engine_of(folder)
    seen = Encoder(engine)
    picture = noise(140, 100)
    answers = answers_at_once(lambda: engine.segment(picture, BOXES, Job()).logits.tobytes())
    assert len(answers) == 8 and len(set(answers)) == 1
    assert seen.calls == 1
    same = ImageAsset.of(np.array(picture.pixels), "another upload")
    engine.segment(same, [Prompt((1.0, 1.0, 9.0, 9.0))], Job())
    assert seen.calls == 1


def test_one_picture_is_encoded_at_a_time(folder: Path) -> None:
    engine = engine_of(folder)
    seen = Encoder(engine)
    seen.at_start.append(lambda: time.sleep(0.02))
    threads = [threading.Thread(target=engine.encode, args=(noise(90, 60, seed), Job())) for seed in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.calls == 5 and seen.most == 1


def test_encoding_ahead_leaves_only_the_decoding(folder: Path) -> None:
    engine = engine_of(folder)
    seen = Encoder(engine)
    picture = noise(140, 100)
    said: list[str] = []
    engine.encode(picture, Job(lambda _, text: said.append(text)))
    assert said == ["Encoding the picture"] and seen.calls == 1
    said.clear()
    ahead = engine.segment(picture, BOXES, Job(lambda _, text: said.append(text)))
    assert seen.calls == 1 and len(said) == 3 and not any("Encoding" in text for text in said)
    fresh = engine_of(folder).segment(picture, BOXES, Job())
    assert ahead.logits.tobytes() == fresh.logits.tobytes()


def test_encodings_stay_within_their_bound_and_the_oldest_leaves(folder: Path) -> None:
    engine = engine_of(folder, encodings=2.5)
    seen = Encoder(engine)
    pictures = [noise(90, 60, seed) for seed in range(3)]
    for picture in (*pictures[:2], pictures[0], pictures[2]):  # the second is the oldest now
        engine.encode(picture, Job())
        assert engine.status().details["encodings_bytes"] <= 2.5 * ONE
    assert engine.status().details["encodings"] == 2 and seen.calls == 3
    engine.encode(pictures[0], Job())
    assert seen.calls == 3
    engine.encode(pictures[1], Job())
    assert seen.calls == 4


def test_no_prompt_loads_nothing(folder: Path) -> None:
    engine = engine_of(folder)
    assert len(engine.segment(noise(90, 60), [], Job())) == 0
    with pytest.raises(InputError):
        engine.segment(noise(90, 60), [Prompt((50, 50, 20, 80))], Job())
    assert engine.status().details["state"] == "not loaded"


def test_a_box_outside_the_picture_is_not_measured(folder: Path) -> None:
    engine = engine_of(folder)
    seen = Encoder(engine)
    logits = engine.segment(noise(90, 60), [Prompt((500, 0, 600, 9)), Prompt((500, 0, 600, 9), ((5, 5, True),))], Job())
    assert seen.calls == 0 and all("outside" in note for note in logits.notes)
    assert np.isnan(logits.quality).all() and logits.frames == (None, None)
    with pytest.raises(InputError, match="too slim"):
        engine.segment(noise(8, 6000), [Prompt((1.0, 9.0, 5.0, 90.0))], Job())


def test_stop_in_the_middle_of_an_encoding_leaves_nothing_behind(folder: Path) -> None:
    engine = engine_of(folder)
    seen = Encoder(engine)
    picture = noise(140, 100)
    want = engine_of(folder).segment(picture, BOXES, Job()).logits.tobytes()
    reached: list[int] = []
    for number, block in enumerate(seen.blocks):
        block.register_forward_hook(lambda *_, number=number: reached.append(number))
    job = Job()
    seen.at_start.append(job.cancel)
    with pytest.raises(Cancelled):
        engine.segment(picture, BOXES, job)
    assert not reached, "the first layer after Stop ended the pass"
    assert engine.status().details["encodings"] == 0
    seen.at_start.clear()
    assert engine.segment(picture, BOXES, Job()).logits.tobytes() == want
    late = Job(deadline=time.monotonic() - 1)
    with pytest.raises(EngineTimeout):
        engine.segment(noise(90, 60), BOXES, late)


def test_who_waits_for_anothers_encoding_can_be_stopped(folder: Path) -> None:
    engine = engine_of(folder)
    seen = Encoder(engine)
    going, done = threading.Event(), threading.Event()
    seen.at_start += [going.set, lambda: done.wait(20)]
    first = threading.Thread(target=engine.encode, args=(noise(90, 60), Job()))
    first.start()
    assert going.wait(20)
    job = Job()
    threading.Timer(0.2, job.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        engine.segment(noise(60, 90), BOXES, job)
    assert time.monotonic() - began < 5
    done.set()
    first.join()
    assert engine.status().details["encodings"] == 1


def test_unloading_drops_model_and_encodings(folder: Path) -> None:
    engine = engine_of(folder)
    picture = noise(140, 100)
    before = engine.segment(picture, BOXES, Job()).logits.tobytes()
    details = engine.status().details
    assert details["state"] == "loaded" and details["encodings"] == 1 and details["encodings_bytes"] == ONE
    assert engine.unload() == details["memory"] > 300_000
    details = engine.status().details
    assert (details["state"], details["encodings"], details["encodings_bytes"]) == ("not loaded", 0, 0)
    assert engine.unload() == 0
    assert engine.segment(picture, BOXES, Job()).logits.tobytes() == before


@pytest.mark.parametrize("model", ["tiny.pth", "sam", "sam2"])
def test_sixteen_bits_come_near_and_say_so(folder: Path, model: str) -> None:
    picture = noise(140, 100)
    full = engine_of(folder, model).segment(picture, BOXES, Job())
    half = engine_of(folder, model, dtype="bfloat16").segment(picture, BOXES, Job())
    assert half.logits.dtype == np.float32 and half.logits.tobytes() != full.logits.tobytes()
    assert np.abs(half.logits - full.logits).max() < 0.1 * np.abs(full.logits).max()
    assert "bfloat16" in half.engines[0].note and full.engines[0].note == ""
    assert replace(half.engines[0], note="") == full.engines[0]


def test_what_breaks_inside_a_model_is_told(folder: Path) -> None:
    engine = engine_of(folder)
    seen = Encoder(engine)

    def broken() -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    seen.at_start.append(broken)
    with pytest.raises(EngineFailed, match="shapes cannot be multiplied") as caught:
        engine.segment(noise(90, 60), BOXES, Job())
    assert caught.value.remedy and engine.status().details["encodings"] == 0


def test_the_engine_names_itself_and_its_versions(folder: Path) -> None:
    picture = noise(90, 60)
    info = engine_of(folder).segment(picture, BOXES[:1], Job()).engines[0]
    assert info.name == "segment_anything/vit_32" and info.version.startswith("segment-anything 1.0, weights ")
    info = engine_of(folder, "sam2").segment(picture, BOXES[:1], Job()).engines[0]
    assert info.name == "transformers/sam2" and info.version.startswith("transformers 4.")


def test_other_weights_under_the_same_name_are_another_version(folder: Path, tmp_path: Path) -> None:
    import torch

    state = torch.load(folder / "tiny.pth", weights_only=True)
    torch.save({name: tensor + 1 for name, tensor in state.items()}, tmp_path / "tiny.pth")
    versions = {engine_of(f).segment(noise(90, 60), BOXES[:1], Job()).engines[0].version for f in (folder, tmp_path)}
    assert len(versions) == 2


def test_one_request_encodes_once_where_no_encoding_is_kept(folder: Path) -> None:
    engine = engine_of(folder, encodings=0)
    seen = Encoder(engine)
    engine.segment(noise(90, 60), BOXES, Job())
    assert (seen.calls, engine.status().details["encodings"]) == (1, 0)


@pytest.mark.parametrize("broken", ["logits", "quality"])
def test_masks_that_are_no_numbers_are_an_error(folder: Path, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(folder)
    network = engine.model.get(Job()).value.network
    decode = network.decode

    def spoiled(*inputs: Any) -> Any:
        found = [np.array(part) for part in decode(*inputs)]
        found[broken == "quality"].flat[0] = np.nan
        return tuple(found)

    monkeypatch.setattr(network, "decode", spoiled)
    with pytest.raises(EngineFailed, match="no numbers") as caught:
        engine.segment(noise(90, 60), BOXES, Job())
    assert 'dtype = "float32"' in caught.value.remedy


def test_a_folder_with_code_of_its_own_is_not_ready(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "sam", tmp_path / "sam")
    config = json.loads((tmp_path / "sam/config.json").read_text())
    (tmp_path / "sam/config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "own.Own"}}))
    engine = engine_of(tmp_path, "sam")
    assert "its own code" in engine.status().reason
    with pytest.raises(EngineUnavailable, match="its own code"):
        engine.segment(noise(90, 60), BOXES, Job())
