"""The search against ``generate`` of transformers, on networks of odd shapes, and what it does with equals."""

from __future__ import annotations

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.engines.native import library as native
from translate.engines.native.weights import in_order, shape_of
from translate.engines.torch.beam_search import BeamState, GreedyState
from translate.engines.torch.decoder import Decoder
from translate.engines.torch.network import Marian
from translate.engines.torch.projection import Top
from translate.errors import ModelDamagedError, UsageError
from translate.marian.config import check_config
from translate.marian.settings import SearchSettings, check_settings
from translate.marian.weights import arrange

EOS = 0
PLAIN = check_config(
    dict.fromkeys(("d_model", "encoder_ffn_dim", "decoder_ffn_dim", "vocab_size", "max_position_embeddings"), 16)
    | dict.fromkeys(("encoder_layers", "decoder_layers", "encoder_attention_heads", "decoder_attention_heads"), 1)
    | {"decoder_start_token_id": 15, "eos_token_id": EOS}
)

native_only = pytest.mark.skipif(native.why_not() is not None, reason=f"no native engine: {native.why_not()}")


@pytest.fixture(scope="module")
def one_thread():
    """Products this small are faster on one core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@st.composite
def configs(draw, widths=(4, 6, 10), step=1):
    """A tiny MarianConfig; the pad token is the last one, as Marian's always is.

    Args:
        draw: given by hypothesis.
        widths: of a head.
        step: of the widths of the feed-forward halves.
    """
    heads = draw(st.sampled_from([1, 2, 3]))
    n_tokens = draw(st.integers(12, 200))
    shared = draw(st.booleans())
    return {
        "d_model": heads * draw(st.sampled_from(widths)),
        "encoder_layers": draw(st.integers(1, 3)),
        "decoder_layers": draw(st.integers(1, 2)),
        "encoder_attention_heads": heads,
        "decoder_attention_heads": draw(st.sampled_from([1, heads])),
        "encoder_ffn_dim": step * draw(st.integers(1, 40 // step)),
        "decoder_ffn_dim": step * draw(st.integers(1, 40 // step)),
        "activation_function": draw(st.sampled_from(["swish", "relu", "gelu"])),
        "scale_embedding": draw(st.booleans()),
        "normalize_before": draw(st.booleans()),
        "vocab_size": n_tokens,
        "decoder_vocab_size": n_tokens,
        "share_encoder_decoder_embeddings": shared,
        "tie_word_embeddings": True if shared else draw(st.booleans()),
        "max_position_embeddings": 64,
        "pad_token_id": n_tokens - 1,
        "decoder_start_token_id": n_tokens - 1,
        "eos_token_id": EOS,
        "bos_token_id": None,
        "init_std": draw(st.sampled_from([0.1, 0.5])),
    }


@st.composite
def generations(draw, pad_id: int):
    """Settings of a search, as a ``generation_config.json`` has them."""
    return {
        "eos_token_id": EOS,
        "pad_token_id": pad_id,
        "decoder_start_token_id": pad_id,
        "forced_eos_token_id": draw(st.sampled_from([EOS, EOS, None])),
        "bad_words_ids": draw(st.sampled_from([[[pad_id]], [[pad_id], [3]], None])),
        "renormalize_logits": draw(st.booleans()),
        "early_stopping": draw(st.sampled_from([False, False, True, "never"])),
    }


def network_of(config: dict, seed: int):
    """A MarianMTModel with random weights, none of them zero, whose sentences do end."""
    from transformers import MarianConfig, MarianMTModel

    generator = torch.Generator().manual_seed(seed)
    network = MarianMTModel(MarianConfig(**config)).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                # The norms would stay ones.
                scale = config["init_std"] if parameter.dim() > 1 else 0.2
                centre = 1.0 if parameter.dim() == 1 and bool((parameter == 1).all()) else 0.0
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale + centre)
        network.final_logits_bias.copy_(torch.randn(network.final_logits_bias.shape, generator=generator))
        network.final_logits_bias[0, EOS] += 1.5
    return network


def decoder_of(reference, settings: SearchSettings) -> Decoder:
    """Ours, with the weights of transformers."""
    weights = arrange(check_config(reference.config.to_dict()), reference.state_dict())
    return Decoder(Marian.load(weights), settings, weights.config.decoder_start_token_id)


def scores(network, settings: SearchSettings, ids: list[list[int]], targets: list[list[int]]) -> list[float]:
    """Log-probability of given targets among the tokens that may be written, by a forward pass of transformers."""
    totals = []
    for row, target in zip(ids, targets, strict=True):
        read = [network.config.decoder_start_token_id, *target[:-1]]
        with torch.inference_mode():
            logits = network(input_ids=torch.tensor([row]), decoder_input_ids=torch.tensor([read])).logits[0]
            logits[:, list(settings.banned)] = -torch.inf
            totals.append(float(logits.log_softmax(1).gather(1, torch.tensor(target)[:, None]).sum()))
    return totals


def generated(network, generation: dict, ids: list[list[int]], beam: int, penalty: float, cap: int) -> list[list[int]]:
    from transformers import GenerationConfig

    longest, pad_id = max(map(len, ids)), network.config.pad_token_id
    padded = torch.tensor([row + [pad_id] * (longest - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    wanted = {**generation, "num_beams": beam, "max_length": cap + 1}
    if beam == 1:
        wanted.pop("early_stopping")
    else:
        wanted["length_penalty"] = penalty
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.generation_config = GenerationConfig(**wanted)
        rows = network.generate(input_ids=padded, attention_mask=mask, do_sample=False)[:, 1:].tolist()
    return [row[: row.index(EOS) + 1] if EOS in row else row for row in rows]


def unpadded(row: list[int], pad_id: int) -> list[int]:
    """Where nothing banned the pad token, generate's rows may end in it though the sentence did not."""
    while row and row[-1] == pad_id:
        row = row[:-1]
    return row


