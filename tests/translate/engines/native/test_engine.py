"""The compiled engine: generate's tokens in float32, close in int16, the same bits in any company, sums that fit."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from translate.engines.base import DecodeOptions
from translate.engines.choose import is_native_best, load_engine
from translate.engines.native import compile as compiling
from translate.engines.native import library as native
from translate.engines.native.engine import NativeEngine, why_not
from translate.engines.native.weights import in_order, shape_of
from translate.engines.torch.decoder import Decoder
from translate.engines.torch.network import Marian
from translate.engines.transformers.engine import TransformersEngine
from translate.errors import EngineError, ModelDamagedError, UsageError
from translate.marian.config import check_config, read_config
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.settings import SearchSettings, read_settings
from translate.marian.vocabulary import MarianVocabulary
from translate.marian.weights import arrange, read_arrays, read_weights

SENTENCES = (Path(__file__).parents[1] / "sentences.txt").read_text("utf-8").splitlines()
CAP = 48

pytestmark = pytest.mark.skipif(native.why_not() is not None, reason=f"no native engine: {native.why_not()}")


@pytest.fixture(scope="module", params=["copier", pytest.param("mini", marks=pytest.mark.slow)])
def model(request) -> LocalModel:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def ids(model) -> list[list[int]]:
    return MarianVocabulary(model).encode(SENTENCES)


@pytest.fixture(scope="module", params=["float32", "int16", "int8"])
def network(request, model) -> native.NativeNetwork:
    return native.NativeNetwork(shape_of(read_config(model), request.param), in_order(read_arrays(model)))


def written(writer: native.NativeSearch, rows: list[list[int]], caps: list[int]) -> list[tuple[list[int], float]]:
    """All of them together, from the first to the last step."""
    writer.admit(rows, caps, range(len(rows)))
    found: dict[int, tuple[list[int], float]] = {}
    while len(found) < len(rows):
        found |= {key: (target, total) for key, target, total in writer.step()}
    return [found[place] for place in range(len(rows))]


def writer_of(model: LocalModel, network: native.NativeNetwork, beam: int) -> native.NativeSearch:
    return native.NativeSearch.of(network, read_settings(model, beam, 1.0), read_config(model).decoder_start_token_id)


# --- what it finds (in float32: test_beam_search.py) ------------------------------------------------------------


@pytest.mark.parametrize(("beam", "n"), [(4, 8), *(pytest.param(beam, 60, marks=pytest.mark.slow) for beam in (1, 4))])
def test_in_int16_it_is_nearly_the_same(mini, beam, n):
    """Of the sentences where it is not, the choice was close."""
    config = read_config(mini)
    exact = Decoder(Marian.load(read_weights(mini)), read_settings(mini, beam, 1.0), config.decoder_start_token_id)
    network = native.NativeNetwork(shape_of(config, "int16"), in_order(read_arrays(mini)))
    rows = MarianVocabulary(mini).encode(SENTENCES[:n])
    found = written(writer_of(mini, network, beam), rows, [CAP] * len(rows))
    expected = exact.search(rows, CAP)
    assert sum(a[0] == b[0] for a, b in zip(found, expected, strict=True)) >= 0.95 * n - 1
    reference = TransformersEngine(mini, DecodeOptions(1))
    for (target, total), forced in zip(found, reference.score(rows, [target for target, _ in found]), strict=True):
        assert total / len(target) == pytest.approx(forced, abs=3e-3)
    reference.close()


# --- in company ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beam", [1, 4])
def test_a_translation_is_the_same_in_any_company(model, ids, network, beam):
    """To the last bit of its score: alone, in other batches, in another order, whenever it joins."""
    writer, rows = writer_of(model, network, beam), ids[:24]
    caps = [9 + 2 * place for place in range(len(rows))]
    alone = [written(writer, [row], [cap])[0] for row, cap in zip(rows, caps, strict=True)]
    assert written(writer, rows, caps) == alone
    waiting = list(range(len(rows)))
    random.Random(5).shuffle(waiting)
    found: dict[int, tuple[list[int], float]] = {}
    n_inside = 0
    while len(found) < len(rows):
        if (joining := waiting[: 7 - n_inside]) and (len(found) % 2 == 0 or not n_inside):
            waiting = waiting[len(joining) :]
            writer.admit([rows[place] for place in joining], [caps[place] for place in joining], joining)
            n_inside += len(joining)
        ended = writer.step()
        n_inside -= len(ended)
        found |= {key: (target, total) for key, target, total in ended}
    assert [found[place] for place in range(len(rows))] == alone


def test_what_was_dropped_leaves_nothing_behind(model, ids, network):
    writer = writer_of(model, network, 3)
    expected = written(writer, ids[:5], [CAP] * 5)
    writer.admit(ids[5:20], [CAP] * 15, range(15))
    writer.step()
    writer.clear()
    assert writer.step() == []
    assert written(writer, ids[:5], [CAP] * 5) == expected


# --- sums that fit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compute_type", ["int16", "int8"])
@pytest.mark.parametrize("inner", [8, 256, 264, 1024])
@pytest.mark.parametrize("size", [1e-18, 1e-12, 1e-6, 1.0, 1e6])
def test_sums_of_products_fit_where_they_are_largest(make_marian, tmp_path, inner, size, compute_type):
    """Rows and columns that are alike in every number: of all blocks of their lengths these have the largest sums."""
    width = 16
    config = {**network_config(inner), "d_model": width}
    checked = check_config(config)
    weights = {
        name: np.full(shape, float(name.endswith("norm.weight")), np.float32) for name, shape in shapes(config).items()
    }
    generator = np.random.default_rng(1)
    weights["model.shared.weight"][:] = generator.normal(size=weights["model.shared.weight"].shape)
    for side in ("encoder", "decoder"):
        layer = f"model.{side}.layers.0"
        weights[f"{layer}.fc1.bias"][:] = size
        weights[f"{layer}.fc2.weight"][:] = generator.normal(size=(width, 1)) / size / inner
    tensors = {name: torch.from_numpy(value) for name, value in weights.items()}
    wanted = SearchSettings(n_beams=1, eos_id=0, forced_eos=False)
    expected = Decoder(Marian.load(arrange(checked, tensors)), wanted, 19).search([[3, 4, 0], [7, 0]], 9)
    network = native.NativeNetwork(shape_of(checked, compute_type), in_order(arrange(checked, weights)))
    found = written(native.NativeSearch.of(network, wanted, 19), [[3, 4, 0], [7, 0]], [9, 9])
    assert [target for target, _ in found] == [target for target, _ in expected]
    near = 1e-2 if compute_type == "int16" else 0.2
    assert [total for _, total in found] == pytest.approx([total for _, total in expected], abs=near)


def network_config(inner: int) -> dict:
    return {
        **dict.fromkeys(("encoder_layers", "decoder_layers"), 1),
        **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 2),
        **dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), inner),
        "activation_function": "relu",
        "vocab_size": 20,
        "max_position_embeddings": 32,
        "decoder_start_token_id": 19,
        "eos_token_id": 0,
    }


def shapes(config: dict) -> dict[str, tuple[int, ...]]:
    width = config["d_model"]
    found: dict[str, tuple[int, ...]] = {"model.shared.weight": (config["vocab_size"], width)}
    for side, attentions in (("encoder", ["self_attn"]), ("decoder", ["self_attn", "encoder_attn"])):
        layer, inner = f"model.{side}.layers.0", config[f"{side}_ffn_dim"]
        for attention in attentions:
            for part in ("q", "k", "v", "out"):
                found[f"{layer}.{attention}.{part}_proj.weight"] = (width, width)
                found[f"{layer}.{attention}.{part}_proj.bias"] = (width,)
        found |= {f"{layer}.fc1.weight": (inner, width), f"{layer}.fc1.bias": (inner,)}
        found |= {f"{layer}.fc2.weight": (width, inner), f"{layer}.fc2.bias": (width,)}
        for norm in [*(f"{attention}_layer_norm" for attention in attentions), "final_layer_norm"]:
            found |= {f"{layer}.{norm}.weight": (width,), f"{layer}.{norm}.bias": (width,)}
    return found


# --- what it refuses -------------------------------------------------------------------------------------------


def test_more_arrays_than_the_network_has_are_refused(copier):
    shape = shape_of(replace(read_config(copier), encoder_layers=1), "int16")
    with pytest.raises(EngineError, match="too many arrays"):
        native.NativeNetwork(shape, in_order(read_arrays(copier)))


@pytest.mark.parametrize(
    ("ids", "cap", "message"),
    [
        ([99_999, 0], 5, "source token 99999 is none of"),
        ([-1, 0], 5, "source token -1"),
        ([1] * 513, 5, "last source position 512 is none of 512"),
        ([], 5, "last source position -1"),
        ([1, 0], 0, "last target position -1"),
        ([1, 0], 513, "last target position 512 is none of 512"),
    ],
)
def test_what_is_in_no_table_is_not_looked_up(model, network, ids, cap, message):
    writer = writer_of(model, network, 2)
    with pytest.raises(EngineError, match=message):
        writer.admit([[5, 0], ids], [5, cap], [0, 1])
    assert writer.step() == [], "those beside it are not taken either"
    n_tokens = read_config(model).vocab_size
    for changes in ({"eos_id": n_tokens}, {"banned": (-2,)}):
        with pytest.raises(EngineError, match=rf"token ({n_tokens}|-2) is none of {n_tokens}"):
            native.NativeSearch.of(network, SearchSettings(**{"n_beams": 1, "eos_id": 0} | changes), n_tokens - 1)


def test_a_model_that_it_cannot_run_is_left_to_others(make_marian, tmp_path):
    odd = locate(str(make_marian(tmp_path / "odd", d_model=12)))
    assert why_not(odd, DecodeOptions()) == "d_model / encoder_attention_heads is 6, no multiple of 8"
    assert not is_native_best(odd, DecodeOptions())
    with pytest.raises(UsageError, match=r"cannot do this: .* is 6, no multiple of 8; use --engine ct2 or torch"):
        load_engine("native", odd, DecodeOptions())
    engine = load_engine("auto", odd, DecodeOptions(), device="cpu")
    assert engine.name == "ct2"
    engine.close()
    with pytest.raises(UsageError, match="runs on the CPU, not on cuda"):
        NativeEngine(odd, DecodeOptions(), device="cuda")


def test_weights_that_are_none_are_refused(copier, tmp_path):
    copy = shutil.copytree(copier.path, tmp_path / "copy")
    (copy / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelDamagedError, match=r"model\.safetensors of model 'copy' is no file of weights"):
        load_engine("native", locate(str(copy)), DecodeOptions())


# --- where it is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("avx2 fma", True),
        ("avx2 fma avx_vnni", True),
        ("avx2 fma avx512f avx512bw", False),
        ("avx2 fma avx512f avx512bw avx512_vnni", True),
        ("avx2", False),
    ],
)
def test_auto_takes_it_where_it_uses_the_best_that_there_is(copier, monkeypatch, flags, expected):
    monkeypatch.setattr("translate.engines.native.processor.has", lambda *names: set(names) <= set(flags.split()))
    engine = load_engine("auto", copier, DecodeOptions(beam_size=1), device="cpu")
    assert (engine.name, engine.compute_type) == (("native", "int16") if expected else ("ct2", "int8"))
    engine.close()
    engine = load_engine("auto", copier, DecodeOptions(beam_size=1), compute_type="int8", device="cpu")
    assert (engine.name, engine.compute_type) == ("native" if expected else "ct2", "int8")
    engine.close()


def test_it_starts_without_torch_and_says_nothing():
    code = """
import sys
from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.marian.find import locate
engine = load_engine("native", locate("zh-en-mini"), DecodeOptions(beam_size=2))
print(engine.submit(["今天天气很好。"], 12).result()[0].text)
engine.close()
print(sorted({"torch", "transformers", "ctranslate2"} & set(sys.modules)))
"""
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    text, heavy = run.stdout.splitlines()
    assert text
    assert (heavy, run.stderr) == ("[]", "")


def test_a_library_of_other_sources_is_not_used(copier, monkeypatch):
    monkeypatch.setattr(native, "digest", lambda: "0123456789abcdef")
    assert "compiled from other sources" in str(native.why_not())
    assert not is_native_best(copier, DecodeOptions())


def test_without_a_compiler_it_is_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiling.compile_library(tmp_path) is None
    assert "without its native engine: there is no C++ compiler" in capsys.readouterr().err
    monkeypatch.setenv("CXX", f"{sys.executable} -c 1/0")
    assert compiling.compile_library(tmp_path) is None
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
