"""Memory of this process and machine: what is free before a model loads, and what stays when it is let go.

Linux tells; elsewhere every figure is None and nothing is refused because of it.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

STATM, MEMINFO = Path("/proc/self/statm"), Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")  # version 2; a container sees its own limit here
MB = 1e6
NOTED = 20 * MB  # less than this stays with any process
MALLINFO = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)


class _Malloc(ctypes.Structure):
    """struct mallinfo2 of glibc; fordblks: bytes that it has from the system and that nobody uses."""

    _fields_ = [(name, ctypes.c_size_t) for name in MALLINFO]


def resident() -> int | None:
    """Bytes of memory that this process holds now."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def available() -> int | None:
    """Bytes that this process can still take: of the machine, within its container, and its own unused ones."""
    machine = _meminfo("MemAvailable")
    if machine is None:
        return None
    limit = _container()
    free = machine + (_meminfo("SwapFree") or 0)
    return (free if limit is None else min(free, limit)) + min(_unused(), resident() or 0)


def trim() -> bool:
    """Give back what torch has freed, also where `keep_freed_memory` holds it. False where the C library cannot."""
    try:
        return bool(ctypes.CDLL("libc.so.6").malloc_trim(0))
    except (OSError, AttributeError):  # another system, or another C library
        return False


def unload_message(freed: int, before: int | None, after: int | None) -> str:
    """One sentence after an unload. freed: bytes of the weights. before, after: `resident` around it."""
    if not freed:
        return "It was not loaded."
    told = f"Unloaded: {freed / MB:,.0f} MB of weights."
    if before is None or after is None:
        return told
    returned = max(before - after, 0)
    told += f" The process went from {before / MB:,.0f} to {after / MB:,.0f} MB of memory"
    if returned + NOTED < freed:
        return f"{told}; what is missing there is still in use, or kept for the next model."
    return f"{told}."


def _meminfo(key: str) -> int | None:
    try:
        for line in MEMINFO.read_text().splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None


def _container() -> int | None:
    """Bytes left under the container's limit; its file cache counts as free. None where there is no limit."""
    try:
        limit = int((CGROUP / "memory.max").read_text())  # "max" is no number: no limit
        used = int((CGROUP / "memory.current").read_text())
        stat = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
        return max(limit - used + int(stat.get("inactive_file", 0)) + int(stat.get("active_file", 0)), 0)
    except (OSError, ValueError):
        return None


def _unused() -> int:
    try:
        info = ctypes.CDLL("libc.so.6").mallinfo2
    except (OSError, AttributeError):  # glibc before 2.33, or another C library
        return 0
    info.restype = _Malloc
    return int(info().fordblks)
