"""What is no checkpoint of Segment Anything is refused with a reason and a remedy; what is one fits by its tensors."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import EngineUnavailable
from core.jobs import Job
from core.registry import EngineContext, build
from core.settings import ASSETS
from core.types.masks import Prompt
from tests.checkpoints import sam as checkpoints
from tests.segmentation.test_sam import noise

PROMPT = [Prompt((10.0, 20.0, 60.0, 50.0))]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.tiny_original(tmp_path_factory.mktemp("sam") / "tiny.pth")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.tiny_transformers(tmp_path_factory.mktemp("sam") / "sam", "sam")


def engine_of(path: Path) -> Any:
    backend = "segment_anything" if path.suffix == ".pth" else "transformers"
    return build("segmentation", backend, {"model": str(path)}, EngineContext(path.parent, ASSETS))


def refusal(path: Path) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        engine_of(path).segment(noise(90, 60), PROMPT, Job())
    assert caught.value.remedy
    return caught.value


def changed(original: Path, file: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Path:
    """The checkpoint with other tensors."""
    import torch

    torch.save(change(torch.load(original, weights_only=True)), file)
    return file


def test_missing_unknown_and_misshapen_tensors_are_named(original: Path, tmp_path: Path) -> None:
    import torch

    file = tmp_path / "changed.pth"
    changed(original, file, lambda t: {n: v for n, v in t.items() if n != "mask_decoder.iou_token.weight"})
    assert "lacks mask_decoder.iou_token.weight" in refusal(file).message
    changed(original, file, lambda t: {**t, "mask_decoder.hf_token.weight": torch.zeros(1, 32)})
    assert "besides mask_decoder.hf_token.weight" in refusal(file).message
    changed(original, file, lambda t: {**t, "mask_decoder.iou_token.weight": torch.zeros(2, 32)})
    assert "mask_decoder.iou_token.weight (2, 32) instead of (1, 32)" in refusal(file).message
    changed(original, file, lambda t: {n: v for n, v in t.items() if "image_encoder" not in n})
    message = refusal(file).message
    assert "lacks image_encoder.pos_embed" in message and "more" in message


def test_files_that_are_no_checkpoint_are_refused(original: Path, tmp_path: Path) -> None:
    import torch

    file = tmp_path / "odd.pth"
    file.write_bytes(b"")
    assert "empty" in refusal(file).message
    file.write_text("weights")
    assert "cannot be read" in refusal(file).message
    file.write_bytes(original.read_bytes()[:200_000])
    assert "cut short" in refusal(file).message
    for content in ({}, {"model": {}}, [1, 2], torch.zeros(3)):
        torch.save(content, file)
        assert refusal(file).message
    assert "something else" in refusal(file).message


class Attack:
    """Pickled, it would run a command where it is read without care."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.witness,)


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    checkpoints.quiet_torch()
    file = tmp_path / "attack.pth"
    file.write_bytes(pickle.dumps(Attack(tmp_path / "witness"), protocol=2))
    assert "cannot be read" in refusal(file).message
    assert not (tmp_path / "witness").exists()


def test_sizes_come_from_the_tensors(original: Path, tmp_path: Path) -> None:
    """Another square, and a file of the old format, that cannot be mapped: without being told."""
    import torch

    small = checkpoints.tiny_original(tmp_path / "small.pth", side=128)
    logits = engine_of(small).segment(noise(90, 60), PROMPT, Job())
    assert logits.logits.shape == (1, 4, 32, 32) and logits.frames[0].side == 128
    old, halved = tmp_path / "old.pth", tmp_path / "half.pth"
    tensors = torch.load(original, weights_only=True)
    torch.save(tensors, old, _use_new_zipfile_serialization=False)
    want = engine_of(original).segment(noise(90, 60), PROMPT, Job()).logits
    np.testing.assert_array_equal(engine_of(old).segment(noise(90, 60), PROMPT, Job()).logits, want)
    torch.save({name: value.half() for name, value in tensors.items()}, halved)
    np.testing.assert_allclose(engine_of(halved).segment(noise(90, 60), PROMPT, Job()).logits, want, atol=0.01)


