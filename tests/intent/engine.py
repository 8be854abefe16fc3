"""The real classifier, trained once a machine, and a small copy of the project's utterances to train on in seconds."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from core.intent.embedded import EmbeddedIntent
from core.intent.glosses import Glossary
from core.registry import EngineContext
from core.settings import ASSETS, load_settings

SMALL = "seed.csv"  # some 600 rows


@cache
def trained() -> EmbeddedIntent:
    """All utterances; kept in the user's cache like the program's own."""
    return EmbeddedIntent(EngineContext(load_settings().cache_dir, ASSETS))


@cache
def glossary() -> Glossary:
    return Glossary.read(ASSETS / "intents" / "glosses.tsv")


def small_assets(folder: Path) -> Path:
    """Assets with few utterances."""
    (folder / "intents").mkdir(parents=True)
    for name in (SMALL, "glosses.tsv"):
        shutil.copy(ASSETS / "intents" / name, folder / "intents" / name)
    return folder
