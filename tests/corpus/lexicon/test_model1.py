"""The lexical table, the corpora it is learnt from, and the shortlist made of it."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.align.shortlist import choose, make_shortlist
from corpus.cli.main import main
from corpus.lexicon.model1 import Lexicon, learn
from corpus.pair import FIELDS, Pair
from corpus.readers.bitext import read_pairs
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.errors import InputError, UsageError
from translate.marian.find import locate
from translate.marian.shortlist import Shortlist
from translate.marian.vocabulary import MarianVocabulary
from translate.text.records import Sentence


@pytest.fixture(scope="module")
def vocabulary() -> MarianVocabulary:
    return MarianVocabulary(locate("zh-en-mini"))


def table(lexicon: Lexicon) -> dict[tuple[int, int], float]:
    keys = zip(lexicon.source.tolist(), lexicon.target.tolist(), strict=True)
    return dict(zip(keys, lexicon.counts.tolist(), strict=True))


# --- IBM Model 1 -------------------------------------------------------------------------------------------------

DAS, HAUS, BUCH, EIN = range(4)
THE, HOUSE, BOOK, A = range(4)


def test_the_textbook_example_is_learnt() -> None:
    """Koehn (2010), Statistical Machine Translation, figure 4.4: das Haus, das Buch, ein Buch."""
    sources = [[DAS, HAUS], [DAS, BUCH], [EIN, BUCH]]
    targets = [[THE, HOUSE], [THE, BOOK], [A, BOOK]]
    lexicon = learn(sources, targets, n_rounds=20)
    likeliest = {
        source: max((chance, target) for s, target, chance in zip(*entries(lexicon), strict=True) if s == source)
        for source in (DAS, HAUS, BUCH, EIN)
    }
    assert {source: target for source, (_, target) in likeliest.items()} == {
        DAS: THE,
        HAUS: HOUSE,
        BUCH: BOOK,
        EIN: A,
    }
    assert likeliest[BUCH][0] > 0.9
    assert lexicon.source.tolist() == sorted(lexicon.source.tolist())


def entries(lexicon: Lexicon) -> tuple[list[int], list[int], list[float]]:
    return lexicon.source.tolist(), lexicon.target.tolist(), lexicon.chances().tolist()


def by_the_book(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], n_rounds: int) -> dict:
    """Figure 4.3 of Koehn (2010), with an empty word, -1."""
    chance: dict[tuple[int, int], float] = defaultdict(lambda: 1.0)
    counts: dict[tuple[int, int], float] = {}
    for _ in range(n_rounds):
        counts, totals = defaultdict(float), defaultdict(float)
        for source, target in zip(sources, targets, strict=True):
            for t in target:
                norm = sum(chance[s, t] for s in [-1, *source])
                for s in [-1, *source]:
                    counts[s, t] += chance[s, t] / norm
                    totals[s] += chance[s, t] / norm
        chance = {(s, t): count / totals[s] for (s, t), count in counts.items()}
    return {(s, t): count for (s, t), count in counts.items() if s >= 0}


SIDE = st.lists(st.integers(0, 6), min_size=1, max_size=6)


@settings(max_examples=60)
@given(st.lists(st.tuples(SIDE, SIDE), min_size=1, max_size=8), st.integers(1, 4), st.sampled_from([1, 7, 20, 10**6]))
def test_blocks_of_any_size_give_what_the_book_gives(pairs, n_rounds, n_places):
    sources, targets = zip(*pairs, strict=True)
    expected = by_the_book(sources, targets, n_rounds)
    found = table(learn(sources, targets, n_rounds=n_rounds, n_places=n_places))
    assert found == pytest.approx(expected, abs=1e-9)


def test_rare_words_are_counted_the_same_in_a_table_that_is_not_full(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    pairs = [(rng.integers(0, 400, 6), rng.integers(0, 400, 7)) for _ in range(80)]
    sources, targets = zip(*pairs, strict=True)
    few = learn(sources, targets)
    monkeypatch.setattr("corpus.lexicon.model1._DENSE", 10**9)
    full = learn(sources, targets)
    assert all(np.array_equal(getattr(few, name), getattr(full, name)) for name in ("source", "target", "counts"))


def test_what_is_less_likely_than_asked_is_left_out() -> None:
    sources, targets = [[1, 2], [1, 3], [1, 2, 3]], [[4, 5], [4, 6], [4, 5, 6]]
    whole, part = (learn(sources, targets, n_rounds=8, least=least) for least in (0.0, 0.1))
    likely = whole.chances() >= 0.1
    assert 0 < likely.sum() < len(likely)
    assert table(part) == {
        key: n for (key, n), is_likely in zip(table(whole).items(), likely, strict=True) if is_likely
    }


def test_pairs_that_are_too_long_or_empty_are_left_out() -> None:
    lexicon = learn([[1], [2] * 9, [3], []], [[1], [2], [], [4]], longest=8)
    assert set(table(lexicon)) == {(1, 1)}
    assert len(learn([[]], [[]]).counts) == 0
    assert len(learn([[]], [[]]).chances()) == 0


# --- corpora -----------------------------------------------------------------------------------------------------


def corpus(path: Path, rows: Sequence[tuple[str, str, tuple[str, ...]]]) -> Path:
    with open_writer(path, None, RunMeta("s", "0")) as writer:
        for index, (source, target, flags) in enumerate(rows):
            sentence = Sentence("d", index, 0, 0, len(source), source, source)
            writer.write(Pair.translated(sentence, target, -1.0, flags))
    return path


ROWS = [
    ("你好。", "Hello.", ()),
    ("坏", "", ("empty_target",)),
    ("圈", "on and on and on", ("length_cap", "loop", "retried")),
    ("救", "saved", ("cut", "loop", "rescued", "retried")),
    ("行\u2028行", "a\u2028b", ()),
]


@pytest.mark.parametrize("name", ["a.tsv", "a.jsonl", "a.v2.tsv.gz", "a.jsonl.zst"])
def test_what_our_writers_write_is_read_but_for_what_failed(tmp_path, name):
    pairs = list(read_pairs(corpus(tmp_path / name, ROWS)))
    assert pairs[:2] == [("你好。", "Hello."), ("救", "saved")]
    assert len(pairs) == 3


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.tsv", "zh\ten\n你\tyou\n", r"a\.tsv:1: no column 'source' in the header"),
        ("a.tsv", "\t".join(FIELDS) + "\na\tb\n", r"a\.tsv:2: 2 columns, expected 10"),
        ("a.jsonl", "{}\n", r"a\.jsonl:1: no field 'source', expected a text"),
        ("a.jsonl", "[\n", r"a\.jsonl:1: no JSON"),
    ],
)
def test_what_is_no_corpus_of_ours_is_told(tmp_path, name, text, message):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        list(read_pairs(tmp_path / name))


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"source": "\xff"}\n')
    with pytest.raises(InputError, match=r"a\.jsonl:1: not UTF-8"):
        list(read_pairs(tmp_path / "a.jsonl"))
    with pytest.raises(UsageError, match=r"a\.txt: expected a bitext"):
        list(read_pairs(tmp_path / "a.txt"))


# --- the shortlist -----------------------------------------------------------------------------------------------


def test_the_best_translations_are_taken_and_what_stays_as_it_is(vocabulary):
    target = {token: index for index, token in enumerate(vocabulary.target)}
    han = next(i for i, token in enumerate(vocabulary.source) if token in target and "\u4e00" <= token < "\u9fff")
    latin = vocabulary.source.index("a")
    lexicon = Lexicon(
        np.array([han] * 4, np.int32), np.array([40, 41, 42, 43], np.int32), np.array([1.0, 5.0, 3.0, 0.5])
    )
    frequencies = np.zeros(len(vocabulary.target), np.int64)
    frequencies[[50, 51, 52]] = [3, 9, 4]
    shortlist = choose(lexicon, frequencies, vocabulary, best=2, always=2)
    common = set(shortlist.candidates([]).tolist())
    assert {51, 52} <= common
    assert not {50, 40} & common
    assert set(shortlist.candidates([han]).tolist()) - common == {41, 42}
    assert set(shortlist.candidates([latin]).tolist()) - common == {target["a"]}


ANIMALS = {"猫": "cat", "狗": "dog", "马": "horse", "鱼": "fish", "鸟": "bird"}


def sentences(n: int) -> list[tuple[str, str]]:
    names = list(ANIMALS.items())
    pairs = []
    for index in range(n):
        (zh, en), (zh2, en2) = names[index % 5], names[index // 5 % 5]
        pairs.append((f"第{index}只{zh}看见一只{zh2}。", f"The {en} number {index} sees a {en2}."))
    return pairs


def test_a_corpus_becomes_a_shortlist_that_covers_what_it_has_not_seen(vocabulary):
    shortlist, report = make_shortlist(sentences(200), vocabulary, best=20, always=20)
    assert (report.n_pairs, report.n_held_out) == (196, 4)
    assert report.coverage is not None
    assert report.coverage > 0.95
    assert report.n_candidates < 200
    assert report.n_source == shortlist.n_source
    (ids,) = vocabulary.encode(["猫"])
    (cat,) = vocabulary.encode_target(["cat"])
    assert set(cat) <= set(shortlist.candidates(ids).tolist())


def test_a_source_that_comes_again_is_taken_once_and_no_more_than_asked(vocabulary):
    _, report = make_shortlist([("你好。", "Hello.")] * 300, vocabulary)
    assert (report.n_pairs, report.n_held_out, report.coverage) == (1, 0, None)
    _, report = make_shortlist(sentences(100), vocabulary, n_pairs=60)
    assert (report.n_pairs, report.n_held_out) == (59, 1)
    with pytest.raises(InputError, match="no pairs to learn from"):
        make_shortlist([], vocabulary)


# --- the command -------------------------------------------------------------------------------------------------


def test_the_command_makes_a_shortlist_that_translate_and_build_take(tmp_path, capsys):
    made = corpus(tmp_path / "c.tsv.gz", [(zh, en, ()) for zh, en in sentences(120)])
    out = tmp_path / "short.txt"
    options = ["--model", "zh-en-mini"]
    assert main(["shortlist", str(made), "--out", str(out), "--best", "10", "--always", "30", *options]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "source tokens have " in captured.err
    assert "of the target tokens of 2 pairs held out" in captured.err
    digest = Shortlist.read(out, MarianVocabulary(locate("zh-en-mini"))).digest
    (tmp_path / "in.txt").write_text("你好。", "utf-8")
    options += ["--engine", "fake", "--shortlist", str(out)]
    assert main(["build", str(tmp_path / "in.txt"), "-o", str(tmp_path / "o.jsonl"), "-q", *options]) == 0
    meta = json.loads((tmp_path / "o.jsonl.meta.json").read_text("utf-8"))
    assert f"|shortlist:{digest}|" in meta["signature"]
    assert main(["translate", str(tmp_path / "in.txt"), "-o", str(tmp_path / "o.txt"), *options]) == 0
    assert (tmp_path / "o.txt").read_text("utf-8") == "EN(你好。)[3]\n"


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["none.tsv", "--out", "x"], 1, "none.tsv: no such file"),
        (["c.txt", "--out", "x"], 2, "c.txt: expected a bitext"),
        (["c.tsv", "--out", "no/where"], 1, "no does not exist; make it first"),
        (["c.tsv", "--out", "x", "--model", "nonesuch"], 2, "unknown model 'nonesuch'"),
    ],
)
def test_errors_are_one_line(tmp_path, capsys, monkeypatch, args, code, message):
    monkeypatch.chdir(tmp_path)
    corpus(tmp_path / "c.tsv", ROWS)
    (tmp_path / "c.txt").write_text("x")
    assert main(["shortlist", "--model", "zh-en-mini", *args]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "x").exists()


def test_a_shortlist_of_another_model_is_told_in_one_line(tmp_path, capsys):
    (tmp_path / "s.gz").write_bytes(gzip.compress(b"\tnotoken\n"))
    (tmp_path / "in.txt").write_text("你好。", "utf-8")
    args = ["--model", "zh-en-mini", "--engine", "fake", "--shortlist", str(tmp_path / "s.gz")]
    assert main(["translate", str(tmp_path / "in.txt"), *args]) == 2
    assert "'notoken' is none of the" in capsys.readouterr().err
