"""Both real engines on a real MarianMT, and against plain transformers."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.engines.native.library import why_not
from translate.errors import EngineError, ModelDamagedError, UsageError
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary

SENTENCES = (Path(__file__).parent / "sentences.txt").read_text("utf-8").splitlines()
CAP = 40

native_only = pytest.mark.skipif(why_not() is not None, reason=f"no native engine: {why_not()}")
ENGINES = ["torch", "ct2", "transformers", pytest.param("native", marks=native_only)]


@pytest.fixture(scope="module")
def vocabulary(mini) -> MarianVocabulary:
    return MarianVocabulary(mini)


@pytest.fixture(scope="module")
def tokenizer(mini):
    from transformers import MarianTokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "Recommended: pip install sacremoses."
        return MarianTokenizer.from_pretrained(mini.path)


@pytest.fixture(scope="module", params=["copier", pytest.param("mini", marks=pytest.mark.slow)])
def model(request) -> LocalModel:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module", params=ENGINES)
def engine(request, model):
    engine = load_engine(request.param, model, DecodeOptions(beam_size=2), compute_type="float32", device="cpu")
    yield engine
    engine.close()


# --- tokens ----------------------------------------------------------------------------------------------------

SPECIAL = ("</s>", "<unk>", "<pad>", ">>")


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(lambda t: not any(s in t for s in SPECIAL))
)
def test_ids_are_those_of_transformers(vocabulary, tokenizer, text):
    assert vocabulary.encode([text]) == tokenizer([text])["input_ids"]
    assert vocabulary.count([text]) == [len(vocabulary.encode([text])[0])]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_text_of_ids_is_that_of_transformers(vocabulary, tokenizer, data):
    known = st.integers(0, len(vocabulary.target) - 1).filter(lambda index: index != vocabulary.unk_id)
    ids = data.draw(st.lists(known, max_size=30))
    assert vocabulary.decode(ids) == tokenizer.decode(ids, skip_special_tokens=True)


def test_what_has_no_token_leaves_a_trace(vocabulary):
    """Where the model wanted to write something that it cannot, a sign of the source may belong."""
    a, b = (vocabulary.target.index(token) for token in ("▁good", "▁day"))
    assert vocabulary.decode([a, vocabulary.unk_id, b, vocabulary.eos_id]) == "good\ufffd day"


@pytest.mark.parametrize("text", ["</s>", "好<pad>好", ">>fra<< 好", "<unk>"])
def test_a_control_token_in_a_text_is_text(vocabulary, text):
    (ids,) = vocabulary.encode([text])
    assert ids.index(vocabulary.eos_id) == len(ids) - 1
    assert len(vocabulary.target) - 1 not in ids


# --- what every engine does --------------------------------------------------------------------------------------


def test_a_batch_comes_back_in_order_whatever_its_lengths(engine):
    one_by_one = [engine.submit([sentence], CAP).result(60)[0].text for sentence in SENTENCES[:8]]
    together = [hypothesis.text for hypothesis in engine.submit(SENTENCES[:8], CAP).result(60)]
    assert together == one_by_one
    assert all(together)


def test_scores_and_lengths_are_as_documented(engine):
    for hypothesis in engine.submit(SENTENCES[:4], CAP).result(60):
        assert hypothesis.score < 0
        assert hypothesis.finish == "eos"
        assert 1 < hypothesis.n_tokens < CAP


def test_an_output_at_the_cap_says_so(engine):
    (hypothesis,) = engine.submit(["北京是中国的首都。"], 3).result(60)
    assert hypothesis.finish == "length"
    assert hypothesis.n_tokens == 3


@pytest.mark.parametrize("blank", ["", " ", "　", "\u200b"])
def test_a_blank_sentence_has_the_empty_translation(engine, blank):
    first, second = engine.submit([blank, "今天天气很好。"], CAP).result(60)
    assert (first.text, first.score, first.n_tokens, first.finish) == ("", 0.0, 1, "eos")
    assert second.text
    assert engine.submit([blank], CAP).result(60) == [first]


def test_no_sentences_give_no_hypotheses(engine):
    assert engine.submit([]).result(60) == []


def test_an_over_long_sentence_is_refused_not_cut(engine):
    assert engine.max_source_tokens == 512
    assert engine.max_target_tokens == 511
    long = "中文，" * 400
    (n_tokens,) = engine.count_tokens([long])
    assert n_tokens > 512
    with pytest.raises(EngineError, match=f"sentence 1 of the batch has {n_tokens} tokens, .* at most 512"):
        engine.submit(["好", long])


def test_the_longest_source_is_read(engine):
    text = "中文，" * 400
    while engine.count_tokens([text])[0] > engine.max_source_tokens:
        text = text[:-1]
    assert engine.count_tokens([text]) == [512]
    (hypothesis,) = engine.submit([text], 4).result(120)
    assert hypothesis.n_tokens <= 4


def test_several_batches_are_in_flight(engine):
    assert engine.capacity >= 2
    futures = [engine.submit([sentence], CAP) for sentence in SENTENCES[:6]]
    assert all(future.result(60)[0].text for future in futures)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("batch", [["好"], [""]])
def test_a_closed_engine_says_so(copier, name, batch):
    engine = load_engine(name, copier, DecodeOptions(beam_size=1))
    assert len(engine.submit(batch).result(60)) == 1
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.submit(batch)


def test_the_length_penalty_changes_the_choice_not_the_meaning_of_the_score(copier):
    """With any penalty the score stays the mean log-probability, the same in both engines."""
    options = DecodeOptions(beam_size=3, length_penalty=0.2)
    by_engine = []
    for name in ("torch", "ct2"):
        engine = load_engine(name, copier, options, compute_type="float32", device="cpu")
        by_engine.append(engine.submit(SENTENCES[:6], CAP).result(60))
        engine.close()
    same = [(a, b) for a, b in zip(*by_engine, strict=True) if a.text == b.text]
    assert len(same) >= 4
    for a, b in same:
        assert a.score == pytest.approx(b.score, abs=1e-3)
        assert a.n_tokens == b.n_tokens


# --- how they agree ----------------------------------------------------------------------------------------------


def translate_all(engine, n: int = len(SENTENCES)) -> list:
    futures = [engine.submit(SENTENCES[start : min(n, start + 20)], CAP) for start in range(0, n, 20)]
    return [hypothesis for future in futures for hypothesis in future.result(120)]


@pytest.mark.parametrize(
    ("beam", "n"),
    [(4, 10), pytest.param(1, 60, marks=pytest.mark.slow), pytest.param(6, 20, marks=pytest.mark.slow)],
)
def test_engines_write_what_transformers_does(mini, vocabulary, beam, n):
    """Torch and native to the token; ct2 stops its beam search by another rule."""
    options = DecodeOptions(beam_size=beam)
    found = {}
    reference = load_engine("transformers", mini, options, device="cpu")
    for name in ["transformers", "torch", "ct2", *(["native"] if why_not() is None else [])]:
        engine = load_engine(name, mini, options, compute_type="float32", device="cpu")
        found[name] = translate_all(engine, n)
        if name == "ct2":
            ids = vocabulary.encode(SENTENCES[: min(n, 20)])
            raw = engine.search(ids, CAP)
            forced = reference.score(ids, [[*each.ids, vocabulary.eos_id] for each in raw])
            assert forced == pytest.approx([each.score for each in raw], abs=1e-3)
        engine.close()
    reference.close()
    for name, hypotheses in found.items():
        same = [a.text == b.text for a, b in zip(found["transformers"], hypotheses, strict=True)]
        assert sum(same) >= (0.8 if name == "ct2" else 1) * len(same), name
        for a, b, equal in zip(found["transformers"], hypotheses, same, strict=True):
            if equal:
                assert (b.score, b.n_tokens) == (pytest.approx(a.score, abs=1e-3), a.n_tokens), name


@pytest.mark.parametrize(
    ("name", "beam"),
    [
        ("ct2", 1),
        ("torch", 1),
        ("torch", 3),
        pytest.param("native", 1, marks=native_only),
        pytest.param("native", 3, marks=native_only),
    ],
)
def test_a_pad_row_that_is_not_zero_gives_the_text_of_transformers(make_marian, tmp_path, name, beam):
    """The trap: CTranslate2's own converter starts the decoder from zero even then. Its beams stop by another rule."""
    model = locate(str(make_marian(tmp_path / "padded", pad_row_is_zero=False)))
    texts = []
    for each in ("transformers", name):
        engine = load_engine(each, model, DecodeOptions(beam_size=beam), compute_type="float32", device="cpu")
        texts.append([h.text for h in engine.submit(["今天天气很好。", "公园", "ABC xyz 012"], 12).result(60)])
        engine.close()
    assert texts[0] == texts[1]
    assert all(texts[0])


