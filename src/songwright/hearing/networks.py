"""Loads neural networks from ONNX files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["QUIETLY", "load_network"]

QUIETLY = {"ORT_DISABLE_TELEMETRY": "1"}
"""Environment in which onnxruntime tells its makers nothing; since 1.29 it does so by default."""


def load_network(graph: bytes | Path) -> Any:
    """A network ready to run on one thread, so that the same input gives the same bits on every machine.

    Args:
        graph: The ONNX file, or its bytes.
    """
    for name, value in QUIETLY.items():
        # Read once, when the library is first imported.
        os.environ.setdefault(name, value)
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
