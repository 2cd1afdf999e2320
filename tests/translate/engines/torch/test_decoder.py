"""The decoder: generate's tokens, the same in any company, close in half precision."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from translate.engines.base import DecodeOptions
from translate.engines.torch.decoder import Decoder
from translate.engines.torch.network import Marian
from translate.engines.torch.projection import Projection
from translate.engines.transformers.engine import TransformersEngine
from translate.marian.config import read_config
from translate.marian.model import LocalModel
from translate.marian.settings import read_settings
from translate.marian.vocabulary import MarianVocabulary
from translate.marian.weights import read_weights

SENTENCES = (Path(__file__).parents[1] / "sentences.txt").read_text("utf-8").splitlines()
CAP = 48


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """What is claimed of any company holds of any number of threads, but machines differ in it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=["copier", pytest.param("mini", marks=pytest.mark.slow)])
def model(request) -> LocalModel:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def ids(model) -> list[list[int]]:
    return MarianVocabulary(model).encode(SENTENCES)


@pytest.fixture(scope="module")
def network(model) -> Marian:
    return Marian.load(read_weights(model))


@pytest.fixture(scope="module")
def reference(model):
    def load(beam: int = 1) -> TransformersEngine:
        return TransformersEngine(model, DecodeOptions(beam))

    return load


def decoder_of(model: LocalModel, network: Marian, beam: int) -> Decoder:
    return Decoder(network, read_settings(model, beam, 1.0), read_config(model).decoder_start_token_id)


@pytest.mark.parametrize(("beam", "n"), [(1, 60), (4, 12), (6, 8)])
def test_tokens_are_those_of_generate(model, ids, network, reference, beam, n):
    rows, engine = ids[:n], reference(beam)
    expected = engine.search(rows, CAP)
    for (row, total), each in zip(decoder_of(model, network, beam).search(rows, CAP), expected, strict=True):
        assert (row[:-1] if row[-1] == 0 else row) == each.ids
        assert total / len(row) == pytest.approx(each.score, abs=1e-4)
    engine.close()


@pytest.mark.parametrize("beam", [1, 4])
def test_a_translation_is_the_same_in_any_company(model, ids, network, beam):
    """To the last bit of its score: alone, in other batches, in another order, beside longer ones."""
    decoder = decoder_of(model, network, beam)
    rows = ids[:24]
    alone = [decoder.search([row], CAP)[0] for row in rows[:6]]
    together = decoder.search(rows, CAP)
    assert together[:6] == alone
    order = list(range(len(rows)))
    random.Random(3).shuffle(order)
    for size in (5, 17):
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            found = decoder.search([rows[place] for place in batch], CAP)
            assert found == [together[place] for place in batch]
    longest = [max(ids, key=len) * 3]
    assert decoder.search(rows[:3] + longest, CAP)[:3] == together[:3]


@pytest.mark.parametrize("beam", [1, 4])
def test_a_translation_is_the_same_whenever_it_joins(model, ids, network, beam):
    """To the last bit of its score, while others are in the middle of theirs."""
    decoder, rows = decoder_of(model, network, beam), ids[:20]
    alone = [decoder.search([row], 9 + 2 * place)[0] for place, row in enumerate(rows)]
    waiting = [(place, row, 9 + 2 * place) for place, row in enumerate(rows)]
    random.Random(5).shuffle(waiting)
    batch, found = decoder.new_batch(), {}
    while waiting or batch:
        free = 7 - len(batch)
        joining, waiting = waiting[: max(free, 0)], waiting[max(free, 0) :]
        for ended in batch.admit(joining) if joining else batch.step():
            found[ended.key] = (ended.target, ended.log_probability)
    assert [found[place] for place in range(len(rows))] == alone


