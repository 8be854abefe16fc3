"""`evaluate-detection`: boxes and masks of the settings' engines against a COCO file."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.cli.console import ProgressLine, interruptible, print_json, table
from core.dialogue.engines import build_port
from core.errors import InputError
from core.evaluation.detection import DetectionReport, evaluate
from core.evaluation.truth import read_truth
from core.settings import load_settings


def run(options: argparse.Namespace) -> int:
    """Exit status 0 when everything was scored."""
    settings = load_settings(options.settings)
    if not options.images.is_dir():
        raise InputError(f"{options.images} is no folder.", "Give the folder that holds the pictures.")
    truth = read_truth(options.truth)
    detector, segmenter = build_port(settings, "detection"), build_port(settings, "segmentation")
    with interruptible(ProgressLine()) as job:
        report = evaluate(options.images, truth, detector, segmenter, settings.thresholds, settings.limits, job)
    if options.json:
        print_json(asdict(report))
    else:
        print(_text(report))
    return 0


def _text(report: DetectionReport) -> str:
    figures = [
        ("ap", report.ap), ("ap50", report.ap50), ("precision", report.precision), ("recall", report.recall),
        ("f1", report.f1), ("mask_iou", report.mask_iou),
    ]  # fmt: skip
    rows = [
        (score.name, str(score.objects), _figure(score.ap50), _figure(score.precision), _figure(score.recall))
        for score in report.categories
        if score.objects
    ]
    lines = [table(("category", "objects", "ap50", "precision", "recall"), rows, ("objects",)), ""]
    lines += [f"{name:<12}{_figure(value)}" for name, value in figures]
    lines.append(f"{'pictures':<12}{report.pictures}, {report.detection_ms:.0f} ms each")
    lines.append(f"{'masks':<12}{report.masks} from true boxes, {report.mask_ms:.0f} ms each")
    lines.append(f"{'thresholds':<12}{report.thresholds}, for precision, recall and f1")
    lines += [f"not evaluated: {name} ({why})" for name, why in report.not_evaluated]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
