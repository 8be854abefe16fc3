"""Opens onnxruntime sessions: the same options everywhere, foreign errors translated once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import EngineFailed, EngineUnavailable

THREADS = 2  # the nets are small: more threads gain little and take the cores from other sessions
INSTALL = "Install it: pip install -r requirements-embedded.txt."


class Session:
    """A loaded net. Thread-safe: onnxruntime runs one session from many threads."""

    def __init__(self, session: Any, name: str) -> None:
        self._session, self.name = session, name
        self.inputs = tuple(i.name for i in session.get_inputs())

    def run(self, outputs: Sequence[str] | None, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The named outputs (None: all). Raises `EngineFailed`."""
        try:
            return [np.asarray(v) for v in self._session.run(None if outputs is None else list(outputs), dict(feeds))]
        except Exception as error:  # onnxruntime raises its own classes, one for each status code
            raise EngineFailed(
                f"The net '{self.name}' broke while running ({error}).",
                "Try a smaller picture; if it stays, fetch the weights again: python -m core weights.",
            ) from error


def open_session(model: Path | bytes, name: str, remedy: str, threads: int = THREADS) -> Session:
    """A session on the CPU. Raises `EngineUnavailable` with `remedy` where the file is missing or not a sound model."""
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineUnavailable("The package 'onnxruntime' is not installed.", INSTALL) from error
    try:
        data = model if isinstance(model, bytes) else model.read_bytes()
    except OSError as error:
        where = f"{error.filename}: {error.strerror}"
        raise EngineUnavailable(f"The net '{name}' cannot be read ({where}).", remedy) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # warnings about unused initialisers help nobody here
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave the cores free
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own classes, one for each status code
        raise EngineUnavailable(f"The net '{name}' is damaged: onnxruntime cannot load it.", remedy) from error
    return Session(session, name)