def check(data) -> None:
    config = data.draw(configs())
    pad_id = config["pad_token_id"]
    generation = data.draw(generations(pad_id))
    beam, cap = data.draw(st.sampled_from([1, 2, 3, 4, 6])), data.draw(st.integers(1, 12))
    penalty = data.draw(st.sampled_from([0.0, 0.6, 1.0, 2.0]))
    token = st.integers(1, config["vocab_size"] - 2)
    ids = [[*row, EOS] for row in data.draw(st.lists(st.lists(token, max_size=9), min_size=1, max_size=5))]
    reference = network_of(config, data.draw(st.integers(0, 1000)))
    settings = check_settings(generation, check_config(config), beam, penalty)
    decoder = decoder_of(reference, settings)
    found = decoder.search(ids, cap)
    expected = generated(reference, generation, ids, beam, penalty, cap)
    assert [unpadded(row, pad_id) for row, _ in found] == [unpadded(row, pad_id) for row in expected]
    # The log-probability is the model's own, whatever the search was forced to.
    targets = [row for row, _ in found]
    assert scores(reference, settings, ids, targets) == pytest.approx([total for _, total in found], abs=2e-3)


@native_only
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_native_engine_in_float32_writes_what_generate_does(one_thread, data):
    check_native(data)


@native_only
@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.data())
def test_the_native_engine_in_float32_writes_what_generate_does_at_length(one_thread, data):
    check_native(data)


