"""What a benchmark needs of the machine; without it, it is skipped and says why."""

from __future__ import annotations

from core.settings import load_settings
from core.shared_models.weights import Weights
from tests.browser.server import chromium_path


class Skipped(Exception):
    """A benchmark that cannot be run here, and what to do about it."""


def weights() -> None:
    """Raises `Skipped` where the everyday weights are not here."""
    status = Weights(load_settings().cache_dir).status()
    if not status.ready:
        raise Skipped(f"{status.reason} {status.remedy}")


def chromium() -> None:
    """Raises `Skipped` where there is no browser."""
    if chromium_path() is None:
        raise Skipped("no chromium on this machine: apt-get install chromium")
