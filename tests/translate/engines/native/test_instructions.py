"""Products in every instruction set have the same bits, so a translation does not depend on the processor.

Few machines have all of them. ``-DDUIZHAO_EMULATED`` makes the compiled part do them with those of AVX2, instruction by
instruction: what lies where, and what is added to what, is tested everywhere. `test_on_this_processor` runs the real
ones that there are.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from corpus.cli.main import main
from translate.engines.native import library as native
from translate.engines.native.compile import FLAGS, SOURCES
from translate.engines.native.weights import in_order, shape_of
from translate.errors import UsageError
from translate.marian.config import read_config
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.settings import read_settings
from translate.marian.weights import read_arrays

PROGRAM = Path(__file__).with_name("products.cpp")
COMPILER = shutil.which("g++") or shutil.which("clang++")

pytestmark = pytest.mark.skipif(
    native.why_not() is not None or COMPILER is None, reason=f"no native engine: {native.why_not()}, or no compiler"
)

compiling = pytest.mark.slow
"""A compiler takes some seconds each time."""


def compiled(source: Path, out: Path, *more: str, headers: Path = SOURCES) -> Path:
    """Compiled as at installation, but faster."""
    assert COMPILER is not None
    command = [COMPILER, *FLAGS, "-O1", "-Werror", f"-I{headers}", *more, str(source), "-o", str(out)]
    subprocess.run(command, check=True)
    return out


def run(program: Path) -> tuple[dict[str, int], list[str]]:
    """Bits of the instructions that were found and used; and what it says of their products."""
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    first, *lines = done.stdout.splitlines()
    words = first.split()
    assert done.returncode == int(any(line.endswith(("other bits", "too much")) for line in lines))
    return dict(zip(words[::2], map(int, words[1::2]), strict=True)), lines


@compiling
def test_all_instructions_have_the_bits_of_avx2(tmp_path):
    bits, lines = run(compiled(PROGRAM, tmp_path / "products", "-DDUIZHAO_EMULATED"))
    assert bits == {"found": 15, "usable": 15}
    same = [line for line in lines if line.endswith("the same")]
    assert len(same) == 66 + 25
    assert all(" is off by " in line for line in lines if line not in same)


@compiling
def test_on_this_processor(tmp_path):
    bits, lines = run(compiled(PROGRAM, tmp_path / "products"))
    assert bits["usable"] == bits["found"]
    assert not [line for line in lines if line.endswith(("other bits", "too much"))]
    assert native.instructions() in native.INSTRUCTIONS


@compiling
@pytest.mark.parametrize(
    "changes",
    [
        (
            ("wide.h", "_mm256_madd_epi16(factor, weights[i])", "_mm256_maddubs_epi16(factor, weights[i])"),
            ("tiles.h", "sums_[1][place] += x_high * w_low;", "sums_[1][place] += x_high * (w_low & 127);"),
        ),
        (("wide_vectors.h", "return {exp_of(x.low), exp_of(x.high)};", "return {exp_of(x.low), exp_of(x.low)};"),),
        (("wide_attention.h", "ending.finished(sums[head][i][at], i,", "ending.finished(sums[head][0][at], i,"),),
    ],
)
def test_a_processor_that_computes_otherwise_is_found_out(tmp_path, changes):
    """Instructions that do something else are not used, and so do no harm."""
    folder = tmp_path / "native"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name, right, wrong in changes:
        text = (folder / name).read_text("utf-8")
        assert right in text
        (folder / name).write_text(text.replace(right, wrong), "utf-8")
    bits, lines = run(compiled(PROGRAM, tmp_path / "products", "-DDUIZHAO_EMULATED", headers=folder))
    assert bits == {"found": 15, "usable": 0b0011}
    assert not [line for line in lines if line.endswith("other bits")]


@pytest.fixture
def emulated(tmp_path, monkeypatch):
    """The compiled part, for all instructions."""
    more = ("-DDUIZHAO_EMULATED", f"-DDUIZHAO_DIGEST={native.digest()}", "-fPIC", "-shared")
    monkeypatch.setattr(native, "_PATH", compiled(SOURCES / "interface.cpp", tmp_path / "emulated.so", *more))
    for opened in (native._open, native._library):
        opened.cache_clear()
    yield
    for opened in (native._open, native._library):
        opened.cache_clear()


@compiling
@pytest.mark.usefixtures("emulated")
@pytest.mark.parametrize(("compute_type", "width"), [("int16", 48), ("int8", 48), ("int8", 64)])
def test_a_translation_is_the_same_with_all_of_them(make_marian, tmp_path, monkeypatch, compute_type, width):
    """To the last bit of its score; the network's sizes are no multiples of a tile's, nor of a block's, or (64) are."""
    sizes = {"d_model": width, "encoder_ffn_dim": 264, "decoder_ffn_dim": 264}
    model = locate(str(make_marian(tmp_path / "model", **sizes)))
    generator = np.random.default_rng(5)
    rows = [[*generator.integers(3, 40, n).tolist(), 0] for n in (1, 2, 3, 5, 8, 13, 2, 7)]
    found = {}
    for name in native.INSTRUCTIONS:
        monkeypatch.setenv("DUIZHAO_INSTRUCTIONS", name)
        assert native.instructions() == name
        found[name] = written(model, rows, compute_type)
    assert len(set(map(str, found.values()))) == 1
    assert len({target for target, _ in found["avx2"]}) > 1


def written(model: LocalModel, rows: list[list[int]], compute_type: str) -> list[tuple[tuple[int, ...], float]]:
    """Target and log-probability of each."""
    config = read_config(model)
    network = native.NativeNetwork(shape_of(config, compute_type), in_order(read_arrays(model)))
    search = native.NativeSearch.of(network, read_settings(model, 3, 1.0), config.decoder_start_token_id)
    search.admit(rows, [12] * len(rows), range(len(rows)))
    ended: dict[int, tuple[tuple[int, ...], float]] = {}
    while len(ended) < len(rows):
        ended |= {key: (tuple(target), total) for key, target, total in search.step()}
    return [ended[place] for place in range(len(rows))]


def test_what_the_processor_lacks_is_refused(monkeypatch):
    monkeypatch.setenv("DUIZHAO_INSTRUCTIONS", "sse9")
    with pytest.raises(UsageError, match="DUIZHAO_INSTRUCTIONS is 'sse9'; this processor has avx2"):
        native.instructions()


def test_it_is_said_what_multiplies(capsys, monkeypatch):
    monkeypatch.setenv("DUIZHAO_INSTRUCTIONS", "avx2")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("今天天气很好。\n".encode())))
    assert main(["translate", "-v", "--model", "zh-en-mini", "--engine", "native"]) == 0
    assert "products in avx2" in capsys.readouterr().err