def check_native(data) -> None:
    """As `check`, for networks whose sizes are whole vectors; the sentences join one after the other."""
    config = data.draw(configs((8, 16, 24), 8))
    pad_id = config["pad_token_id"]
    generation = data.draw(generations(pad_id))
    beam, cap = data.draw(st.sampled_from([1, 2, 3, 4, 6])), data.draw(st.integers(1, 12))
    penalty = data.draw(st.sampled_from([0.0, 0.6, 1.0, 2.0]))
    token = st.integers(1, config["vocab_size"] - 2)
    ids = [[*row, EOS] for row in data.draw(st.lists(st.lists(token, max_size=9), min_size=1, max_size=5))]
    reference = network_of(config, data.draw(st.integers(0, 1000)))
    weights = {name: value.numpy() for name, value in reference.state_dict().items()}
    checked = check_config(config)
    wanted = check_settings(generation, checked, beam, penalty)
    network = native.NativeNetwork(shape_of(checked, "float32"), in_order(arrange(checked, weights)))
    search = native.NativeSearch.of(network, wanted, pad_id)
    found: dict[int, tuple[list[int], float]] = {}
    for place, row in enumerate(ids):
        search.admit([row], [cap], [place])
        found |= {key: (target, total) for key, target, total in search.step()}
    while len(found) < len(ids):
        found |= {key: (target, total) for key, target, total in search.step()}
    targets = [found[place][0] for place in range(len(ids))]
    expected = generated(reference, generation, ids, beam, penalty, cap)
    assert [unpadded(row, pad_id) for row in targets] == [unpadded(row, pad_id) for row in expected]
    totals = [found[place][1] for place in range(len(ids))]
    assert scores(reference, wanted, ids, targets) == pytest.approx(totals, abs=2e-3)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_whoever_joins_and_whatever_its_cap_a_sentence_is_translated_as_alone(one_thread, data):
    config = data.draw(configs())
    pad_id = config["pad_token_id"]
    beam = data.draw(st.sampled_from([1, 2, 4]))
    settings = check_settings(data.draw(generations(pad_id)), check_config(config), beam, 1.0)
    decoder = decoder_of(network_of(config, data.draw(st.integers(0, 1000))), settings)
    token = st.integers(1, config["vocab_size"] - 2)
    rows, caps = st.lists(token, max_size=9).map(lambda row: [*row, EOS]), st.integers(1, 12)
    groups = data.draw(st.lists(st.lists(st.tuples(rows, caps), min_size=1, max_size=3), min_size=2, max_size=4))
    waits = data.draw(st.lists(st.integers(0, 6), min_size=len(groups), max_size=len(groups)))
    batch, found = decoder.new_batch(), {}
    for index, (group, wait) in enumerate(zip(groups, waits, strict=True)):
        new = [((index, place), row, cap) for place, (row, cap) in enumerate(group)]
        ended = batch.admit(new)
        for _ in range(wait):
            ended += batch.step()
        found |= {each.key: (each.target, each.log_probability) for each in ended}
    while batch:
        found |= {each.key: (each.target, each.log_probability) for each in batch.step()}
    assert batch.step() == []
    for index, group in enumerate(groups):
        for place, (row, cap) in enumerate(group):
            ((target, total),) = decoder.search([row], cap)
            assert found[index, place] == (target, pytest.approx(total, abs=2e-3))


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_tokens_are_those_of_generate(one_thread, data):
    check(data)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_tokens_are_those_of_generate_in_many_shapes(one_thread, data):
    check(data)


def beams(n_beams: int, n_sentences: int = 1, cap: int = 9, **changes) -> BeamState:
    return BeamState([cap] * n_sentences, SearchSettings(n_beams, EOS, **changes), torch.device("cpu"))


def top(scores: list[list[float]], ids: list[list[int]]) -> Top:
    return Top(torch.tensor(scores), torch.tensor(ids), torch.zeros(len(scores), 1))


def test_of_equal_continuations_the_first_beam_goes_first():
    state = beams(2)
    state.advance(top([[-1.0, -1.0, -1.0, -1.0]], [[5, 6, 7, 8]]))
    assert state.tokens.tolist() == [[5, 6]]
    state.advance(top([[-1.0, -1.0, -2.0, -2.0]] * 2, [[9, 3, 4, 7]] * 2))
    assert state.tokens.tolist() == [[9, 3]]
    assert state.parents.tolist() == [[0, 0]]


def test_an_end_that_is_not_among_the_best_n_is_passed_over():
    state = beams(2, early_stopping=True, length_penalty=0.0)
    state.advance(top([[-1.0, -2.0, -2.5, -4.0]], [[5, 6, EOS, 7]]))
    assert state.tokens.tolist() == [[5, 6]]
    state.advance(top([[-5.0, -9.0, -9.0, -9.0], [-5.0, -9.0, -9.0, -9.0]], [[EOS, 3, 4, 7]] * 2))
    assert state.results([0]) == [([5, EOS], -6.0)], "though the empty one had -2.5"


