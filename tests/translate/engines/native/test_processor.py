from __future__ import annotations

import shutil

import pytest

from translate.engines import base as engines
from translate.engines.base import DecodeOptions, load_engine
from translate.engines.native import library as native_library
from translate.engines.native.compile import is_for_this_processor
from translate.engines.native.processor import has, has_bf16_products
from translate.marian.catalogue import locate


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu sse2 avx2", False),
        ("fpu avx2 avx512f avx512_vnni", False),
        ("fpu avx512f avx512_bf16", True),
        ("fpu amx_bf16 amx_tile amx_int8", True),
        ("fpu amx_bf16x", False),
    ],
)
def test_instructions_are_read_from_cpuinfo(tmp_path, flags, expected):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nmodel name\t: amx_bf16\nflags\t\t: {flags}\n")
    assert has_bf16_products(cpuinfo) == expected


def test_a_system_without_cpuinfo_has_none(tmp_path):
    assert not has_bf16_products(tmp_path / "absent")


@pytest.mark.parametrize(
    ("switch", "has_bf16", "wanted", "expected"),
    [
        (False, True, None, ("ct2", "int8")),
        (True, False, None, ("ct2", "int8")),
        (True, True, None, ("torch", "bfloat16")),
        (True, True, "float32", ("ct2", "float32")),
    ],
)
def test_auto_is_torch_on_a_cpu_only_where_that_was_measured(monkeypatch, switch, has_bf16, wanted, expected):
    monkeypatch.setattr(engines, "TORCH_FIRST_ON_BF16_CPUS", switch)
    monkeypatch.setattr("translate.engines.native.processor.has_bf16_products", lambda: has_bf16)
    monkeypatch.setattr(engines, "is_native_best", lambda *_: False)
    options = DecodeOptions(beam_size=1)
    engine = load_engine("auto", locate("zh-en-mini"), options, compute_type=wanted, device="cpu")
    assert (engine.name, engine.compute_type) == expected
    engine.close()


def test_the_switch_is_off():
    """Until docs/performance.md has the figures of a machine with such a processor."""
    assert not engines.TORCH_FIRST_ON_BF16_CPUS


@pytest.mark.skipif(
    not is_for_this_processor() or not has("avx2", "fma") or shutil.which("g++") is None,
    reason="no Linux on x86-64 with AVX2 and a compiler",
)
def test_the_native_engine_is_compiled_where_it_can_be():
    """Its own tests are left out where it is not, so this one may not be."""
    assert native_library.why_not() is None
