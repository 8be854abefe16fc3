"""Words for labels: foreign text made safe for Streamlit's markdown, and numbers in few characters."""

from __future__ import annotations

import re

# CommonMark lets every ASCII punctuation character be escaped. Streamlit looks for emoji, icon and colour
# directives (":red[", ":material/x:") in the text that is left, so its colons are followed by a WORD JOINER.
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
WORD_JOINER = "\u2060"


def escape(text: str, at_most: int = 0) -> str:
    """One line of plain text, safe wherever Streamlit reads markdown; cut to `at_most` characters where given."""
    line = " ".join(text.split())
    if at_most and len(line) > at_most:
        line = line[: at_most - 1].rstrip() + "…"
    return PUNCTUATION.sub(r"\\\1", line).replace(r"\:", rf"\:{WORD_JOINER}")


def score(value: float) -> str:
    """0.254 -> "0.25"."""
    return f"{value:.2f}"


def share(value: float) -> str:
    """0.0312 -> "3.1 %"."""
    return f"{value * 100:.1f} %"


def seconds(value: float) -> str:
    """0.84 -> "0.8 s"; short waits in milliseconds."""
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.1f} s"


def count(number: int, one: str, many: str = "") -> str:
    """ "1 object", "3 objects"."""
    return f"{number} {one if number == 1 else many or one + 's'}"
