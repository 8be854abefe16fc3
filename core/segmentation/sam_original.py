"""Models of the package segment-anything: a checkpoint's tensors say what they are made for, and are checked."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable
from core.segmentation.sam_network import Click, Encoding, Network, fitted, limits
from core.shared_models.folders import some_of, version_of
from core.shared_models.passes import mixed
from core.shared_models.placement import Placement
from core.types.arrays import Floats
from core.types.boxes import Box
from core.types.engine import EngineInfo

PACKAGE, DISTRIBUTION = "segment_anything", "segment-anything"
SIZES = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}  # by width of the encoder
DECODER_HEADS = 8  # build_sam.py; the tensors do not tell them
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # build_sam.py: of RGB, 0 to 255
REMEDY = "Give a .pth file of segment-anything (ViT-B, ViT-L or ViT-H); if it was downloaded, download it again."
NAMED = 3  # of the tensors that do not fit

TELLING = (
    "image_encoder.pos_embed",
    "image_encoder.patch_embed.proj.weight",
    "image_encoder.neck.0.weight",
    "image_encoder.blocks.0.attn.rel_pos_h",
    "image_encoder.blocks.0.mlp.lin1.weight",
    "prompt_encoder.mask_downscaling.3.weight",
    "mask_decoder.mask_tokens.weight",
    "mask_decoder.transformer.layers.0.mlp.lin1.weight",
    "mask_decoder.iou_prediction_head.layers.0.weight",
)  # what the sizes are read from


def tensors_of(torch: Any, path: Path) -> Mapping[str, Any]:
    """A checkpoint's tensors by name, read from the file as they are needed. Raises `EngineUnavailable`."""
    try:
        mapped = zipfile.is_zipfile(path)  # torch's files of before 2020 are not, and cannot be mapped
        state = torch.load(path, map_location="cpu", mmap=mapped, weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # a foreign, cut or malicious file fails in its own way
        raise EngineUnavailable(
            f"The checkpoint {path} cannot be read: it is damaged, or of another kind ({type(error).__name__}).", REMEDY
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise EngineUnavailable(f"{path} holds no Segment Anything tensors, but something else.", REMEDY)
    return state


def built(tensors: Mapping[str, Any], where: Path) -> Any:
    """A `Sam` without memory of its own, of the sizes that the tensors have. Raises `EngineUnavailable`."""
    absent = [name for name in TELLING if name not in tensors or tensors[name].ndim < 2]
    if absent:
        raise _misfit(where, "lacks", absent)
    modeling = importlib.import_module(f"{PACKAGE}.modeling")
    torch = importlib.import_module("torch")
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    channels = shapes["image_encoder.neck.0.weight"][0]
    side = shapes["image_encoder.pos_embed"][1]
    pixels = side * shapes["image_encoder.patch_embed.proj.weight"][-1]
    tokens, _ = shapes["mask_decoder.mask_tokens.weight"]
    hidden, _ = shapes["mask_decoder.iou_prediction_head.layers.0.weight"]
    with torch.device("meta"):
        return modeling.Sam(
            image_encoder=modeling.ImageEncoderViT(
                img_size=pixels, out_chans=channels, **_encoder(shapes, side), qkv_bias=True, use_rel_pos=True,
                norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
            ),
            prompt_encoder=modeling.PromptEncoder(
                embed_dim=channels, image_embedding_size=(side, side), input_image_size=(pixels, pixels),
                mask_in_chans=shapes["prompt_encoder.mask_downscaling.3.weight"][0],
            ),
            mask_decoder=modeling.MaskDecoder(
                num_multimask_outputs=tokens - 1, transformer_dim=channels, iou_head_hidden_dim=hidden,
                iou_head_depth=_count(shapes, "mask_decoder.iou_prediction_head.layers."),
                transformer=modeling.TwoWayTransformer(
                    depth=_count(shapes, "mask_decoder.transformer.layers."), embedding_dim=channels,
                    mlp_dim=shapes["mask_decoder.transformer.layers.0.mlp.lin1.weight"][0], num_heads=DECODER_HEADS,
                ),
            ),
            pixel_mean=list(MEAN), pixel_std=list(DEVIATION),
        )  # fmt: skip


def _encoder(shapes: Mapping[str, tuple[int, ...]], side: int) -> dict[str, Any]:
    """The image encoder's sizes: relative positions are as long as a block's window is wide, twice, less one."""
    width, _, patch, _ = shapes["image_encoder.patch_embed.proj.weight"]
    depth = _count(shapes, "image_encoder.blocks.")
    reach = [shapes.get(f"image_encoder.blocks.{n}.attn.rel_pos_h", (0, 1)) for n in range(depth)]
    windows = {(length + 1) // 2 for length, _ in reach} - {side}
    return {
        "depth": depth,
        "embed_dim": width,
        "patch_size": patch,
        "num_heads": width // reach[0][1],
        "mlp_ratio": shapes["image_encoder.blocks.0.mlp.lin1.weight"][0] / width,
        "window_size": max(windows, default=side),
        "global_attn_indexes": [n for n, (length, _) in enumerate(reach) if (length + 1) // 2 == side],
    }


def _count(shapes: Mapping[str, tuple[int, ...]], prefix: str) -> int:
    """How many numbered layers the names under a prefix have."""
    return len({name.removeprefix(prefix).split(".")[0] for name in shapes if name.startswith(prefix)})


def _misfit(where: Path, verb: str, names: Sequence[str]) -> EngineUnavailable:
    return EngineUnavailable(
        f"{where} is no checkpoint of segment-anything: it {verb} {some_of(names, NAMED)}.", REMEDY
    )


def check_fit(sam: Any, tensors: Mapping[str, Any], where: Path) -> None:
    """Raises `EngineUnavailable` that names tensors which are missing, too many, or of another shape."""
    wanted = sam.state_dict()
    missing = [name for name in wanted if name not in tensors]
    unknown = [name for name in tensors if name not in wanted]
    wrong = [
        f"{name} {tuple(tensors[name].shape)} instead of {tuple(wanted[name].shape)}"
        for name in wanted
        if name in tensors and tensors[name].shape != wanted[name].shape
    ]
    for verb, names in (("lacks", missing), ("has besides", unknown), ("has", wrong)):
        if names:
            raise _misfit(where, verb, names)


class OriginalSam(Network):
    """Bit-equal to `SamPredictor.predict_torch` with boxes and clicks of `ResizeLongestSide`; without its state."""

    def __init__(self, torch: Any, path: Path, placement: Placement) -> None:
        tensors = tensors_of(torch, path)
        sam = built(tensors, path)
        check_fit(sam, tensors, path)
        sam.load_state_dict(tensors, assign=True)
        self.sam = sam.float().to(placement.device).requires_grad_(False).eval()
        self._torch, self._placement = torch, placement
        self._transform = importlib.import_module(f"{PACKAGE}.utils.transforms").ResizeLongestSide(
            sam.image_encoder.img_size
        )
        self.side = int(sam.image_encoder.img_size)
        self.cells = int(sam.prompt_encoder.mask_input_size[0])
        self.candidates = int(sam.mask_decoder.num_mask_tokens)
        width = int(sam.image_encoder.pos_embed.shape[-1])
        self.info = EngineInfo(
            f"{PACKAGE}/{SIZES.get(width, f'vit_{width}')}",
            version_of(DISTRIBUTION, path),
            limits(torch, placement),
        )

    def encode(self, pixels: Any) -> Encoding:
        torch, (height, width) = self._torch, pixels.shape[:2]
        part = fitted(width, height, self.side)
        with torch.inference_mode():
            resized = torch.as_tensor(self._transform.apply_image(pixels), device=self._placement.device)
            inputs = self.sam.preprocess(resized.permute(2, 0, 1).contiguous()[None])
            with mixed(torch, self._placement):  # prompts and decoder stay in float32: places would be off by pixels
                features = self.sam.image_encoder(inputs)
        return Encoding((features.float(),), (width, height), part)

    def decode(self, encoding: Encoding, box: Box | None, clicks: Sequence[Click]) -> tuple[Floats, Floats]:
        torch, size = self._torch, (encoding.size[1], encoding.size[0])
        device = self._placement.device
        points = boxes = None
        with torch.inference_mode():
            if clicks:
                places = torch.tensor([[click[:2] for click in clicks]], dtype=torch.float32)
                labels = torch.tensor([[int(click[2]) for click in clicks]], dtype=torch.int32)
                points = (self._transform.apply_coords_torch(places, size).to(device), labels.to(device))
            if box is not None:
                boxes = self._transform.apply_boxes_torch(torch.tensor([box], dtype=torch.float32), size).to(device)
            sparse, dense = self.sam.prompt_encoder(points=points, boxes=boxes, masks=None)
            logits, quality = self.sam.mask_decoder.predict_masks(
                image_embeddings=encoding.features[0], image_pe=self.sam.prompt_encoder.get_dense_pe(),
                sparse_prompt_embeddings=sparse, dense_prompt_embeddings=dense,
            )  # fmt: skip
        return logits[0].float().cpu().numpy(), quality[0].float().cpu().numpy()
