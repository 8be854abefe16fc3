"""Around a pass of a local model: one at a time but watched for Stop, in 16 bits, and its errors in plain words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from core.errors import EngineFailed, WorkbenchError
from core.jobs import Job
from core.shared_models.placement import Placement

POLL = 0.05  # seconds between two looks at Stop, of who waits for another
NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "bad alloc", "bad_alloc")


@contextmanager
def held(lock: threading.Lock, job: Job) -> Iterator[None]:
    """With the lock; who waits for it can be stopped."""
    while not lock.acquire(timeout=POLL):
        job.check()
    try:
        yield
    finally:
        lock.release()


def out_of_memory(error: BaseException) -> bool:
    """Whether a library's error says that memory ran out, on the CPU or a GPU."""
    return isinstance(error, MemoryError) or any(said in str(error).lower() for said in NO_MEMORY)


@contextmanager
def translated(what: str, where: str, otherwise: str) -> Iterator[None]:
    """What a library raises in a pass becomes `EngineFailed`.

    what, where: for messages ("Whisper", "'said.wav'"). otherwise: the remedy where it is not for want of memory.
    """
    try:
        yield
    except WorkbenchError:
        raise
    except Exception as error:  # torch and transformers raise whatever they like
        if out_of_memory(error):
            raise EngineFailed(
                f"{what} broke on {where}: it ran out of memory.", 'Choose a smaller model, or device = "cpu".'
            ) from error
        raise EngineFailed(
            f"{what} broke on {where} ({type(error).__name__}: {str(error)[:300]}).", otherwise
        ) from error


def mixed(torch: Any, placement: Placement) -> AbstractContextManager[Any]:
    """Computes in the placement's type inside, by autocast: the weights stay as they are (float32, mostly)."""
    if placement.dtype == torch.float32:
        return nullcontext()
    return torch.autocast(placement.device.type, placement.dtype)  # type: ignore[no-any-return]
