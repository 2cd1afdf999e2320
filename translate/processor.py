"""What this machine's processor can do, found out without importing torch."""

from __future__ import annotations

from pathlib import Path

__all__ = ["has_bf16_products"]

_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


def has_bf16_products(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor multiplies bfloat16 itself (AMX or AVX512-BF16); elsewhere that is emulated, and slow.

    Args:
        cpuinfo: where Linux lists the instructions; where it is missing the answer is no.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith("flags") and not _FLAGS.isdisjoint(line.split()) for line in lines)