def test_a_sentence_that_takes_a_place_has_nothing_of_who_was_there(ids, network):
    """Not even what is no number, though a mask would hide it; and the room that a long one took is given back."""
    cache, other = network.start(ids[:2], 2), network.start(ids[2:4], 2)
    for each in (cache, other):
        each.add(1)
    for _ in range(150):
        cache.add(2)
    cache.keys[:] = torch.nan
    cache.values[:] = torch.inf
    room = cache.beam_mask.shape[2]
    cache.put([1, 0], other)
    assert cache.keys.isfinite().all()
    assert cache.values.isfinite().all()
    assert cache.beam_mask.shape[2] == cache.keys.shape[3] < room / 2
    assert cache.steps.tolist() == [1, 1]
    assert (cache.beam_mask == 0).sum(2).tolist() == [[1, 1], [1, 1]]


def test_two_decoders_share_a_network_and_nothing_else(model, ids, network):
    first, second = decoder_of(model, network, 2), decoder_of(model, network, 2)
    expected = first.search(ids[:4], CAP)
    second.search(ids[4:12], CAP)
    assert first.search(ids[:4], CAP) == expected


def test_no_sources_give_no_targets(model, network):
    assert decoder_of(model, network, 4).search([], CAP) == []


@pytest.mark.parametrize("beam", [1, 3])
def test_in_half_precision_it_is_close(model, ids, network, reference, beam):
    half = Marian.load(read_weights(model), torch.bfloat16)
    exact = decoder_of(model, network, beam).search(ids[:12], CAP)
    close = decoder_of(model, half, beam).search(ids[:12], CAP)
    assert sum(a[0] == b[0] for a, b in zip(exact, close, strict=True)) >= 8
    # Of its own tokens the exact network thinks nearly the same.
    forced = reference().score(ids[:12], [row for row, _ in close])
    for score, (row, total) in zip(forced, close, strict=True):
        assert score == pytest.approx(total / len(row), abs=0.05)


# --- the output layer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("renormalize", [True, False])
@pytest.mark.parametrize("n_tokens", [9, 64, 5000, 4097])
def test_the_best_tokens_are_those_of_a_log_softmax(n_tokens, renormalize):
    from translate.engines.torch.network import Linear

    torch.manual_seed(n_tokens)
    head = Linear(torch.randn(n_tokens, 8), torch.randn(n_tokens))
    hidden, banned = torch.randn(300, 8), [n_tokens - 1, 2]
    projection = Projection(head, banned, renormalize=renormalize)
    scores, ids, lost = projection.top(hidden, 8)
    logits = hidden @ head.weight.t() + head.bias
    expected = logits.log_softmax(1)
    expected[:, banned] = -torch.inf
    if renormalize:
        expected = expected.log_softmax(1)
    best = expected.topk(8, dim=1)
    finite = best.values > -1e30  # of nine tokens seven are left
    assert torch.allclose(scores[finite], best.values[finite], atol=1e-5)
    assert torch.equal(ids[finite], best.indices[finite])
    own = ids[:, 0]
    assert torch.allclose(projection.log_probability(hidden, own), scores[:, 0] + lost[:, 0], atol=1e-6)
    assert (lost >= 0).all()
    assert bool((lost == 0).all()) == renormalize


def test_halves_are_looked_at_again_in_float32():
    """In bfloat16 logits near 20 are 1/8 apart, so that the best of many are equal."""
    from translate.engines.torch.network import Linear

    torch.manual_seed(0)
    weight = torch.randn(6000, 64).bfloat16()
    head = Linear(weight, torch.zeros(6000))
    hidden = torch.randn(40, 64).bfloat16().float() * 2
    scores, ids, _ = Projection(head, [], renormalize=True).top(hidden, 4)
    best = (hidden @ weight.float().t()).log_softmax(1).topk(4, dim=1)
    assert torch.equal(ids, best.indices)
    assert torch.allclose(scores, best.values, atol=0.02)


@pytest.mark.gpu
@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("beam", [1, 4])
def test_a_gpu_agrees_with_the_cpu(model, ids, network, beam, kind):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device that torch can use")
    on_gpu = Marian.load(read_weights(model), getattr(torch, kind), "cuda")
    found = decoder_of(model, on_gpu, beam).search(ids, CAP)
    expected = decoder_of(model, network, beam).search(ids, CAP)
    same = sum(a[0] == b[0] for a, b in zip(found, expected, strict=True))
    assert same >= (0.98 if kind == "float32" else 0.85) * len(ids)