# --- model files ---------------------------------------------------------------------------------------------------


def test_pytorch_model_bin_is_read(tiny_marian):
    model = locate(str(tiny_marian))
    for name in ("torch", "ct2"):
        engine = load_engine(name, model, DecodeOptions(beam_size=2), device="cpu")
        assert engine.max_source_tokens == 64
        assert len(engine.submit(["今天天气很好。", "公园"], 8).result(60)) == 2
        engine.close()


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ENGINES)
def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(tiny_marian, tmp_path, name):
    copy = shutil.copytree(tiny_marian, tmp_path / "evil")
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps({"model.shared.weight": Evil(tmp_path / "it-ran")}))
    with pytest.raises(ModelDamagedError, match=r"pytorch_model\.bin of model 'evil' is no file of weights"):
        load_engine(name, locate(str(copy)), DecodeOptions(), device="cpu")
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize("name", ENGINES)
def test_weights_of_another_network_are_refused(tiny_marian, tmp_path, name):
    import torch

    copy = shutil.copytree(tiny_marian, tmp_path / "copy")
    weights = torch.load(copy / "pytorch_model.bin", weights_only=True)
    del weights["model.decoder.layers.0.fc1.weight"]
    torch.save(weights, copy / "pytorch_model.bin")
    with pytest.raises(ModelDamagedError, match=r"model\.decoder\.layers\.0\.fc1\.weight"):
        load_engine(name, locate(str(copy)), DecodeOptions(), device="cpu")


