"""Times the stages of a turn, and translates what an engine's own bug throws into an error with a remedy."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import EngineFailed, WorkbenchError

LOG = logging.getLogger(__name__)


class Stopwatch:
    """timings: milliseconds by stage; a stage entered twice adds up."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, remedy: str = "Try another picture or wording.") -> Iterator[None]:
        """Raises `EngineFailed` for any exception that is not our own, so that no turn ends without a word."""
        begin = time.perf_counter()
        try:
            yield
        except WorkbenchError:
            raise
        except Exception as error:
            LOG.exception("The stage %s broke.", name)
            raise EngineFailed(f"The step '{name}' broke ({type(error).__name__}: {error}).", remedy) from error
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + (time.perf_counter() - begin) * 1000
