"""Converts a TF.js graph of the MobileNet kind to ONNX: 4-D tensors NHWC -> NCHW, batch 1, sizes static."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.shared_models.tfjs import Graph, ModelError, Node

OPSET, IR_VERSION = 13, 8  # the oldest that has all operations used: every onnxruntime of the last years reads it
Shape = tuple[int, int, int]  # channels, height, width
CONVOLUTIONS = ("_FusedConv2D", "Conv2D", "FusedDepthwiseConv2dNative", "DepthwiseConv2dNative")
BINARY = {"Add": "Add", "AddV2": "Add", "Mul": "Mul", "Sub": "Sub"}
UNARY = ("Relu", "Sigmoid", "Identity")


def to_onnx(graph: Graph, outputs: Sequence[str], size: int) -> bytes:
    """The serialised ONNX model that computes `outputs` (NCHW) for a picture of size x size.

    The graph must be fully convolutional: targets of its resizes scale with `size`. Raises `ModelError` otherwise.
    """
    return _Conversion(graph, size).run(outputs)


class _Conversion:
    """The ONNX graph as it grows. An ONNX value is named as the TF.js node that computes it."""

    def __init__(self, graph: Graph, size: int) -> None:
        self.graph, self.size = graph, size
        self.native = size  # the side that the model itself names for its picture
        self.input: str | None = None
        self.shapes: dict[str, Shape] = {}
        self.operations: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self.handlers: dict[str, Callable[[Node], Shape]] = {
            **dict.fromkeys(CONVOLUTIONS, self._convolution),
            **dict.fromkeys(BINARY, self._binary),
            **dict.fromkeys(UNARY, self._unary),
            "Relu6": self._relu6, "Mean": self._mean, "ConcatV2": self._concat, "MaxPool": self._max_pool,
            "Pad": self._pad, "ResizeBilinear": self._resize, "Placeholder": self._placeholder,
        }  # fmt: skip

    def run(self, outputs: Sequence[str]) -> bytes:
        import onnx
        from onnx import helper, numpy_helper

        for node in self.graph.ordered(outputs):
            if node.op == "Const":
                continue
            if node.op not in self.handlers:
                raise ModelError(f"The operation {node.op} (node '{node.name}') cannot be converted.")
            self.shapes[node.name] = self.handlers[node.op](node)
        if self.input is None:
            raise ModelError("The outputs do not depend on a picture.")

        def value(name: str) -> Any:
            return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, *self.shapes[name]])

        body = helper.make_graph(
            self.operations, "tfjs", [value(self.input)], [value(name) for name in outputs],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )  # fmt: skip
        model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def _emit(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self.operations.append(helper.make_node(op, list(inputs), [output], **attributes))

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        self.constants[name] = np.ascontiguousarray(array)
        return name

    def _weight(self, node: Node, index: int) -> NDArray[Any]:
        """An input that must be a weight."""
        name = node.inputs[index] if index < len(node.inputs) else ""
        if name not in self.graph.weights:
            raise ModelError(f"Input {index} of the node {node.name} ({node.op}) must be a constant.")
        return self.graph.weights[name]

    def _operand(self, node: Node, index: int) -> tuple[str, Shape]:
        """An input as an ONNX name with its shape; a constant is turned to NCHW."""
        name = node.inputs[index]
        if name in self.shapes:
            return name, self.shapes[name]
        array = self._weight(node, index).astype(np.float32)
        if array.ndim == 1:
            array = array.reshape(1, -1, 1, 1)
        elif array.ndim == 4 and array.shape[0] == 1:
            array = array.transpose(0, 3, 1, 2)
        elif array.ndim != 0:
            raise ModelError(f"The constant '{name}' of shape {array.shape} cannot be converted.")
        channels, height, width = array.shape[1:] if array.ndim else (1, 1, 1)
        return self._constant(f"{name}/nchw", array), (channels, height, width)

    def _data(self, node: Node, index: int = 0) -> tuple[str, Shape]:
        """An input that must be computed."""
        if node.inputs[index] not in self.shapes:
            raise ModelError(f"Input {index} of the node {node.name} ({node.op}) must not be a constant.")
        return node.inputs[index], self.shapes[node.inputs[index]]

    def _placeholder(self, node: Node) -> Shape:
        if self.input is not None:
            raise ModelError("The model has more than one input.")
        dimensions = [int(d["size"]) for d in node.attributes.get("shape", {}).get("shape", {}).get("dim", [])]
        if len(dimensions) != 4:
            raise ModelError(f"The model's input must be (1, H, W, C), but is {dimensions}.")
        self.input, self.native = node.name, dimensions[1] if dimensions[1] > 0 else self.size
        return dimensions[3], self.size, self.size

    def _windowed(self, node: Node, shape: Shape, window: Sequence[int], key: str) -> tuple[dict[str, Any], Shape]:
        """Strides, dilations and pads of a convolution or pool, and the shape it leaves (channels as they came).

        SAME pads to ceil(size / stride); an odd pixel goes to the end.
        """
        if node.text("data_format", "NHWC") != "NHWC":
            raise ModelError(f"The node {node.name} ({node.op}) is not NHWC.")
        strides, dilations = node.ints("strides")[1:3], node.ints(key, (1, 1, 1, 1))[1:3]
        padding = node.text("padding", "VALID")
        before, after, sides = [], [], []
        for side, cells, stride, dilation in zip(shape[1:], window, strides, dilations, strict=True):
            reach = (cells - 1) * dilation + 1
            if padding == "SAME":
                out = -(-side // stride)
                total = max((out - 1) * stride + reach - side, 0)
            elif padding == "VALID":
                out, total = (side - reach) // stride + 1, 0
            else:
                raise ModelError(f"The node {node.name} ({node.op}) has the padding {padding}, which is not supported.")
            before.append(total // 2)
            after.append(total - total // 2)
            sides.append(out)
        attributes = {"kernel_shape": list(window), "strides": strides, "pads": before + after}
        return attributes | ({"dilations": dilations} if max(dilations) > 1 else {}), (shape[0], sides[0], sides[1])

    def _convolution(self, node: Node) -> Shape:
        data, shape = self._data(node)
        weight = self._weight(node, 1).astype(np.float32)
        depthwise = "Depthwise" in node.op
        height, width, channels, _ = weight.shape
        if channels != shape[0]:
            raise ModelError(f"The node {node.name} expects {channels} channels, but gets {shape[0]}.")
        if depthwise:  # HWCM -> (C M) 1 HW
            weight = weight.reshape(height, width, 1, -1)
        weight = weight.transpose(3, 2, 0, 1)
        attributes, (_, *sides) = self._windowed(node, shape, (height, width), "dilations")
        inputs = [data, self._constant(f"{node.name}/weight", weight)]
        fused = node.texts("fused_ops")
        if fused[:1] == ["BiasAdd"]:
            inputs.append(self._constant(f"{node.name}/bias", self._weight(node, 2).astype(np.float32).reshape(-1)))
            fused = fused[1:]
        linear = f"{node.name}/linear" if fused else node.name
        self._emit("Conv", inputs, linear, group=channels if depthwise else 1, **attributes)
        if fused:
            self._activation(fused, linear, node)
        return weight.shape[0], sides[0], sides[1]

    def _activation(self, fused: list[str], linear: str, node: Node) -> None:
        if fused == ["Relu"]:
            self._emit("Relu", [linear], node.name)
        elif fused == ["Relu6"]:
            self._clip6(linear, node.name)
        else:
            raise ModelError(f"The fused operation {' + '.join(fused)} (node '{node.name}') cannot be converted.")

    def _clip6(self, data: str, output: str) -> None:
        low, high = (self._constant(f"clip/{v}", np.array(v, np.float32)) for v in (0, 6))
        self._emit("Clip", [data, low, high], output)

    def _binary(self, node: Node) -> Shape:
        (first, a), (second, b) = self._operand(node, 0), self._operand(node, 1)
        if any(x != y and 1 not in (x, y) for x, y in zip(a, b, strict=True)):
            raise ModelError(f"The node {node.name} ({node.op}) joins shapes that do not fit: {a} and {b}.")
        self._emit(BINARY[node.op], [first, second], node.name)
        return max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2])

    def _unary(self, node: Node) -> Shape:
        data, shape = self._data(node)
        self._emit(node.op, [data], node.name)
        return shape

    def _relu6(self, node: Node) -> Shape:
        data, shape = self._data(node)
        self._clip6(data, node.name)
        return shape

    def _mean(self, node: Node) -> Shape:
        data, shape = self._data(node)
        axes = sorted(int(a) % 4 for a in self._weight(node, 1).reshape(-1))
        if axes != [1, 2] or not (node.flag("keep_dims") or node.flag("keepDims")):
            raise ModelError(f"The node {node.name} (Mean) must keep its dimensions and reduce height and width.")
        self._emit("ReduceMean", [data], node.name, axes=[2, 3], keepdims=1)
        return shape[0], 1, 1

    def _concat(self, node: Node) -> Shape:
        axis = int(self._weight(node, len(node.inputs) - 1).reshape(-1)[0])
        parts = [self._data(node, i) for i in range(len(node.inputs) - 1)]
        if axis not in (3, -1) or len({shape[1:] for _, shape in parts}) != 1:
            raise ModelError(f"The node {node.name} (ConcatV2) must join channels of one size.")
        self._emit("Concat", [name for name, _ in parts], node.name, axis=1)
        return sum(shape[0] for _, shape in parts), parts[0][1][1], parts[0][1][2]

    def _max_pool(self, node: Node) -> Shape:
        data, shape = self._data(node)
        attributes, result = self._windowed(node, shape, node.ints("ksize")[1:3], "dilations")
        self._emit("MaxPool", [data], node.name, **attributes)
        return result

    def _pad(self, node: Node) -> Shape:
        data, shape = self._data(node)
        pads = self._weight(node, 1).astype(np.int64)
        if pads.shape != (4, 2) or pads[0].any():
            raise ModelError(f"The node {node.name} (Pad) must pad a (1, H, W, C) tensor, its batch not at all.")
        nchw = pads[[0, 3, 1, 2]]
        self._emit("Pad", [data, self._constant(f"{node.name}/pads", nchw.T.reshape(-1))], node.name)
        channels, height, width = (side + int(pad.sum()) for side, pad in zip(shape, nchw[1:], strict=True))
        return channels, height, width

    def _resize(self, node: Node) -> Shape:
        data, shape = self._data(node)
        target = [int(v) * self.size for v in self._weight(node, 1).reshape(-1)]
        if len(target) != 2 or any(v % self.native for v in target):
            raise ModelError(f"The node {node.name} (ResizeBilinear) does not scale to a picture of {self.size}.")
        height, width = (v // self.native for v in target)
        mode = "half_pixel" if node.flag("half_pixel_centers") or node.flag("halfPixelCenters") else "asymmetric"
        if node.flag("align_corners") or node.flag("alignCorners"):
            mode = "align_corners"
        sizes = self._constant(f"{node.name}/sizes", np.array([1, shape[0], height, width], np.int64))
        self._emit("Resize", [data, "", "", sizes], node.name, mode="linear", coordinate_transformation_mode=mode)
        return shape[0], height, width
