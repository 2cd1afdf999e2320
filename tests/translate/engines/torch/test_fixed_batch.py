"""A batch in memory that does not move: the tokens of the decoder whose batches shrink, in any company."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tests.translate.engines.torch.test_decoder import SENTENCES
from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.engines.torch import fixed_batch
from translate.engines.torch.best import best_of_rows
from translate.engines.torch.decoder import Decoder
from translate.engines.torch.fixed_batch import FixedBatch, most_places
from translate.engines.torch.fixed_cache import CacheShape, FixedCache
from translate.engines.torch.network import Linear, Marian
from translate.engines.torch.projection import Projection
from translate.marian.config import read_config
from translate.marian.settings import SearchSettings, read_settings
from translate.marian.vocabulary import MarianVocabulary
from translate.marian.weights import read_weights

needs_gpu = pytest.mark.gpu


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def ids(copier) -> list[list[int]]:
    return MarianVocabulary(copier).encode(SENTENCES)


@pytest.fixture(scope="module")
def network(copier) -> Marian:
    return Marian.load(read_weights(copier))


@pytest.fixture(scope="module")
def start_id(copier) -> int:
    return read_config(copier).decoder_start_token_id


def settings_of(copier, beam: int) -> SearchSettings:
    return read_settings(copier, beam, 1.0)


def assert_same(found, expected) -> None:
    """The same tokens, and log-probabilities that differ by no more than the order of a sum."""
    assert [row for row, _ in found] == [row for row, _ in expected]
    for (_, a), (_, b) in zip(found, expected, strict=True):
        assert a == pytest.approx(b, abs=2e-4)


@pytest.mark.parametrize("beam", [1, 3, 4])
def test_tokens_are_those_of_batches_that_shrink(copier, ids, network, start_id, beam):
    wanted = settings_of(copier, beam)
    expected = Decoder(network, wanted, start_id).search(ids[:40], 48)
    assert_same(Decoder(network, wanted, start_id, n_places=16).search(ids[:40], 48), expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"forced_eos": False},
        {"renormalize": False},
        {"early_stopping": True},
        {"early_stopping": "never", "length_penalty": 0.6},
        {"length_penalty": -0.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("beam", [1, 4])
def test_so_are_they_in_other_searches(copier, ids, network, start_id, beam, changes):
    wanted = replace(settings_of(copier, beam), banned=(5, 9), **changes)
    rows = ids[:12]
    # A cap that cuts some of them.
    expected = Decoder(network, wanted, start_id).search(rows, 9)
    assert_same(Decoder(network, wanted, start_id, n_places=16).search(rows, 9), expected)


@settings(max_examples=15, deadline=None)
@given(
    caps=st.lists(st.integers(2, 30), min_size=1, max_size=12),
    chance=st.randoms(use_true_random=False),
    beam=st.sampled_from([1, 2]),
)
def test_a_translation_is_the_same_whenever_it_joins(copier, ids, network, start_id, caps, chance, beam):
    """With caps of its own, in any order, beside any others; and none is lost or told twice."""
    wanted = settings_of(copier, beam)
    order = list(range(len(caps)))
    chance.shuffle(order)
    decoder = Decoder(network, wanted, start_id)
    expected = [decoder.search([row], cap)[0] for row, cap in zip(ids, caps, strict=False)]
    waiting = [(place, ids[place], caps[place]) for place in order]
    batch = Decoder(network, wanted, start_id, n_places=5).new_batch()
    found = {}
    while waiting or batch:
        n = min(len(waiting), batch.n_vacant, chance.randint(0 if batch else 1, 5))
        joining, waiting = waiting[:n], waiting[n:]
        for ended in batch.admit(joining) if joining else batch.step():
            assert ended.key not in found
            found[ended.key] = (ended.target, ended.log_probability)
    assert_same([found[place] for place in range(len(caps))], expected)


@pytest.mark.parametrize("beam", [1, 2])
def test_memory_grows_for_the_long_and_shrinks_for_the_last(copier, ids, network, start_id, beam, monkeypatch):
    shapes = []
    make = fixed_batch._Maker.memory
    monkeypatch.setattr(
        fixed_batch._Maker, "memory", lambda self, shape, old: (shapes.append(shape), make(self, shape, old))[1]
    )
    # Without an end of sentence all are as long as their caps.
    wanted = replace(settings_of(copier, beam), banned=(settings_of(copier, beam).eos_id,), forced_eos=False)
    decoder, batch = Decoder(network, wanted, start_id), Decoder(network, wanted, start_id, n_places=128).new_batch()
    caps = [8] * 70 + [150, 70]
    new = [(place, ids[place % len(ids)], cap) for place, cap in enumerate(caps)]
    found = {ended.key: ended for ended in batch.admit(new)}
    while batch:
        found |= {ended.key: ended for ended in batch.step()}
    assert sorted(found) == list(range(len(caps)))
    assert {(shape.n_sentences, shape.n_steps) for shape in shapes} >= {(128, 64), (8, 64), (8, 128), (8, 256)}
    for place in (3, 70, 71):
        ((row, total),) = decoder.search([new[place][1]], caps[place])
        assert found[place].target == row
        assert found[place].log_probability == pytest.approx(total, abs=1e-3)


def test_what_was_dropped_leaves_nothing_behind(copier, ids, network, start_id):
    wanted = settings_of(copier, 2)
    batch = Decoder(network, wanted, start_id, n_places=16).new_batch()
    batch.admit([(place, row, 40) for place, row in enumerate(ids[:16])])
    batch.step()
    assert (len(batch), batch.n_vacant, len(batch.keys)) == (16, 0, 16)
    batch.clear()
    assert (len(batch), batch.n_vacant, batch.n_source, batch.step()) == (0, 16, 0, [])
    batch.admit([("new", ids[20], 40)])
    found = []
    while batch:
        found += batch.step()
    ((row, _),) = Decoder(network, wanted, start_id).search([ids[20]], 40)
    assert [(ended.key, ended.target) for ended in found] == [("new", row)]


def test_who_takes_a_place_sees_nothing_of_who_was_there(ids, network):
    """Not even what is no number, though a mask would hide it."""
    cache = FixedCache(network, CacheShape(4, 2, 64, 16))
    cache.put([2, 0], network.start(ids[:2], 2))
    for tensor in (cache.keys, cache.values):
        tensor[:] = torch.nan
    cache.add(2)
    cache.put([0], network.start(ids[2:3], 2))
    assert cache.keys[:, 0].isfinite().all()
    assert cache.values[:, 0].isfinite().all()
    assert (cache.beam_mask[0] == 0).sum() == 0
    assert cache.lengths.tolist() == [len(ids[2]), 1, len(ids[0]), 1]
    assert ((cache.source_mask == 0).sum(3).flatten() == cache.lengths).all()


def test_a_gpu_is_asked_for_no_more_than_it_has(network):
    longest = len(network.positions[1])
    each = CacheShape(1, 4, longest, longest).n_bytes(network)
    assert most_places(network, 4, 1 << 40) == 1024
    assert most_places(network, 1, 1 << 40) == 4096
    assert most_places(network, 4, 0) == 16
    free = 3 * 200 * each
    some = most_places(network, 4, free)
    assert some % 16 == 0
    assert 100 < some < 200
    # As a batch grows, what it had is there until all have moved to what it gets.
    grown = [CacheShape(some, 4, longest, steps).n_bytes(network) for steps in (longest // 2, longest)]
    assert sum(grown) < free / 1.5


@pytest.mark.parametrize("n_tokens", [9, 300, 4097])
def test_the_best_of_rows_and_the_one_asked_for(n_tokens):
    torch.manual_seed(n_tokens)
    head = Linear(torch.randn(n_tokens, 8), torch.randn(n_tokens))
    hidden = torch.randn(40, 8)
    projection = Projection(head, [2], renormalize=True)
    top, end = projection.at_once(hidden, 4, 3)
    expected = projection.top(hidden, 4)
    assert torch.equal(top.ids, expected.ids)
    assert torch.allclose(top.scores, expected.scores, atol=1e-5)
    asked = projection.log_probability(hidden, torch.full((40,), 3))
    assert torch.allclose(end, asked, atol=1e-5)


def test_a_batch_of_a_fixed_size_is_for_a_gpu_without_a_shortlist(copier, network, start_id):
    wanted = settings_of(copier, 2)
    assert isinstance(Decoder(network, wanted, start_id, n_places=16).new_batch(), FixedBatch)
    assert not isinstance(Decoder(network, wanted, start_id).new_batch(), FixedBatch)


# --- on a GPU --------------------------------------------------------------------------------------------------------


def gpu() -> torch.device:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device that torch can use")
    return torch.device("cuda")


@needs_gpu
@pytest.mark.parametrize(("n_tokens", "n_best"), [(16001, 8), (16001, 1), (65001, 12), (300, 2)])
def test_kernel_best_of_rows(n_tokens, n_best):
    device = gpu()
    torch.manual_seed(n_tokens)
    # Rounded, so that some are equal.
    logits = torch.randn(64, n_tokens, device=device).mul(3).round(decimals=1)
    bias = torch.randn(n_tokens, device=device).round(decimals=1)
    bias[3] = -torch.inf
    values, found, total = best_of_rows(logits, bias, n_best)
    expected = (logits + bias).sort(dim=1, descending=True, stable=True)
    assert torch.equal(values, expected.values[:, :n_best])
    assert torch.equal(found, expected.indices[:, :n_best])
    assert torch.allclose(total, (logits + bias).logsumexp(1, keepdim=True), atol=1e-5)


@needs_gpu
@pytest.mark.parametrize(("kind", "most"), [("float32", 1e-5), ("float16", 2e-3), ("bfloat16", 2e-2)])
@pytest.mark.parametrize("n_beams", [1, 4, 20])
def test_kernels_of_a_layer(kind, most, n_beams):
    device, dtype = gpu(), getattr(torch, kind)
    from translate.engines.torch import kernels

    torch.manual_seed(1)
    n_sentences, n_heads, width, n_slots = 9, 3, 64, 30 * n_beams
    rows = n_sentences * n_beams
    qkv = torch.randn(rows, 3 * n_heads * width, device=device).to(dtype)
    keys, values = (torch.randn(n_sentences, n_heads, n_slots, width, device=device).to(dtype) for _ in range(2))
    steps = torch.randint(0, 29, (n_sentences,), device=device)
    slots = torch.arange(n_slots, device=device)
    own = slots == (steps[:, None] * n_beams + torch.arange(n_beams, device=device))[:, :, None]
    past = (slots // n_beams < steps[:, None])[:, None] & (
        slots % n_beams == torch.arange(n_beams, device=device)[:, None]
    )
    mask = torch.where(own | past, 0.0, -torch.inf).to(dtype)
    q, k, v = qkv.view(n_sentences, n_beams, 3, n_heads, width).permute(2, 0, 3, 1, 4)
    where = (steps[:, None] * n_beams + torch.arange(n_beams, device=device))[:, None, :, None].expand_as(k)
    all_keys, all_values = keys.scatter(2, where, k), values.scatter(2, where, v)
    expected = functional.scaled_dot_product_attention(
        q.float(), all_keys.float(), all_values.float(), mask[:, None].float()
    )
    found = kernels.attend_to_written(qkv, keys, values, mask, steps)
    assert torch.equal(keys, all_keys)
    assert torch.equal(values, all_values)
    assert (found.float() - expected.transpose(1, 2).reshape(rows, -1)).abs().max() < most * 3
    lengths = torch.randint(1, n_slots + 1, (n_sentences,), device=device)
    hidden = torch.where(slots < lengths[:, None], 0.0, -torch.inf)[:, None, None]
    expected = functional.scaled_dot_product_attention(q.float(), keys.float(), values.float(), hidden)
    found = kernels.attend_to_source(qkv[:, : n_heads * width].contiguous(), keys, values, lengths, n_beams)
    assert (found.float() - expected.transpose(1, 2).reshape(rows, -1)).abs().max() < most * 3
    x, y = torch.randn(rows, 192, device=device), torch.randn(rows, 192, device=device).to(dtype)
    weight, bias = torch.randn(192, device=device), torch.randn(192, device=device)
    exact, rounded = kernels.add_and_normalize(x, y, weight, bias)
    assert (exact - functional.layer_norm(x + y, (192,), weight, bias)).abs().max() < 1e-4
    assert rounded.dtype == dtype


@needs_gpu
@pytest.mark.parametrize("beam", [1, 4])
@pytest.mark.parametrize("name", ["copier", "mini"])
def test_graphs_write_what_the_cpu_does(request, name, beam):
    """Also when the memory of a first job is gone, and with it the graphs that were recorded over it.

    The heads of one are too narrow for our kernels of a layer, those of the other are not.
    """
    device, model = gpu(), request.getfixturevalue(name)
    rows, wanted = MarianVocabulary(model).encode(SENTENCES), settings_of(model, beam)
    first = read_config(model).decoder_start_token_id
    expected = Decoder(Marian.load(read_weights(model)), wanted, first).search(rows, 48)
    on_gpu = Decoder(Marian.load(read_weights(model), torch.float32, device), wanted, first, n_places=64)
    for _ in range(2):
        found = on_gpu.search(rows, 48)
        same = sum(a[0] == b[0] for a, b in zip(found, expected, strict=True))
        assert same >= math.floor(0.98 * len(rows))
    long = [row[:-1] * 4 + row[-1:] for row in rows[:20]]
    on_gpu.search(long, 200)
    assert on_gpu.search(rows, 48) == found


@needs_gpu
def test_an_engine_goes_from_short_to_long_and_back(copier):
    gpu()
    engine = load_engine("torch", copier, DecodeOptions(beam_size=2), device="cuda")
    short, long = SENTENCES[:30], [text * 9 for text in SENTENCES[:8]]
    before = engine.submit(short, 60).result()
    engine.submit(long, 300).result()
    assert [each.text for each in engine.submit(short, 60).result()] == [each.text for each in before]
    engine.close()
