"""Loading Grounding DINO: what fits, what is refused and why, and what is read from where."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from core.detection.grounding_sizes import EMBED, FORWARD, OFFSETS, QUERIES, WORDS, sizes_of
from core.errors import EngineUnavailable
from core.jobs import Job
from core.registry import EngineContext, allowed_options, build
from core.settings import ASSETS
from core.types.image import ImageAsset
from tests.checkpoints.grounding_dino import tiny_options

Options = dict[str, str]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return tiny_options("groundingdino", tmp_path_factory.mktemp("groundingdino"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return tiny_options("transformers", tmp_path_factory.mktemp("transformers"))


@pytest.fixture(scope="module")
def cat() -> ImageAsset:
    return ImageAsset.of(np.ascontiguousarray(skimage.data.chelsea()[::3, ::3]))


def engine(backend: str, options: Options, folder: Path) -> Any:
    whole = {**(allowed_options("detection", backend) or {}), **options}
    return build("detection", backend, whole, EngineContext(folder, ASSETS))


def refused(backend: str, options: Options, folder: Path) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        engine(backend, options, folder).model.get(Job())
    assert caught.value.remedy
    return caught.value


def state_of(options: Options) -> dict[str, Any]:
    import torch

    state: dict[str, Any] = torch.load(options["model"], weights_only=True)["model"]
    return state


def saved(content: Any, folder: Path, original: Options, **how: Any) -> Options:
    import torch

    torch.save(content, folder / "other.pth", **how)
    return {**original, "model": str(folder / "other.pth")}


def test_what_a_file_is_called_says_nothing(original: Options, tmp_path: Path, cat: ImageAsset) -> None:
    named = tmp_path / "groundingdino_swinb_cogcoor.pth"
    shutil.copy(original["model"], named)
    same = engine("groundingdino", {**original, "model": str(named)}, tmp_path).propose(cat, ("dog",), Job())
    assert same.digest == engine("groundingdino", original, tmp_path).propose(cat, ("dog",), Job()).digest
    assert same.engines[0].name == "groundingdino/groundingdino_swinb_cogcoor"


@pytest.mark.parametrize("form", ["bare", "module", "old file", "other things beside"])
def test_the_forms_in_which_checkpoints_are_saved(
    original: Options, tmp_path: Path, cat: ImageAsset, form: str
) -> None:
    state = state_of(original)
    if form == "bare":
        options = saved(state, tmp_path, original)
    elif form == "module":  # of a model trained on several GPUs
        options = saved({"model": {f"module.{name}": value for name, value in state.items()}}, tmp_path, original)
    elif form == "old file":
        options = saved({"model": state}, tmp_path, original, _use_new_zipfile_serialization=False)
    else:
        left = {name: value for name, value in state.items() if not name.endswith("position_ids")}
        options = saved({"model": {**left, "label_enc.weight": state[QUERIES]}, "epoch": 3}, tmp_path, original)
    expected = engine("groundingdino", original, tmp_path).propose(cat, ("dog",), Job())
    assert engine("groundingdino", options, tmp_path).propose(cat, ("dog",), Job()).digest == expected.digest


def test_sizes_of_the_published_checkpoints() -> None:
    """Their tensors' shapes, as in the package's two configurations."""
    torch = pytest.importorskip("torch", reason="the package 'torch' is not installed")

    def state(width: int, depths: tuple[int, ...], heads: int, window: int) -> dict[str, Any]:
        names = {
            EMBED: (width, 3, 4, 4), OFFSETS: (8 * 4 * 4 * 2, 256), FORWARD: (2048, 256), QUERIES: (900, 256),
            WORDS: (30522, 768),
        }  # fmt: skip
        for stage, depth in enumerate(depths):
            for block in range(depth):
                table = f"backbone.0.layers.{stage}.blocks.{block}.attn.relative_position_bias_table"
                names[table] = ((2 * window - 1) ** 2, heads << stage)
        names |= {f"backbone.0.norm{stage}.weight": (width << stage,) for stage in (1, 2, 3)}
        names |= {f"input_proj.{level}.0.weight": (256, 8, 1, 1) for level in range(4)}
        names |= {
            f"transformer.{part}.layers.{n}.linear1.weight": (2048, 256)
            for part in ("encoder", "decoder")
            for n in range(6)
        }
        return {name: torch.empty(shape, device="meta") for name, shape in names.items()}

    tiny = sizes_of(state(96, (2, 2, 6, 2), 3, 7))
    assert tiny.config == "GroundingDINO_SwinT_OGC" and (tiny.vocabulary, tiny.hidden) == (30522, 768)
    assert tiny.swin == {"embed_dim": 96, "depths": [2, 2, 6, 2], "num_heads": [3, 6, 12, 24], "window_size": 7}
    base = sizes_of(state(128, (2, 2, 18, 2), 4, 12))
    assert base.config == "GroundingDINO_SwinB_cfg"
    assert base.swin == {"embed_dim": 128, "depths": [2, 2, 18, 2], "num_heads": [4, 8, 16, 32], "window_size": 12}
    packaged = (
        "return_interm_indices",
        "num_feature_levels",
        "enc_layers",
        "dec_layers",
        "nheads",
        "dim_feedforward",
        "num_queries",
    )
    for sizes in (tiny, base):
        assert [sizes.model[name] for name in packaged] == [[1, 2, 3], 4, 6, 6, 8, 2048, 900]


@pytest.mark.parametrize("content", [{"model": {}}, {"model": {"nonsense": 1}}, {}, [1, 2]])
def test_an_empty_or_foreign_checkpoint_names_what_is_missing(original: Options, tmp_path: Path, content: Any) -> None:
    error = refused("groundingdino", saved(content, tmp_path, original), tmp_path)
    assert EMBED in str(error) and "no checkpoint of Grounding DINO" in str(error)


def test_missing_tensors_are_named(original: Options, tmp_path: Path) -> None:
    state = state_of(original)
    del state["transformer.level_embed"]
    error = refused("groundingdino", saved({"model": state}, tmp_path, original), tmp_path)
    assert "'transformer.level_embed'" in str(error)


def test_a_tensor_of_another_shape_is_refused(original: Options, tmp_path: Path) -> None:
    state = state_of(original)
    state["feat_map.weight"] = state["feat_map.weight"][:, :16]
    assert "feat_map.weight" in str(refused("groundingdino", saved({"model": state}, tmp_path, original), tmp_path))


def test_a_file_that_is_none_is_refused(original: Options, tmp_path: Path) -> None:
    file = tmp_path / "page.pth"
    file.write_text("<html>Not found</html>")
    assert "page.pth" in str(refused("groundingdino", {**original, "model": str(file)}, tmp_path))


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.target,))


def test_nothing_in_a_checkpoint_is_executed(original: Options, tmp_path: Path) -> None:
    target, file = tmp_path / "executed", tmp_path / "bomb.pth"
    file.write_bytes(pickle.dumps({"model": Bomb(target)}))
    refused("groundingdino", {**original, "model": str(file)}, tmp_path)
    refused("groundingdino", saved({"model": Bomb(target)}, tmp_path, original), tmp_path)
    assert not target.exists()


def test_another_text_encoder_is_refused(original: Options, tmp_path: Path) -> None:
    from transformers import BertConfig

    folder = tmp_path / "bert"
    shutil.copytree(original["text_encoder"], folder)
    BertConfig(vocab_size=77, hidden_size=32, num_attention_heads=2).save_pretrained(folder)
    error = refused("groundingdino", {**original, "text_encoder": str(folder)}, tmp_path)
    assert "77" in str(error) and "text_encoder" in error.remedy


def test_without_its_text_encoder_it_is_not_ready(original: Options, tmp_path: Path) -> None:
    lacking = engine("groundingdino", {**original, "text_encoder": str(tmp_path / "none")}, tmp_path)
    status = lacking.status()
    assert not status.ready and "none" in status.reason and status.remedy
    with pytest.raises(EngineUnavailable, match="none"):
        lacking.model.get(Job())
    with pytest.raises(EngineUnavailable, match="none"):
        lacking.download(Job())


def test_nothing_is_printed_and_nothing_of_the_package_stays_patched(
    original: Options, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from groundingdino.models.GroundingDINO.backbone import backbone
    from groundingdino.util import get_tokenlizer

    before = (
        get_tokenlizer.get_tokenlizer,
        get_tokenlizer.get_pretrained_language_model,
        backbone.build_swin_transformer,
    )
    engine("groundingdino", original, tmp_path).model.get(Job())
    assert capsys.readouterr().out == ""
    assert before == (
        get_tokenlizer.get_tokenlizer, get_tokenlizer.get_pretrained_language_model, backbone.build_swin_transformer,
    )  # fmt: skip


def test_other_weights_are_another_version(original: Options, tmp_path: Path) -> None:
    state = state_of(original)
    state["feat_map.bias"] = state["feat_map.bias"] + 1
    changed = engine("groundingdino", saved({"model": state}, tmp_path, original), tmp_path).model.get(Job()).value
    assert changed.version != engine("groundingdino", original, tmp_path).model.get(Job()).value.version


@pytest.mark.parametrize("shape", [(300, 451), (300, 100), (37, 36), (16, 16)])
def test_a_frame_is_the_packages_own(original: Options, tmp_path: Path, shape: tuple[int, int]) -> None:
    import torch
    from groundingdino.util.inference import load_image

    pixels = np.ascontiguousarray(skimage.data.chelsea()[: shape[0], : shape[1]])
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    model = engine("groundingdino", original, tmp_path).model.get(Job()).value
    assert torch.equal(model.frame(pixels), load_image(str(tmp_path / "picture.png"))[1])


def test_a_snapshot_of_the_hub_is_named_by_its_revision(other: Options, tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / "0123456789abcdef"
    shutil.copytree(other["model"], folder)
    assert (
        engine("transformers", {"model": str(folder)}, tmp_path).model.get(Job()).value.version.endswith("0123456789ab")
    )


def test_a_folder_of_another_model_is_refused(original: Options, tmp_path: Path) -> None:
    error = refused("transformers", {"model": original["text_encoder"]}, tmp_path)
    assert "'bert'" in str(error) and "Grounding DINO" in str(error)


@pytest.mark.parametrize("lacking", ["one", "all"])
def test_a_folder_that_lacks_tensors_names_them(other: Options, tmp_path: Path, lacking: str) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(other["model"], folder)
    state = load_file(folder / "model.safetensors")
    name = "model.text_projection.weight"
    assert name in state
    left = {key: value for key, value in state.items() if key != name} if lacking == "one" else {}
    save_file(left, folder / "model.safetensors", metadata={"format": "pt"})
    error = refused("transformers", {"model": str(folder)}, tmp_path)
    assert "lack" in str(error) and (name in str(error) or lacking == "all")


def test_a_folder_with_older_weights_is_read_and_nothing_in_it_is_executed(
    other: Options, tmp_path: Path, cat: ImageAsset
) -> None:
    import torch
    from safetensors.torch import load_file

    folder, target = tmp_path / "model", tmp_path / "executed"
    shutil.copytree(other["model"], folder)
    state = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(state, folder / "pytorch_model.bin")
    older = engine("transformers", {"model": str(folder)}, tmp_path).propose(cat, ("dog",), Job())
    newer = engine("transformers", other, tmp_path).propose(cat, ("dog",), Job())
    assert older.digest == newer.digest
    torch.save({**state, "more": Bomb(target)}, folder / "pytorch_model.bin")
    refused("transformers", {"model": str(folder)}, tmp_path)
    assert not target.exists()
