"""A tiny Whisper, saved once for all tests of speech."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a multilingual model."""
    pytest.importorskip("torch")
    pytest.importorskip("whisper")
    from tests.checkpoints.whisper import make

    return make(tmp_path_factory.mktemp("whisper") / "tiny.pt")
