"""Every operation of the converter against a slow numpy reference, on graphs that the tests write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from core.shared_models.sessions import open_session
from core.shared_models.tfjs import ModelError, read_graph
from core.shared_models.tfjs_onnx import to_onnx
from tests.shared_models import tiny
from tests.shared_models.tiny import Array, ints, node, text

SIDE = 7
STRIDED = {"strides": ints(1, 1, 1, 1), "padding": text("SAME")}


def draw(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def convert(nodes: Sequence[Mapping[str, Any]], weights: Mapping[str, Array], size: int = SIDE, **more: Any) -> bytes:
    document, buffer = tiny.model(nodes, weights, **more)
    return to_onnx(read_graph(document, {"w.bin": buffer}), ["y"], size)


def run(nodes: Sequence[Mapping[str, Any]], weights: Mapping[str, Array], x: Array, **more: Any) -> Array:
    """The converted graph's answer, NHWC as the reference's."""
    session = open_session(convert(nodes, weights, x.shape[1], **more), "tiny", "")
    result = session.run(["y"], {"x": np.ascontiguousarray(x.transpose(0, 3, 1, 2))})[0]
    return result.transpose(0, 2, 3, 1)


def one(op: str, inputs: Sequence[str], weights: Mapping[str, Array], x: Array, **attributes: Any) -> Array:
    return run([tiny.picture(x.shape[1], x.shape[3]), node("y", op, inputs, **attributes)], weights, x)


@pytest.mark.parametrize("side", [6, 7])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2)])
@pytest.mark.parametrize(("op", "filters"), [("Conv2D", 4), ("DepthwiseConv2dNative", 1), ("DepthwiseConv2dNative", 2)])
def test_convolutions(op: str, filters: int, stride: int, dilation: int, padding: str, side: int) -> None:
    x, w = draw(1, side, side, 3), draw(3, 2, 3, filters, seed=1)
    got = one(
        op, ["x", "w"], {"w": w}, x, strides=ints(1, stride, stride, 1), dilations=ints(1, dilation, dilation, 1),
        padding=text(padding),
    )  # fmt: skip
    want = tiny.convolve(x, w, stride, dilation, padding, depthwise="Depthwise" in op)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, atol=1e-4)


@pytest.mark.parametrize(("fused", "limit"), [((), None), (("Relu",), np.inf), (("Relu6",), 6.0)])
@pytest.mark.parametrize("op", ["_FusedConv2D", "FusedDepthwiseConv2dNative"])
def test_bias_and_activation_are_fused(op: str, fused: tuple[str, ...], limit: float | None) -> None:
    x, depthwise = 5 * draw(1, SIDE, SIDE, 3), "Depthwise" in op
    w, b = draw(3, 3, 3, 1 if depthwise else 5, seed=1), draw(3 if depthwise else 5, seed=2)
    names = {"list": {"s": [text(name)["s"] for name in ("BiasAdd", *fused)]}}
    got = one(op, ["x", "w", "b"], {"w": w, "b": b}, x, fused_ops=names, **STRIDED)
    want = tiny.convolve(x, w, 1, depthwise=depthwise) + b
    np.testing.assert_allclose(got, want if limit is None else np.clip(want, 0, limit), atol=1e-4)


@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 1), (3, 2)])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_max_pool(window: int, stride: int, padding: str) -> None:
    x = draw(1, SIDE, SIDE, 2) - 5  # negative: a pad of zeros would win
    got = one(
        "MaxPool",
        ["x"],
        {},
        x,
        ksize=ints(1, window, window, 1),
        strides=ints(1, stride, stride, 1),
        padding=text(padding),
    )
    np.testing.assert_allclose(got, tiny.max_pool(x, window, stride, padding), atol=1e-6)


@pytest.mark.parametrize("mode", ["asymmetric", "half_pixel", "align_corners"])
@pytest.mark.parametrize("target", [(14, 14), (9, 12), (4, 3)])
def test_resize(mode: str, target: tuple[int, int]) -> None:
    x = draw(1, SIDE, SIDE, 2)
    flags = {"half_pixel_centers": {"b": mode == "half_pixel"}, "align_corners": {"b": mode == "align_corners"}}
    got = one("ResizeBilinear", ["x", "size"], {"size": np.array(target, np.int32)}, x, **flags)
    np.testing.assert_allclose(got, tiny.resize(x, *target, mode), atol=1e-5)


def test_resizes_scale_with_the_picture() -> None:
    nodes = [tiny.picture(8, 1), node("y", "ResizeBilinear", ["x", "size"])]
    session = open_session(convert(nodes, {"size": np.array([4, 16], np.int32)}, 16), "tiny", "")
    assert session.run(None, {"x": np.zeros((1, 1, 16, 16), np.float32)})[0].shape == (1, 1, 8, 32)


@pytest.mark.parametrize("op", ["Add", "AddV2", "Mul", "Sub"])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("shape", [(), (3,), (1, SIDE, SIDE, 3)])
def test_arithmetic_with_constants(op: str, first: bool, shape: tuple[int, ...]) -> None:
    x, c = draw(1, SIDE, SIDE, 3), draw(*shape, seed=3)
    operate = {"Mul": np.multiply, "Sub": np.subtract}.get(op, np.add)
    got = one(op, ["c", "x"] if first else ["x", "c"], {"c": np.asarray(c, np.float32)}, x)
    np.testing.assert_allclose(got, operate(c, x) if first else operate(x, c), atol=1e-6)


@pytest.mark.parametrize(
    ("op", "want"),
    [
        ("Relu", lambda x: np.maximum(x, 0)),
        ("Relu6", lambda x: np.clip(x, 0, 6)),
        ("Sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("Identity", lambda x: x),
    ],
)
def test_elementwise(op: str, want: Any) -> None:
    x = 5 * draw(1, SIDE, SIDE, 3)
    np.testing.assert_allclose(one(op, ["x"], {}, x), want(x), atol=1e-6)


def test_mean_keeps_its_dimensions() -> None:
    x = draw(1, SIDE, SIDE, 3)
    got = one("Mean", ["x", "axes"], {"axes": np.array([1, 2], np.int32)}, x, keep_dims={"b": True})
    np.testing.assert_allclose(got, x.mean((1, 2), keepdims=True), atol=1e-6)


def test_pad_and_concatenation() -> None:
    x, pads = draw(1, SIDE, SIDE, 2), np.array([[0, 0], [1, 2], [0, 3], [0, 4]], np.int32)
    np.testing.assert_allclose(one("Pad", ["x", "p"], {"p": pads}, x), np.pad(x, pads), atol=0)
    nodes = [
        tiny.picture(SIDE, 2), node("r", "Relu", ["x"]), node("y", "ConcatV2", ["x", "r", "x", "axis"]),
    ]  # fmt: skip
    got = run(nodes, {"axis": np.array(3, np.int32)}, x)
    np.testing.assert_allclose(got, np.concatenate([x, np.maximum(x, 0), x], 3), atol=0)


def test_only_what_the_outputs_need_is_converted() -> None:
    nodes = [
        tiny.picture(SIDE, 2), node("y", "Relu", ["x:0", "^z"]), node("z", "TopKV2", ["y"]),
    ]  # fmt: skip
    np.testing.assert_allclose(run(nodes, {}, x := draw(1, SIDE, SIDE, 2)), np.maximum(x, 0))


QUANTIZED = {
    "float16": ({"dtype": "float16"}, draw(3, 3, 3, 2, seed=5).astype(np.float16)),
    "uint8": (
        {"dtype": "uint8", "scale": 0.02, "min": -1.5},
        np.random.default_rng(1).integers(0, 256, (3, 3, 3, 2)).astype(np.uint8),
    ),
    "uint16": (
        {"dtype": "uint16", "scale": 1e-4, "min": -2.0},
        np.random.default_rng(2).integers(0, 65536, (3, 3, 3, 2)).astype(np.uint16),
    ),
}


@pytest.mark.parametrize("kind", QUANTIZED)
def test_stored_weights_are_restored(kind: str) -> None:
    entry, stored = QUANTIZED[kind]
    w = stored.astype(np.float64) * entry.get("scale", 1) + entry.get("min", 0)
    document, buffer = tiny.model([], {"w": w.astype(np.float32)}, quantization={"w": (entry, stored)})
    np.testing.assert_allclose(read_graph(document, {"w.bin": buffer}).weights["w"], w, atol=1e-6)


def broken(**changes: Any) -> list[dict[str, Any]]:
    attributes = {**STRIDED, **changes}
    return [tiny.picture(SIDE), node("y", "Conv2D", ["x", "w"], **attributes)]


W = {"w": draw(3, 3, 3, 2)}


@pytest.mark.parametrize(
    ("nodes", "weights", "said"),
    [
        ([tiny.picture(SIDE), node("y", "Softplus", ["x"])], {}, "Softplus"),
        (broken(padding=text("EXPLICIT")), W, "EXPLICIT"),
        (broken(data_format=text("NCHW")), W, "NHWC"),
        (broken(strides={}), W, "strides"),
        (broken(fused_ops={"list": {"s": [text("Elu")["s"]]}}), W, "Elu"),
        (broken(), {"w": draw(3, 3, 4, 2)}, "channels"),
        ([tiny.picture(SIDE), node("y", "Conv2D", ["x", "x"], **STRIDED)], {}, "constant"),
        ([tiny.picture(SIDE), node("y", "Add", ["x", "z"]), node("z", "Relu", ["y"])], {}, "cycle"),
        ([tiny.picture(SIDE)], {}, "no node named 'y'"),
        ([tiny.picture(SIDE), node("y", "Mean", ["x", "a"])], {"a": np.array([3], np.int32)}, "Mean"),
    ],
    ids=["unknown", "padding", "layout", "strides", "fused", "channels", "weight", "cycle", "output", "mean"],
)
def test_what_cannot_be_converted_is_named(nodes: Any, weights: Mapping[str, Array], said: str) -> None:
    with pytest.raises(ModelError, match=said) as caught:
        convert(nodes, weights)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "document", [b"", b"[]", b'{"modelTopology": {}}', b"\xff\xfe", b'{"modelTopology":{"node":[{}]}}']
)
def test_what_is_no_model_is_refused(document: bytes) -> None:
    with pytest.raises(ModelError, match="graph model"):
        read_graph(document, {})


def test_short_weight_files_and_unknown_kinds_are_refused() -> None:
    document, buffer = tiny.model([], {"w": draw(2, 2)})
    with pytest.raises(ModelError, match="too short for 'w'"):
        read_graph(document, {"w.bin": buffer[:-1]})
    document, buffer = tiny.model([], {"w": draw(2).astype(np.complex64)})
    with pytest.raises(ModelError, match="complex64"):
        read_graph(document, {"w.bin": buffer})
