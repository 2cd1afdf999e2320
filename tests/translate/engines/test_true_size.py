"""opus-mt-zh-en at its true size, 75 million parameters, with random weights.

Its weights are not in this repository; its shape is. The vocabulary is made up to the true size, or the real one is
used if the environment variable ``DUIZHAO_OPUS_TOKENIZER`` names a folder with config.json, source.spm, target.spm
and vocab.json of the model.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.engines.native.library import why_not
from translate.errors import EngineError
from translate.marian.catalogue import get_spec
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary

pytestmark = pytest.mark.slow

NAMES = ["torch", "ct2", *(["native"] if why_not() is None else [])]
INTEGERS = [("ct2", "int8"), *(("native", name) for name in ("int16", "int8") if "native" in NAMES)]
ENGINES = [*((name, "float32") for name in NAMES), *INTEGERS]

N_TOKENS = 65_001
SHAPE = {
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
    "max_position_embeddings": 512,
    "max_length": 512,
    "num_beams": 6,
}
BATCH = ["今天天气很好。", "我们去公园散步。", "", "今天天气很好，我们去公园散步。" * 8]


@pytest.fixture(scope="module")
def opus(make_marian, tmp_path_factory) -> LocalModel:
    folder = tmp_path_factory.mktemp("true-size") / "opus-shape"
    make_marian(folder, safetensors=False, n_tokens=N_TOKENS, **SHAPE)
    if real := os.environ.get("DUIZHAO_OPUS_TOKENIZER"):
        for name in ("config.json", "source.spm", "target.spm", "vocab.json"):
            shutil.copyfile(Path(real) / name, folder / name)
    return locate(str(folder))


def test_the_shape_is_that_of_the_real_model(opus):
    config = json.loads(opus.file("config.json").read_text("utf-8"))
    assert {name: config[name] for name in SHAPE} == SHAPE
    assert config["vocab_size"] == len(MarianVocabulary(opus).source) == N_TOKENS
    assert opus.spec.max_tokens == get_spec("opus-mt-zh-en").max_tokens
    # The real file is 312,087,009 bytes: it also holds the two tables of positions, 512 x 512 each.
    positions = 2 * 512 * 512 * 4
    assert opus.spec.files["pytorch_model.bin"].n_bytes + positions == pytest.approx(312_087_009, rel=0.001)


@pytest.mark.skipif("DUIZHAO_OPUS_TOKENIZER" not in os.environ, reason="the real tokenizer is not at hand")
def test_the_real_files_are_the_pinned_ones(opus):
    for name, pin in get_spec("opus-mt-zh-en").files.items():
        if name != "pytorch_model.bin":
            assert opus.spec.files[name] == pin


@pytest.mark.parametrize(("name", "compute_type"), ENGINES)
def test_batches_caps_and_limits_at_true_size(opus, name, compute_type):
    engine = load_engine(name, opus, DecodeOptions(beam_size=6), compute_type=compute_type, device="cpu")
    assert (engine.max_source_tokens, engine.max_target_tokens) == (512, 511)
    first, second, blank, longer = engine.submit(BATCH, 12).result(300)
    assert blank.text == ""
    for hypothesis in (first, second, longer):
        assert hypothesis.score < 0
        assert hypothesis.n_tokens <= 12
        assert hypothesis.finish == ("eos" if hypothesis.n_tokens < 12 else "length")
    futures = [engine.submit([sentence], 4) for sentence in BATCH]
    assert [len(future.result(300)) for future in futures] == [1, 1, 1, 1]
    # The longest source and the longest target are read and written in full.
    text = "今天天气很好，我们去公园散步。" * 60
    with pytest.raises(EngineError, match="the model reads at most 512"):
        engine.submit([text])
    while engine.count_tokens([text])[0] > 512:
        text = text[:-1]
    assert engine.submit([text], 4).result(300)[0].n_tokens <= 4
    engine.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_model_s_own_cap_is_reached_and_said(opus, name):
    """Random weights never end a sentence, so greedy search writes all 511 tokens the model has positions for."""
    engine = load_engine(name, opus, DecodeOptions(beam_size=1), compute_type="float32", device="cpu")
    (hypothesis,) = engine.submit(["今天天气很好。"]).result(300)
    assert (hypothesis.n_tokens, hypothesis.finish) == (511, "length")
    engine.close()


def test_the_engines_write_the_same_at_true_size(opus):
    found = []
    for name in NAMES:
        engine = load_engine(name, opus, DecodeOptions(beam_size=1), compute_type="float32", device="cpu")
        found.append([hypothesis.text for hypothesis in engine.submit(BATCH, 6).result(300)])
        engine.close()
    assert all(each == found[0] for each in found)
