"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.settings import load_settings


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    """The real cache folder with the everyday weights; in CI they must be there."""
    folder = load_settings().cache_dir
    if not any(folder.glob("weights/*/everyday512.onnx")):
        reason = "the everyday weights are missing: python -m core weights"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