def test_a_sentence_that_is_done_stays_as_it_is():
    state = beams(2, early_stopping=True)
    state.advance(top([[-1.0, -2.0, -3.0, -4.0]], [[5, 6, 8, 7]]))
    state.advance(top([[-1.0, -9.0, -9.0, -9.0], [-0.1, -9.0, -9.0, -9.0]], [[EOS, 3, 4, 7]] * 2))
    assert state.done.tolist() == [True]
    before = state.results([0])
    state.advance(top([[-0.0, -9.0, -9.0, -9.0]] * 2, [[EOS, 3, 4, 7]] * 2))
    assert state.results([0]) == before == [([5, EOS], -2.0)]


def test_a_long_penalty_prefers_the_longer():
    """-2 over 2 tokens against -2.4 over 3: the sum prefers the first, the mean the second."""
    for penalty, expected in ((0.0, [5, EOS]), (1.0, [6, 7, EOS])):
        state = beams(2, length_penalty=penalty, early_stopping=True)
        state.advance(top([[-1.0, -1.1, -30.0, -30.0]], [[5, 6, 8, 7]]))
        state.advance(top([[-1.0, -40.0, -40.0, -40.0], [-1.2, -40.0, -40.0, -40.0]], [[EOS, 3, 4, 8], [7, 3, 4, 8]]))
        state.advance(top([[-0.1, -40.0, -40.0, -40.0], [-40.0, -41.0, -42.0, -43.0]], [[EOS, 3, 4, 8]] * 2))
        (found,) = state.results([0])
        assert found[0] == expected


def test_the_cap_ends_everything():
    for state in (GreedyState([1, 1], SearchSettings(1, EOS), torch.device("cpu")), beams(1, 2, cap=1)):
        state.advance(top([[-1.0, -2.0], [-1.0, -2.0]], [[5, 6], [EOS, 6]]))
        assert state.done.all()
        assert [row for row, _ in state.results([0, 1])] == [[5], [EOS]]


@pytest.mark.parametrize(
    ("name", "value"),
    [("no_repeat_ngram_size", 3), ("repetition_penalty", 1.2), ("min_length", 4), ("forced_bos_token_id", 2)],
)
def test_settings_that_the_search_does_not_have_are_refused(name, value):
    with pytest.raises(UsageError, match=f"{name} = {value}.* use --engine transformers"):
        check_settings({"eos_token_id": EOS, name: value}, PLAIN, 1, 1.0)
    assert check_settings({"eos_token_id": EOS, name: value}, PLAIN, 1, 1.0, all_known=True)


def test_settings_that_do_nothing_are_no_obstacle():
    generation = {"eos_token_id": EOS, "do_sample": True, "repetition_penalty": 1.0, "min_length": None}
    assert check_settings(generation, PLAIN, 4, 0.5) == SearchSettings(4, EOS, 0.5, forced_eos=False, renormalize=False)


def test_words_of_several_tokens_cannot_be_banned():
    with pytest.raises(UsageError, match=r"\[4, 5\]; only single tokens"):
        check_settings({"eos_token_id": EOS, "bad_words_ids": [[EOS], [3], [4, 5]]}, PLAIN, 1, 1.0)


def test_an_end_that_is_not_the_end_of_sentence_cannot_be_forced():
    with pytest.raises(UsageError, match="forced_eos_token_id 7"):
        check_settings({"eos_token_id": EOS, "forced_eos_token_id": 7}, PLAIN, 1, 1.0)


def test_a_way_to_stop_that_is_not_known_is_refused():
    with pytest.raises(ModelDamagedError, match="early_stopping = 'always' is none of true, false and 'never'"):
        check_settings({"eos_token_id": EOS, "early_stopping": "always"}, PLAIN, 4, 1.0)
