"""Marian models of other shapes than opus-mt-zh-en: the same text from all engines, or a refusal in one line."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.engines.native.library import why_not
from translate.errors import ModelDamagedError, ModelError
from translate.marian.find import locate
from translate.marian.vocabulary import MarianVocabulary

NAMES = ["torch", "ct2", *(["native"] if why_not() is None else [])]
SENTENCES = ["今天天气很好。", "公园", "", "ABC xyz 012", "我们去公园散步。"]
CAP = 10


@pytest.fixture
def make(make_marian, tmp_path) -> Callable[..., Path]:
    """A model with random weights, saved by transformers itself; ``extra`` rows beyond each vocabulary."""

    def make(*, tokens: tuple[str, ...] = (), separate: bool = False, extra: int = 0, **config) -> Path:
        import torch
        from transformers import MarianConfig, MarianMTModel

        folder = make_marian(tmp_path / "model", safetensors=False)
        (folder / "pytorch_model.bin").unlink()
        values = json.loads((folder / "config.json").read_text("utf-8"))
        ids = list(json.loads((folder / "vocab.json").read_text("utf-8")))
        source, target = [*ids[:-1], *tokens, "<pad>"], [*ids[:-9], "<pad>"] if separate else None
        for name, each in (("vocab.json", source), ("target_vocab.json", target)):
            if each is not None:
                (folder / name).write_text(json.dumps({token: index for index, token in enumerate(each)}), "utf-8")
        pad_id = len(target or source) - 1
        sizes = {"vocab_size": len(source) + extra, "decoder_vocab_size": len(target or source) + extra}
        ends = {"pad_token_id": pad_id, "decoder_start_token_id": pad_id}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(3)
            checked = MarianConfig(**values | sizes | ends | {"init_std": 0.4} | config)
            network = MarianMTModel(checked)
            with torch.no_grad():
                network.final_logits_bias.normal_()
            network.generation_config.update(**ends, eos_token_id=0, max_length=64, bad_words_ids=[[pad_id]])
            network.save_pretrained(folder)
        return folder

    return make


def texts(folder: Path, name: str) -> list[str]:
    engine = load_engine(name, locate(str(folder)), DecodeOptions(1), compute_type="float32", device="cpu", threads=1)
    hypotheses = engine.submit(SENTENCES, CAP).result(120)
    engine.close()
    return [each.text for each in hypotheses]


SHAPES = {
    "shared and tied": {},
    "shared, an output layer of its own": {"tie_word_embeddings": False},
    "two vocabularies": {"separate": True, "share_encoder_decoder_embeddings": False},
    "two vocabularies, an output layer of its own": {
        "separate": True,
        "share_encoder_decoder_embeddings": False,
        "tie_word_embeddings": False,
    },
    "one vocabulary, two tables": {"share_encoder_decoder_embeddings": False},
    "tables longer than the vocabulary": {"extra": 5},
    "two tables longer than their vocabularies": {
        "separate": True,
        "extra": 3,
        "share_encoder_decoder_embeddings": False,
    },
    "several target languages": {"tokens": (">>deu<<", ">>eng<<", ">>fra<<")},
    "other depths and widths": {"encoder_layers": 3, "decoder_layers": 2, "encoder_ffn_dim": 40, "d_model": 48},
    "no scale, another activation": {"scale_embedding": False, "activation_function": "relu"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_all_engines_write_what_transformers_does(make, shape):
    folder = make(**SHAPES[shape])
    expected = texts(folder, "transformers")
    assert expected[2] == ""
    assert all(expected[:2])
    assert "<unnamed" not in "".join(expected)
    for name in NAMES:
        assert texts(folder, name) == expected, name


def test_a_source_says_which_language_is_wanted(make):
    model = locate(str(make(tokens=(">>deu<<", ">>eng<<"))))
    assert model.spec.target_token == ">>eng<<"
    vocabulary = MarianVocabulary(model)
    first, blank = vocabulary.encode(["公园", ""])
    assert vocabulary.source[first[0]] == ">>eng<<"
    assert blank == [0]
    assert vocabulary.count(["公园", ""]) == [len(first), 1]
    for name in (*NAMES, "transformers"):
        engine = load_engine(name, model, DecodeOptions(1), device="cpu", threads=1)
        assert engine.count_tokens(["公园", ""]) == [len(first), 1]
        engine.close()


def test_a_folder_that_writes_other_languages_only_is_refused(make):
    folder = make(tokens=(">>deu<<", ">>fra<<"))
    with pytest.raises(ModelError, match=r"writes >>deu<<, >>fra<<, not >>eng<<; .* use one from zh to en$"):
        locate(str(folder))


def test_transformers_makes_up_no_weights(make):
    """As it would, with a warning alone, of what an older version left out because it was shared."""
    from safetensors.torch import load_file, save_file

    folder = make(tie_word_embeddings=False)
    weights = load_file(folder / "model.safetensors")
    left = {name: value for name, value in weights.items() if "embed_tokens" not in name}
    save_file(left, folder / "model.safetensors", metadata={"format": "pt"})
    assert all(texts(folder, NAMES[0])[:2])
    with pytest.raises(ModelDamagedError, match=r"transformers cannot load .*embed_tokens\.weight is missing"):
        texts(folder, "transformers")


def test_a_table_shorter_than_its_vocabulary_is_refused(make):
    folder = make()
    config = json.loads((folder / "config.json").read_text("utf-8"))
    sizes = {"vocab_size": 30, "decoder_vocab_size": 30, "pad_token_id": 29, "decoder_start_token_id": 29}
    (folder / "config.json").write_text(json.dumps(config | sizes), "utf-8")
    for name in (*NAMES, "transformers"):
        with pytest.raises(
            ModelDamagedError, match=r"has the id \d+; expected a whole number from 0 to 29|expected 0 to"
        ):
            load_engine(name, locate(str(folder)), DecodeOptions(1), device="cpu")