@pytest.mark.parametrize("name", ENGINES)
def test_a_vocabulary_that_is_none_is_refused(tiny_marian, tmp_path, name):
    copy = shutil.copytree(tiny_marian, tmp_path / "copy")
    (copy / "source.spm").write_bytes(b"no sentencepiece")
    with pytest.raises(ModelDamagedError, match="cannot read the vocabulary"):
        load_engine(name, locate(str(copy)), DecodeOptions(), device="cpu")


# --- the converted model -------------------------------------------------------------------------------------------

LOAD = """
import sys
from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.marian.find import locate
engine = load_engine("ct2", locate(sys.argv[1]), DecodeOptions(beam_size=1), compute_type="float32")
print(engine.submit(["今天天气很好。"], 8).result()[0].text)
engine.close()
print("torch" in sys.modules)
"""


def load_in_process(folder: Path, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", LOAD, str(folder)],
        env=os.environ | {"DUIZHAO_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_that_start_at_once_convert_once_and_a_third_needs_no_torch(tiny_marian, tmp_path):
    first, second = (load_in_process(tiny_marian, tmp_path) for _ in range(2))
    outputs = [process.communicate(timeout=120) for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], outputs
    assert [err for _, err in outputs] == ["", ""]
    made = list((tmp_path / "ct2").iterdir())
    assert len(made) == 1, "one model, and no folder left from making it"
    third = load_in_process(tiny_marian, tmp_path)
    out, _ = third.communicate(timeout=60)
    assert out.splitlines()[0] == outputs[0][0].splitlines()[0] == outputs[1][0].splitlines()[0]
    assert out.splitlines()[1] == "False", "a converted model is loaded without torch"
    assert list((tmp_path / "ct2").iterdir()) == made


def test_what_a_killed_process_left_is_removed_by_the_next_that_converts(tiny_marian, tmp_path, monkeypatch):
    """But not while another holds the lock, and is making it."""
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setenv("DUIZHAO_CACHE", str(tmp_path))
    left = tmp_path / "ct2" / ".making-killed"
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"half")

    def load() -> None:
        load_engine("ct2", locate(str(tiny_marian)), DecodeOptions(beam_size=1), compute_type="float32").close()

    with (tmp_path / "ct2.lock").open("ab") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        other = threading.Thread(target=load)
        other.start()
        other.join(2)
        assert other.is_alive()
        assert list((tmp_path / "ct2").iterdir()) == [left]
    other.join(60)
    (made,) = (tmp_path / "ct2").iterdir()
    assert made.name.startswith("tiny-float32-")


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"x"), lambda path: path.unlink()])
@pytest.mark.parametrize("name", ["model.bin", "duizhao.json"])
def test_a_damaged_conversion_is_made_again(tiny_marian, tmp_path, monkeypatch, damage, name):
    monkeypatch.setenv("DUIZHAO_CACHE", str(tmp_path))
    model = locate(str(tiny_marian))

    def text() -> str:
        engine = load_engine("ct2", model, DecodeOptions(beam_size=1), compute_type="float32")
        hypothesis = engine.submit(["今天天气很好。"], 8).result(60)[0]
        engine.close()
        return hypothesis.text

    before = text()
    (folder,) = (tmp_path / "ct2").iterdir()
    damage(folder / name)
    assert text() == before
    assert list((tmp_path / "ct2").iterdir()) == [folder]


