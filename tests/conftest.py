"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import load_settings

# Some tests import torch before the project sets it up: its idle threads would spin and take the cores from the others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test touches the user's own chats: those of the tests lie in a folder that goes with them."""
    folder = tmp_path_factory.mktemp("data")
    before = os.environ.get("VLP_WORKBENCH_DATA")
    os.environ["VLP_WORKBENCH_DATA"] = str(folder)
    yield folder
    if before is None:
        os.environ.pop("VLP_WORKBENCH_DATA", None)
    else:
        os.environ["VLP_WORKBENCH_DATA"] = before


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
