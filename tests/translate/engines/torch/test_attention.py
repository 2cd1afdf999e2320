"""Forced decoding: what transformers' decoder looks at, and the same in any company."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from translate.engines.torch.attention import ForcedDecoder
from translate.marian.config import read_config
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary

SENTENCES = (Path(__file__).parents[1] / "sentences.txt").read_text("utf-8").splitlines()[:12]


@pytest.fixture(scope="module", params=["copier", pytest.param("mini", marks=pytest.mark.slow)])
def model(request) -> LocalModel:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def pairs(model) -> list[tuple[list[int], list[int]]]:
    vocabulary = MarianVocabulary(model)
    return [*zip(vocabulary.encode(SENTENCES), vocabulary.encode_target(SENTENCES[::-1]), strict=True)]


def test_it_is_what_the_decoder_of_transformers_looks_at(model, pairs):
    from transformers import MarianMTModel

    folder = model.file("config.json").parent
    network = MarianMTModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    start = read_config(model).decoder_start_token_id
    decoder = ForcedDecoder(model)
    for (source, target), heads in zip(pairs, decoder.attend(pairs), strict=True):
        with torch.no_grad():
            said = network(
                input_ids=torch.tensor([source]),
                decoder_input_ids=torch.tensor([[start, *target[:-1]]]),
                output_attentions=True,
            )
        expected = torch.cat([layer[0] for layer in said.cross_attentions]).numpy()
        assert heads.shape == (decoder.n_heads, len(target), len(source))
        np.testing.assert_allclose(heads, expected, atol=1e-4)


def test_a_pair_is_looked_at_in_the_same_way_in_any_company(model, pairs):
    decoder = ForcedDecoder(model)
    together = list(decoder.attend(pairs))
    for pair, heads in zip(pairs, together, strict=True):
        (alone,) = decoder.attend([pair])
        assert np.array_equal(alone, heads)


def test_the_callers_threads_are_as_they_were(model, pairs):
    before = torch.get_num_threads()
    list(ForcedDecoder(model).attend(pairs[:1]))
    assert torch.get_num_threads() == before