def test_a_cache_that_cannot_be_written_is_no_obstacle(tiny_marian, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DUIZHAO_CACHE", str(tmp_path / "file"))
    engine = load_engine("ct2", locate(str(tiny_marian)), DecodeOptions(beam_size=1))
    assert len(engine.submit(["今天天气很好。"], 8).result(60)) == 1
    engine.close()


def test_ct2_computes_in_int8_on_a_cpu_unless_told_otherwise(copier):
    import ctranslate2

    engine = load_engine("ct2", copier, DecodeOptions(beam_size=1), device="cpu")
    assert (engine.name, engine.compute_type) == ("ct2", "int8")
    assert engine.submit(SENTENCES[:2], CAP).result(60)[0].text
    engine.close()
    absent = {"int8", "float32", "bfloat16", "float16", "int16"} - ctranslate2.get_supported_compute_types("cpu")
    for name in absent:
        with pytest.raises(UsageError, match=f"cannot compute in '{name}' on this cpu; it can in .*float32"):
            load_engine("ct2", copier, DecodeOptions(), compute_type=name)


def test_torch_in_half_precision_is_close(mini):
    exact = load_engine("torch", mini, DecodeOptions(beam_size=1), device="cpu")
    half = load_engine("torch", mini, DecodeOptions(beam_size=1), compute_type="bfloat16", device="cpu")
    pairs = list(zip(*(engine.submit(SENTENCES[:8], CAP).result(60) for engine in (exact, half)), strict=True))
    assert sum(a.text == b.text for a, b in pairs) >= 4
    exact.close()
    half.close()


def test_engines_write_nothing_to_stderr(tiny_marian, tmp_path):
    code = LOAD.replace('"ct2"', '"torch"').replace("beam_size=1", "beam_size=2")
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tiny_marian)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert run.stderr == ""


THREADS = """
import sys, threading
import torch
torch.set_num_threads(2)
from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.marian.find import locate
engine = load_engine(sys.argv[1], locate(sys.argv[2]), DecodeOptions(beam_size=1), threads=1, device="cpu")
seen = []
other = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
other.start()
other.join()
engine.submit(["今天天气很好。"], 4).result()
engine.close()
print(seen, torch.get_num_threads())
"""


@pytest.mark.parametrize("name", ENGINES)
def test_the_caller_keeps_its_number_of_threads(tiny_marian, name):
    command = [sys.executable, "-W", "error", "-c", THREADS, name, str(tiny_marian)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout == "[2] 2\n"


def test_the_threads_of_the_torch_engine_have_a_core_each():
    import torch

    from translate.engines.torch.threads import threads_of_their_own
    from translate.engines.workers import Workers

    before = torch.get_num_threads()
    with threads_of_their_own(before + 1) as on_start:
        workers = Workers(2, "test", on_start)
    assert torch.get_num_threads() == before
    assert {workers.submit(torch.get_num_threads).result(60) for _ in range(8)} == {before + 1}
    workers.close()


@pytest.mark.gpu
def test_torch_on_a_gpu_agrees_with_the_cpu(mini):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device that torch can use")
    options = DecodeOptions(beam_size=4)
    on_cpu = load_engine("torch", mini, options, device="cpu")
    on_gpu = load_engine("auto", mini, options)
    assert on_gpu.name == "torch"
    pairs = list(zip(translate_all(on_cpu), translate_all(on_gpu), strict=True))
    assert sum(a.text == b.text for a, b in pairs) >= 0.9 * len(pairs)
    on_cpu.close()
    on_gpu.close()
