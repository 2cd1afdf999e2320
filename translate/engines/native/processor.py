"""What this machine's processor can do, found out without importing torch."""

from __future__ import annotations

from pathlib import Path

__all__ = ["has", "has_bf16_products"]

_CPUINFO = Path("/proc/cpuinfo")


def has_bf16_products(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether the processor multiplies bfloat16 itself (AMX or AVX512-BF16); elsewhere that is emulated, and slow.

    Args:
        cpuinfo: where Linux lists the instructions; where it is missing the answer is no.
    """
    return has("amx_bf16", cpuinfo=cpuinfo) or has("avx512_bf16", cpuinfo=cpuinfo)


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
