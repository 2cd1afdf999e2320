"""The output shortlist: its file, and what the engines make of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.engines.native.library import why_not
from translate.engines.torch.decoder import Decoder
from translate.engines.torch.network import Linear, Marian
from translate.engines.torch.projection import Projection
from translate.errors import InputError, UsageError
from translate.marian.config import read_config
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.settings import read_settings
from translate.marian.shortlist import Shortlist
from translate.marian.vocabulary import MarianVocabulary
from translate.marian.weights import read_weights
from translate.pipeline.translator import Translator

SENTENCES = ["今天天气很好。", "公园", "我们去公园散步。", "ABC xyz 012", "好", "今天公园很好，我们去散步，天气很好。"]
CAP = 14


@pytest.fixture(scope="module")
def tiny(tiny_marian: Path) -> LocalModel:
    return locate(str(tiny_marian))


@pytest.fixture(scope="module")
def vocabulary(tiny) -> MarianVocabulary:
    return MarianVocabulary(tiny)


@pytest.fixture(scope="module")
def network(tiny) -> Marian:
    return Marian.load(read_weights(tiny))


def drawn(vocabulary: MarianVocabulary, seed: int, n_targets: int = 4, n_always: int = 3) -> Shortlist:
    """A few targets for each source token, drawn at random."""
    draw = random.Random(seed)
    tokens = range(len(vocabulary.target))
    targets = {source: draw.sample(tokens, n_targets) for source in range(len(vocabulary.source) - 1)}
    return Shortlist.of(targets, draw.sample(tokens, n_always), vocabulary)


def everything(vocabulary: MarianVocabulary) -> Shortlist:
    return Shortlist.of({}, range(len(vocabulary.target)), vocabulary)


# --- the file ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["short.txt", "short.gz", "short.zst"])
def test_a_file_comes_back_as_it_was(vocabulary, tmp_path, name):
    shortlist = drawn(vocabulary, 1)
    shortlist.write(tmp_path / name)
    again = Shortlist.read(tmp_path / name, vocabulary)
    assert again == shortlist
    assert again.digest == shortlist.digest
    assert len(again.digest) == 12
    assert again.n_source == len(vocabulary.source) - 1
    for ids in vocabulary.encode(SENTENCES):
        assert again.candidates(ids).tolist() == shortlist.candidates(ids).tolist()
    assert drawn(vocabulary, 2).digest != shortlist.digest


def test_candidates_are_those_of_every_source_token_and_what_is_always_there(vocabulary):
    a, b, c, d, e, f = vocabulary.target[10:16]
    shortlist = Shortlist.parse(f"\t{a} {b}\n{a}\t{c}\n{b}\t{d} {c}\n{c}\t{e}\n{d}\t{f}\n{e}\t\n", vocabulary)
    ids = [vocabulary.source.index(token) for token in (a, b, b, e, "</s>")]
    expected = {vocabulary.target.index(token) for token in (a, b, c, d, "</s>", "<unk>")}
    assert shortlist.candidates(ids).tolist() == sorted(expected)
    assert shortlist.n_source == 4


def test_a_token_that_the_format_cannot_hold_is_left_out(vocabulary):
    odd = SimpleNamespace(source=["</s>", "a b", "好", ""], target=["</s>", "x\ty", "z", "u v"])
    shortlist = Shortlist.of({1: [2], 2: [1, 2, 3], 3: [2]}, [2, 3], odd)  # type: ignore[arg-type]
    assert shortlist.text == "\tz\n好\tz\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected TOKEN, a tab and target tokens, saw ''"),
        ("\tA\n好 A B\n", "line 2: expected TOKEN, a tab and target tokens, saw '好 A B'"),
        ("好\tA\n", "no line that begins with a tab"),
        ("\tA\n狗\tA\n", "line 2: '狗' is none of the [0-9]+ source tokens of this model; .* learnt with"),
        ("\tA\n好\tA dog\n", "line 2: 'dog' is none of the [0-9]+ target tokens of this model; .*duizhao shortlist"),
        ("\tA\n好\tA\n好\tB\n", "line 3: '好' has a line already"),
        ("\tA\r\n", "line 1: 'A\\\\r' is none of"),
    ],
)
def test_what_is_no_shortlist_of_this_model_is_refused(vocabulary, tmp_path, text, message):
    (tmp_path / "short.txt").write_bytes(text.encode())
    with pytest.raises(UsageError, match=rf"short\.txt(, |: ){message}"):
        Shortlist.read(tmp_path / "short.txt", vocabulary)


def test_a_file_that_is_no_text_or_not_there_is_told(vocabulary, tmp_path):
    (tmp_path / "short.bin").write_bytes(b"\tA\xff")
    with pytest.raises(UsageError, match="byte 2 is not UTF-8"):
        Shortlist.read(tmp_path / "short.bin", vocabulary)
    with pytest.raises(InputError, match="no such file"):
        Shortlist.read(tmp_path / "none", vocabulary)


# --- the engines -------------------------------------------------------------------------------------------------

native_only = pytest.mark.skipif(why_not() is not None, reason=f"no native engine: {why_not()}")
OWN = ["torch", pytest.param("native", marks=native_only)]
"""Those that show a sentence its own candidates alone."""


def found(name: str, model: LocalModel, shortlist: Shortlist | None, beam: int, batch: Sequence[Sequence[int]]) -> list:
    options = DecodeOptions(beam_size=beam, shortlist=shortlist)
    engine = load_engine(name, model, options, compute_type="float32", threads=1, device="cpu")
    try:
        return engine.search(batch, CAP)  # type: ignore[attr-defined]  # of all real engines
    finally:
        engine.close()


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("beam", [1, 4])
@pytest.mark.parametrize("pad_row_is_zero", [True, False])
def test_a_shortlist_of_all_tokens_changes_nothing(make_marian, tmp_path, name, beam, pad_row_is_zero):
    model = locate(str(make_marian(tmp_path / "model", pad_row_is_zero=pad_row_is_zero)))
    vocabulary = MarianVocabulary(model)
    batch = vocabulary.encode(SENTENCES)
    long, short = (found(name, model, each, beam, batch) for each in (None, everything(vocabulary)))
    assert [each.ids for each in short] == [each.ids for each in long]
    assert [each.score for each in short] == pytest.approx([each.score for each in long], abs=1e-5)


@pytest.mark.parametrize("beam", [1, 4])
def test_a_shortlist_of_all_tokens_changes_nothing_in_ct2(tiny, vocabulary, beam):
    """But the stopping rule in float32 with several beams, so in int8."""
    texts = []
    for shortlist in (None, everything(vocabulary)):
        options = DecodeOptions(beam_size=beam, shortlist=shortlist)
        engine = load_engine("ct2", tiny, options, compute_type="int8", threads=1)
        texts.append(engine.submit(SENTENCES, CAP).result(60))
        engine.close()
    assert texts[0] == texts[1]


@native_only
@pytest.mark.parametrize("compute_type", ["int16", "int8"])
@pytest.mark.parametrize("beam", [1, 4])
def test_in_integers_a_shortlist_of_all_tokens_changes_no_bit(tiny, vocabulary, beam, compute_type):
    batches = []
    for shortlist in (None, everything(vocabulary)):
        options = DecodeOptions(beam_size=beam, shortlist=shortlist)
        engine = load_engine("native", tiny, options, compute_type=compute_type, threads=1)
        batches.append(engine.submit(SENTENCES, CAP).result(60))
        engine.close()
    assert batches[0] == batches[1]


@native_only
@pytest.mark.parametrize("beam", [1, 3])
def test_in_integers_a_translation_depends_on_no_neighbour_to_the_last_bit(copier, beam):
    vocabulary = MarianVocabulary(copier)
    options = DecodeOptions(beam_size=beam, shortlist=drawn(vocabulary, 6, n_targets=60, n_always=40))
    engine = load_engine("native", copier, options, threads=1)
    together = engine.submit(SENTENCES, CAP).result(60)
    assert [engine.submit([sentence], CAP).result(60)[0] for sentence in SENTENCES] == together
    engine.close()


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("beam", [1, 3])
def test_only_a_sentences_own_candidates_are_written(tiny, vocabulary, name, beam):
    shortlist, batch = drawn(vocabulary, 5), vocabulary.encode(SENTENCES)
    for ids, each in zip(batch, found(name, tiny, shortlist, beam, batch), strict=True):
        assert set(each.ids) <= set(shortlist.candidates(ids).tolist())


@native_only
@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize("pad_row_is_zero", [True, False])
def test_native_writes_what_torch_does(make_marian, tmp_path, beam, pad_row_is_zero):
    """Also where a banned token, which is no candidate, has its share of the probability."""
    model = locate(str(make_marian(tmp_path / "model", pad_row_is_zero=pad_row_is_zero)))
    vocabulary = MarianVocabulary(model)
    batch, shortlist = vocabulary.encode(SENTENCES), drawn(vocabulary, 5)
    by_torch, by_native = (found(name, model, shortlist, beam, batch) for name in ("torch", "native"))
    assert [each.ids for each in by_native] == [each.ids for each in by_torch]
    assert [each.score for each in by_native] == pytest.approx([each.score for each in by_torch], abs=1e-4)


@pytest.mark.parametrize("beam", [1, 3])
def test_ct2_writes_only_the_candidates_of_the_batch(tiny, vocabulary, beam):
    shortlist, batch = drawn(vocabulary, 5, n_targets=2), vocabulary.encode(SENTENCES[:3])
    allowed = np.unique(np.concatenate([shortlist.candidates(ids) for ids in batch]))
    assert len(allowed) < len(vocabulary.target) / 2
    for each in found("ct2", tiny, shortlist, beam, batch):
        assert set(each.ids) <= set(allowed.tolist())
    for ids in batch:
        (alone,) = found("ct2", tiny, shortlist, beam, [ids])
        assert set(alone.ids) <= set(shortlist.candidates(ids).tolist())


def test_alone_both_engines_write_the_same(copier):
    vocabulary = MarianVocabulary(copier)
    shortlist = drawn(vocabulary, 6, n_targets=60, n_always=40)
    for ids in vocabulary.encode(SENTENCES[:3]):
        (by_torch,), (by_ct2,) = (found(name, copier, shortlist, 1, [ids]) for name in ("torch", "ct2"))
        assert by_torch.ids == by_ct2.ids
        if by_torch.finish == "eos":  # at the cap only one of them counts the end
            assert by_torch.score == pytest.approx(by_ct2.score, abs=1e-3)


def test_the_cache_holds_no_second_copy_of_the_weights(tiny, vocabulary, tmp_path, monkeypatch):
    monkeypatch.setenv("DUIZHAO_CACHE", str(tmp_path))
    for shortlist in (None, drawn(vocabulary, 1), drawn(vocabulary, 2)):
        found("ct2", tiny, shortlist, 1, vocabulary.encode(SENTENCES[:1]))
    (folder,) = (tmp_path / "ct2").iterdir()
    assert not (folder / "vmap.txt").exists()


# --- the torch decoder -------------------------------------------------------------------------------------------


def decoder_of(tiny: LocalModel, network: Marian, beam: int, shortlist: Shortlist) -> Decoder:
    start_id = read_config(tiny).decoder_start_token_id
    return Decoder(network, read_settings(tiny, beam, 1.0), start_id, shortlist)


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.sampled_from([1, 2, 4]), st.sampled_from([0, 1, 4, 20]))
def test_a_translation_does_not_depend_on_its_neighbours(tiny, vocabulary, network, seed, beam, n_targets):
    draw = random.Random(seed)
    decoder = decoder_of(tiny, network, beam, drawn(vocabulary, seed, n_targets, n_always=n_targets // 4))
    rows = [
        [*(draw.randrange(1, len(vocabulary.source) - 1) for _ in range(draw.randint(1, 20))), vocabulary.eos_id]
        for _ in range(12)
    ]
    together = decoder.search(rows, CAP)
    order = draw.sample(range(len(rows)), len(rows))
    for start in range(0, len(rows), 5):
        batch = order[start : start + 5]
        for place, (ids, total) in zip(batch, decoder.search([rows[place] for place in batch], CAP), strict=True):
            assert ids == together[place][0]
            assert total == pytest.approx(together[place][1], abs=1e-4)


def test_with_the_end_as_only_choice_every_sentence_ends_at_once(tiny, vocabulary, network):
    shortlist = Shortlist.parse("\t\n", vocabulary)
    for beam in (1, 4):
        found = decoder_of(tiny, network, beam, shortlist).search(vocabulary.encode(SENTENCES), CAP)
        unknown = vocabulary.target.index("<unk>")
        assert all(set(ids) <= {vocabulary.eos_id, unknown} for ids, _ in found)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("beam", [2, 4, 6])
def test_fewer_candidates_than_beams_are_enough(tiny, vocabulary, name, beam):
    """The beams that are left over go on from the first, whose tokens they have."""
    shortlist, batch = Shortlist.parse("\t\n", vocabulary), vocabulary.encode(SENTENCES)
    by_torch, found_too = (found(each, tiny, shortlist, beam, batch) for each in ("torch", name))
    assert [each.ids for each in found_too] == [each.ids for each in by_torch]


@pytest.mark.parametrize("renormalize", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_best_candidates_are_those_of_a_log_softmax_over_them(renormalize, dtype):
    torch.manual_seed(3)
    n_tokens, n_sentences, n_beams, banned = 900, 90, 3, [899, 7]
    head = Linear((torch.randn(n_tokens, 8)).to(dtype), torch.randn(n_tokens))
    hidden = torch.randn(n_sentences * n_beams, 8).bfloat16().float()
    draw = np.random.default_rng(3)
    candidates = [np.unique(draw.choice(n_tokens, size)) for size in draw.integers(3, 300, n_sentences)]
    output = Projection(head, banned, renormalize=renormalize).among(candidates)
    for kept in (list(range(n_sentences)), [3, 5, 80], [2]):
        if len(kept) < n_sentences:
            output.keep(kept)
            hidden, candidates = hidden.unflatten(0, (-1, n_beams))[kept].flatten(0, 1), [candidates[i] for i in kept]
        scores, ids, lost = output.top(hidden, 4)
        logits = hidden @ head.weight.float().t() + head.bias
        shown = torch.zeros(len(logits), n_tokens, dtype=torch.bool)
        for row, own in enumerate(candidates):
            shown[row * n_beams : (row + 1) * n_beams, own] = True
        written = logits.masked_fill(~shown, -torch.inf)
        written[:, banned] = -torch.inf
        if not renormalize:
            shown[:, banned] = True
        expected = written - logits.masked_fill(~shown if not renormalize else written.isinf(), -torch.inf).logsumexp(
            1, keepdim=True
        )
        best = expected.topk(4, dim=1)
        finite = best.values > -1e30
        close = 1e-5 if dtype == torch.float32 else 0.05
        assert torch.allclose(scores[finite], best.values[finite], atol=close)
        assert torch.equal(ids[finite], best.indices[finite])
        assert (scores[~finite] == -torch.inf).all()
        own = ids[:, 0]
        assert torch.allclose(output.log_probability(hidden, own), scores[:, 0] + lost[:, 0], atol=close)


def test_in_half_precision_banned_tokens_have_their_share():
    """Where a model does not renormalise; the product once failed on its bias."""
    torch.manual_seed(0)
    head, hidden = Linear(torch.randn(50, 8).bfloat16(), torch.randn(50)), torch.randn(5, 8).bfloat16().float()
    top = Projection(head, [49], renormalize=False).top(hidden, 3)
    expected = (hidden @ head.weight.float().t() + head.bias).log_softmax(1)[:, :49].topk(3, dim=1)
    assert torch.equal(top.ids, expected.indices)
    assert torch.allclose(top.scores, expected.values, atol=0.05)


# --- the translator ----------------------------------------------------------------------------------------------


def test_the_signature_names_the_shortlist(tiny_marian, vocabulary, tmp_path):
    signatures = []
    for seed in (1, 2):
        drawn(vocabulary, seed).write(tmp_path / f"{seed}.txt")
        with Translator.load(tiny_marian, engine="fake", shortlist=tmp_path / f"{seed}.txt") as translator:
            signatures.append(translator.signature)
    with Translator.load(tiny_marian, engine="fake") as translator:
        plain = translator.signature
    assert "shortlist" not in plain
    assert len({plain, *signatures}) == 3
    digest = drawn(vocabulary, 1).digest
    assert signatures[0].replace(f"|shortlist:{digest}", "") == plain


def test_a_shortlist_of_another_model_is_refused_whatever_the_engine(tiny_marian, tmp_path):
    (tmp_path / "other.txt").write_text("\tnotoken\n", "utf-8")
    with pytest.raises(UsageError, match=r"other\.txt, line 1: 'notoken' is none"):
        Translator.load(tiny_marian, engine="fake", shortlist=tmp_path / "other.txt")