@pytest.mark.parametrize(("width", "name"), [(768, "vit_b"), (1024, "vit_l"), (1280, "vit_h")])
def test_the_published_sizes_are_recognised(width: int, name: str, tmp_path: Path) -> None:
    """The package's own builders without memory: the sizes read back from their tensors make the same model."""
    torch = checkpoints.quiet_torch()
    from segment_anything import sam_model_registry

    from core.segmentation.sam_original import SIZES, built, check_fit

    with torch.device("meta"):
        library = sam_model_registry[name]()
    tensors = library.state_dict()
    ours = built(tensors, tmp_path)
    check_fit(ours, tensors, tmp_path)
    assert SIZES[width] == name and repr(ours) == repr(library)
    assert ours.image_encoder.img_size == 1024 and ours.prompt_encoder.mask_input_size == (256, 256)
    assert [b.window_size for b in ours.image_encoder.blocks] == [b.window_size for b in library.image_encoder.blocks]
    assert [b.attn.num_heads for b in ours.image_encoder.blocks] == [
        b.attn.num_heads for b in library.image_encoder.blocks
    ]
    for layer, same in zip(ours.mask_decoder.transformer.layers, library.mask_decoder.transformer.layers, strict=True):
        assert layer.self_attn.num_heads == same.self_attn.num_heads


def edited(folder: Path, copy: Path, **config: Any) -> Path:
    """A copy of a transformers folder with some of its config changed."""
    shutil.copytree(folder, copy)
    file = copy / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **config}))
    return copy


def test_a_folder_of_another_type_is_refused_before_it_is_loaded(folder: Path, tmp_path: Path) -> None:
    other = edited(folder, tmp_path / "bert", model_type="bert")
    error = refusal(other)
    assert "'bert'" in error.message and "sam_hq" in error.remedy
    status = engine_of(other).status()
    assert not status.ready and status.reason == error.message and status.remedy == error.remedy
    (other / "config.json").write_text("{}")
    assert "model_type" in refusal(other).message and not engine_of(other).status().ready
    assert engine_of(folder).status().ready
    nowhere = tmp_path / "nowhere"
    assert not engine_of(nowhere).status().ready
    assert "no model" in refusal(nowhere).message


def test_weights_that_a_folder_lacks_are_named_and_not_made_up(folder: Path, tmp_path: Path) -> None:
    checkpoints.quiet_torch()
    from safetensors.torch import load_file, save_file

    lacking = edited(folder, tmp_path / "lacking")
    tensors = load_file(lacking / "model.safetensors")
    save_file(
        {n: v for n, v in tensors.items() if "iou_token" not in n}, lacking / "model.safetensors", {"format": "pt"}
    )
    assert "lacks mask_decoder.iou_token.weight" in refusal(lacking).message
    (lacking / "model.safetensors").write_bytes(b"\x00" * 10)
    assert str(lacking) in refusal(lacking).message
    (lacking / "model.safetensors").unlink()
    assert str(lacking) in refusal(lacking).message
    without = edited(folder, tmp_path / "without")
    (without / "preprocessor_config.json").unlink()
    assert str(without) in refusal(without).message


def test_a_published_video_model_of_sam_2_serves_single_pictures(tmp_path: Path) -> None:
    checkpoints.quiet_torch()
    from transformers import Sam2VideoConfig

    folder = checkpoints.tiny_transformers(tmp_path / "sam2", "sam2")
    config = json.loads((folder / "config.json").read_text())
    video = Sam2VideoConfig(
        vision_config=config["vision_config"], prompt_encoder_config=config["prompt_encoder_config"],
        mask_decoder_config=config["mask_decoder_config"],
    )  # fmt: skip
    want = engine_of(folder).segment(noise(90, 60), PROMPT, Job()).logits
    video.save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "sam2_video"
    np.testing.assert_array_equal(engine_of(folder).segment(noise(90, 60), PROMPT, Job()).logits, want)
