"""What this machine's processor can do, found out without importing torch."""

from __future__ import annotations

from pathlib import Path

__all__ = ["has"]

_CPUINFO = Path("/proc/cpuinfo")


def has(*flags: str, cpuinfo: Path = _CPUINFO) -> bool:
    """Whether the processor has all of these, in the names of Linux.

    Args:
        flags: ``"avx2"`` …
        cpuinfo: where Linux lists them; where it is missing the answer is no.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith("flags") and set(flags) <= set(line.split()) for line in lines)
