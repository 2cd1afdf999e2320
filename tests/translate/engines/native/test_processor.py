from __future__ import annotations

import shutil

import pytest

from translate.engines.native import library as native_library
from translate.engines.native.compile import is_for_this_processor
from translate.engines.native.processor import has


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu sse2 avx2 fma", True),
        ("fpu avx2", False),
        ("fpu avx2x fma", False),
        ("fpu fma avx512f avx2", True),
    ],
)
def test_instructions_are_read_from_cpuinfo(tmp_path, flags, expected):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nmodel name\t: avx2 fma\nflags\t\t: {flags}\n")
    assert has("avx2", "fma", cpuinfo=cpuinfo) == expected


def test_a_system_without_cpuinfo_has_none(tmp_path):
    assert not has("avx2", cpuinfo=tmp_path / "absent")


@pytest.mark.skipif(
    not is_for_this_processor() or not has("avx2", "fma") or shutil.which("g++") is None,
    reason="no Linux on x86-64 with AVX2 and a compiler",
)
def test_the_native_engine_is_compiled_where_it_can_be():
    """Its own tests are left out where it is not, so this one may not be."""
    assert native_library.why_not() is None
