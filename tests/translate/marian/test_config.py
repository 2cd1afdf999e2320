"""A model's settings are checked before any engine sees them: each wrong value is one line, and no crash."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from translate.engines.base import DecodeOptions
from translate.engines.choose import ENGINES, load_engine
from translate.engines.native.library import why_not
from translate.errors import DuizhaoError, ModelDamagedError, UsageError
from translate.marian.find import locate
from translate.marian.settings import read_limits, read_settings
from translate.marian.vocabulary import MarianVocabulary


@pytest.fixture
def folder(tiny_marian, tmp_path) -> Path:
    return shutil.copytree(tiny_marian, tmp_path / "copy")


def change(folder: Path, name: str, **changes: object) -> None:
    values = json.loads((folder / name).read_text("utf-8")) | changes
    (folder / name).write_text(json.dumps({key: value for key, value in values.items() if value is not ...}), "utf-8")


def read(folder: Path) -> None:
    """All that any engine reads of these files."""
    model = locate(str(folder))
    MarianVocabulary(model)
    read_limits(model)
    read_settings(model, 2, 1.0)


def refusal(folder: Path, seek: Callable[[Path], object] = read) -> str:
    with pytest.raises(DuizhaoError) as caught:
        seek(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    return f"{type(caught.value).__name__} {caught.value}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder_attention_heads": 0}, "encoder_attention_heads is 0; expected 1 to 256"),
        ({"encoder_attention_heads": 2**40}, "encoder_attention_heads is 1099511627776; expected 1 to 256"),
        ({"encoder_attention_heads": -2}, "encoder_attention_heads is -2; expected 1 to 256"),
        ({"decoder_attention_heads": 0}, "decoder_attention_heads is 0; expected 1 to 256"),
        ({"decoder_attention_heads": 3}, "d_model 16 is no multiple of its 3 decoder heads"),
        ({"max_position_embeddings": 2**30}, "max_position_embeddings is 1073741824; expected 2 to 16384"),
        ({"max_position_embeddings": ...}, "has no max_position_embeddings"),
        ({"d_model": 16.0}, "d_model is 16.0, not a whole number"),
        ({"d_model": True}, "d_model is true, not a whole number"),
        ({"d_model": "16"}, 'd_model is "16", not a whole number'),
        ({"d_model": [16] * 999}, "d_model is [16, 16, 16"),
        ({"encoder_layers": 10**5}, "encoder_layers is 100000; expected 1 to 64"),
        ({"decoder_layers": None}, "decoder_layers is null, not a whole number"),
        ({"encoder_ffn_dim": 2**40}, "encoder_ffn_dim is 1099511627776; expected 1 to 65536"),
        ({"vocab_size": 2**40}, "vocab_size is 1099511627776; expected 3 to 1048576"),
        ({"vocab_size": 20}, "decoder_start_token_id is 59; expected 0 to 19"),
        ({"scale_embedding": "yes"}, 'scale_embedding is "yes", not true or false'),
        ({"activation_function": "mish"}, "activation_function 'mish' is none of gelu, relu, silu, swish"),
        ({"activation_function": ["swish"]}, "activation_function ['swish'] is none of"),
        ({"model_type": "bart"}, "of a model of type 'bart', not 'marian'"),
        ({"eos_token_id": 10**9}, "eos_token_id is 1000000000; expected 0 to"),
        (
            {"eos_token_id": 5},
            "</s> has the id 0 in its vocabulary, and config.json says that the end of sentence is 5",
        ),
        ({"eos_token_id": [0]}, "eos_token_id is [0], not a whole number"),
        ({"decoder_start_token_id": -1}, "decoder_start_token_id is -1; expected 0 to"),
        ({"pad_token_id": 2**33}, "pad_token_id is 8589934592; expected 0 to"),
        ({"max_length": "x"}, 'max_length is "x", not a whole number'),
        ({"max_length": 1}, "max_length is 1; expected 2 to"),
        ({"num_beams": 100_000}, "num_beams is 100000; expected 1 to 64"),
        ({"num_beams": 0}, "num_beams is 0; expected 1 to 64"),
        ({"num_beams": 2.5}, "num_beams is 2.5, not a whole number"),
        ({"bad_words_ids": "x"}, "bad_words_ids is no list of lists of tokens"),
        ({"bad_words_ids": [3]}, "bad_words_ids is no list of lists of tokens"),
        ({"bad_words_ids": [["x"]]}, 'bad_words_ids is "x", not a whole number'),
        ({"bad_words_ids": [[10**9]]}, "bad_words_ids is 1000000000; expected 0 to"),
        ({"forced_eos_token_id": "x"}, 'forced_eos_token_id is "x", not a whole number'),
        ({"early_stopping": [1]}, "early_stopping = [1] is none of true, false and 'never'"),
        ({"no_repeat_ngram_size": "x"}, "no_repeat_ngram_size is 'x', not a number"),
    ],
)
def test_a_wrong_value_of_config_json_is_one_line(folder, changes, message):
    change(folder, "config.json", **changes)
    said = refusal(folder)
    assert said.startswith("ModelDamagedError ")
    assert message in said
    assert "config.json" in said or "vocab.json" in said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_beams": 100_000}, "num_beams is 100000; expected 1 to 64"),
        ({"max_length": {}}, None),
        ({"max_length": [5]}, "max_length is [5], not a whole number"),
        ({"bad_words_ids": "x"}, "bad_words_ids is no list"),
        ({"eos_token_id": ...}, "has no eos_token_id"),
        ({"eos_token_id": 3}, "eos_token_id is 3"),
    ],
)
def test_a_wrong_value_of_generation_config_json_is_one_line(folder, changes, message):
    good = {"eos_token_id": 0, "max_length": 64, "num_beams": 2}
    (folder / "generation_config.json").write_text(json.dumps(good))
    read(folder)
    change(folder, "generation_config.json", **changes)
    if message is None:
        read(folder)  # as good as none
    else:
        assert message in refusal(folder)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda ids: ids | {"x": -1}, "token 'x' has the id -1; expected a whole number from 0 to"),
        (lambda ids: ids | {"x": "7"}, "token 'x' has the id 7; expected a whole number"),
        (lambda ids: ids | {"x": 7.0}, "token 'x' has the id 7.0; expected a whole number"),
        (lambda ids: ids | {"x": True}, "token 'x' has the id True; expected a whole number"),
        (lambda ids: ids | {"x": None}, "token 'x' has the id None; expected a whole number"),
        (lambda ids: ids | {"x": [1]}, "token 'x' has the id [1]; expected a whole number"),
        (lambda ids: ids | {"x": 2**40}, "token 'x' has the id 1099511627776; expected a whole number"),
        (lambda ids: ids | {"x": 7}, "two tokens have the same id"),
        (lambda ids: ids | {"\ud800": max(ids.values())}, "is no text"),
        (lambda ids: {token: index for token, index in ids.items() if token != "<unk>"}, "has no <unk>"),
        (lambda ids: {token: index for token, index in ids.items() if token != "</s>"}, "has no </s>"),
        (list, "is no JSON object"),
        (lambda _: 3, "is no JSON object"),
        (lambda _: {}, "has no </s>"),
    ],
)
def test_a_wrong_vocabulary_is_one_line(folder, damage, message):
    ids = json.loads((folder / "vocab.json").read_text("utf-8"))
    (folder / "vocab.json").write_text(json.dumps(damage(ids)))
    assert message in refusal(folder)


def test_a_vocabulary_longer_than_the_tables_is_one_line(folder):
    change(folder, "config.json", vocab_size=20, decoder_start_token_id=19, pad_token_id=19, bad_words_ids=[[19]])
    assert "expected a whole number from 0 to 19, the last row of the model's table" in refusal(folder)


@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "vocab.json"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 200_000, "nested too deeply"),
        ("{", "cannot read"),
        ("", "cannot read"),
        ("\udcff", "cannot read"),
        ("9" * 5000, "cannot read"),
    ],
)
def test_what_is_no_json_is_one_line(folder, name, text, message):
    (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    said = refusal(folder)
    assert said.startswith("ModelDamagedError ")
    assert message in said
    assert name in said


@pytest.mark.parametrize("name", ["auto", *ENGINES])
@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"encoder_attention_heads": 0}),
        ("config.json", {"max_position_embeddings": 2**30}),
        ("config.json", {"bad_words_ids": "x"}),
        ("vocab.json", {"x": -5}),
    ],
)
def test_no_engine_sees_a_wrong_value(folder, name, file, changes):
    if name == "native" and why_not():
        pytest.skip(f"no native engine: {why_not()}")
    change(folder, file, **changes)
    refusal(folder, lambda folder: load_engine(name, locate(str(folder)), DecodeOptions(), device="cpu"))


def test_a_beam_has_a_bound():
    assert DecodeOptions(beam_size=64)
    with pytest.raises(UsageError, match="beam size 9000 is more than 64; 4 to 6 are best"):
        DecodeOptions(beam_size=9000)


def test_the_beam_of_a_folder_is_that_of_its_newer_file(folder):
    assert locate(str(folder)).spec.beam == 2
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 0, "num_beams": 5}))
    assert locate(str(folder)).spec.beam == 5
    change(folder, "config.json", num_beams=...)
    (folder / "generation_config.json").write_text("{}")
    assert locate(str(folder)).spec.beam == 6


def test_a_damaged_model_is_no_wrong_option(folder):
    """Exit code 1, not 2."""
    change(folder, "config.json", num_beams=100_000)
    with pytest.raises(ModelDamagedError) as caught:
        locate(str(folder))
    assert caught.value.exit_code == 1
