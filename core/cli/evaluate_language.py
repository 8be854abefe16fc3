"""`evaluate-intents` and `evaluate-phrases`: the settings' engines against labelled sentences."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from core.cli.console import ProgressLine, print_json, table
from core.codec import plain
from core.dialogue.engines import build_port
from core.evaluation import intents, phrases
from core.settings import Settings, load_settings
from core.types.language import INTENTS


def run(options: argparse.Namespace) -> int:
    """Exit status 0 when everything was scored."""
    evaluate, text = COMMANDS[options.command]
    line = ProgressLine()
    line.show(None, f"scoring {options.csv.name}")
    try:
        report = evaluate(load_settings(options.settings), options)
    finally:
        line.clear()
    if options.json:
        print_json(report)
    else:
        print(text(report))
    return 0


def _intents(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    report = intents.evaluate(intents.read_csv(options.csv), build_port(settings, "intent"))
    confusions = [
        {"intent": str(meant), "predicted": str(predicted), "count": report.confusion[i][j]}
        for i, meant in enumerate(INTENTS)
        for j, predicted in enumerate(INTENTS)
        if i != j and report.confusion[i][j]
    ]
    confusions.sort(key=lambda one: -int(str(one["count"])))
    return {**_plain(report), "intents": [str(intent) for intent in INTENTS], "confusions": confusions}


def _phrases(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    report: dict[str, Any] = _plain(phrases.evaluate(phrases.read_rows(options.csv), build_port(settings, "keywords")))
    return report


def _plain(value: Any) -> Any:
    """A report in JSON's own types."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return plain(value)


def _intents_text(report: Mapping[str, Any]) -> str:
    rows = [
        (name, str(s["support"]), f"{s['precision']:.3f}", f"{s['recall']:.3f}", f"{s['f1']:.3f}")
        for name, s in report["labels"].items()
    ]
    lines = [table(("intent", "rows", "precision", "recall", "f1"), rows, ("rows",)), ""]
    lines += [f"{name:<10}{report[name]:.3f}" for name in ("accuracy", "macro_f1", "ece", "ms")]
    lines += [
        "",
        *(f"{w['intent']} taken for {w['predicted']} ({w['score']:.2f}): {w['text']}" for w in report["wrong"]),
    ]
    return "\n".join(lines).rstrip()


def _phrases_text(report: Mapping[str, Any]) -> str:
    lines = [f"{name:<10}{report[name]:.3f}" for name in ("precision", "recall", "f1", "exact", "ms")]
    for error in report["errors"]:
        parts = {"missed": ", ".join(error["missed"]), "wrong": ", ".join(error["wrong"])}
        lines.append(f"{error['text']}: {'; '.join(f'{name} {value}' for name, value in parts.items() if value)}")
    return "\n".join(lines)


Evaluate = Callable[[Settings, argparse.Namespace], dict[str, Any]]
COMMANDS: dict[str, tuple[Evaluate, Callable[[Mapping[str, Any]], str]]] = {
    "evaluate-intents": (_intents, _intents_text),
    "evaluate-phrases": (_phrases, _phrases_text),
}
