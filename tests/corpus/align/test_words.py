"""Links between words in a corpus, and the lexicon that they make."""

from __future__ import annotations

import csv
import json
import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.align.linker import WordLinker
from corpus.align.words import Words, link_corpus, linker_for, rendered, write_lexicon
from corpus.cli.main import main
from corpus.pair import Pair
from corpus.readers.bitext import BitextOptions, read_bitext
from corpus.words import model as model_of_words
from corpus.words.model import align_words, learn_model
from translate.engines.torch.attention import ForcedDecoder
from translate.errors import InputError, ModelError, UsageError

CHINESE = ["中国和美国签署协议。", "她在北京学习经济。", "北京的经济增长很快。", ""]
ENGLISH = ["China and the United States sign an agreement.", "She studies economics in Beijing.", "Hm.", "More."]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "c.zh").write_text("\n".join(CHINESE[:3]) + "\n", "utf-8")
    (tmp_path / "c.en").write_text("\n".join(ENGLISH[:3]) + "\n", "utf-8")
    return tmp_path / "c.zh"


def pairs_in(path: Path) -> list[Pair]:
    return [item for item in read_bitext(path) if isinstance(item, Pair)]


@pytest.mark.parametrize("suffix", ["tsv", "jsonl", "tmx", "xlf", "xces", "parquet"])
def test_links_stand_in_a_column_of_every_format(corpus: Path, suffix: str) -> None:
    out = corpus.with_name(f"out.{suffix}")
    report = link_corpus(corpus, out, words="table")
    found = pairs_in(out)
    assert [pair.words for pair in found] == [
        align_words(pair.source.text, pair.target.text).pharaoh or None for pair in found
    ]
    assert report.n_written == sum(len((pair.words or "").split()) for pair in found)
    assert report.n_learnt == 0


def test_a_corpus_says_which_tokens_are_numbered(corpus: Path) -> None:
    for words, what in (("table", ""), ("attention", r" attention:zh-en-mini@[0-9a-f]{12}")):
        link_corpus(corpus, corpus.with_name("out.tsv"), words=words)
        said = json.loads(corpus.with_name("out.tsv.meta.json").read_text("utf-8"))
        assert re.fullmatch("2 zh-words en-words tokens" + what, said["environment"]["words"])
        assert said["fields"][-1] == "words"


def test_places_of_characters_need_no_tokens(corpus: Path) -> None:
    link_corpus(corpus, corpus.with_name("out.tsv"), form="spans", words="table")
    pair = pairs_in(corpus.with_name("out.tsv"))[1]
    assert pair.words == rendered(align_words(CHINESE[1], ENGLISH[1]), "spans")
    texts = []
    for link in (pair.words or "").split():
        (a, b), (c, d) = (map(int, side.split(":")) for side in link.split("-"))
        texts.append((CHINESE[1][a:b], ENGLISH[1][c:d]))
    assert ("北京", "Beijing") in texts


def test_the_same_corpus_gives_the_same_bytes(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.align.words._FEWEST", 2)
    for name in ("a", "b"):
        report = link_corpus(corpus, corpus.with_name(f"{name}.jsonl"), words="table")
    assert report.n_learnt == 3
    assert link_corpus(corpus, corpus.with_name("c.jsonl")).n_learnt == 0
    assert corpus.with_name("a.jsonl").read_bytes() == corpus.with_name("b.jsonl").read_bytes()


def test_a_bitext_teaches_what_the_table_does_not_know() -> None:
    pairs = [(f"{word}很好。", f"{name} is good.") for word, name in [("咕噜", "Gollum"), ("霍比特", "Hobbits")] * 8]
    pairs += [("我们看见了咕噜。", "We saw Gollum.")] * 4
    model = learn_model(pairs)
    (found,) = model_of_words.align_pairs([("他看见了咕噜。", "He saw Gollum.")], model)
    assert found.target_of(4, 6) == ((7, 13),)


def test_plain_text_has_no_place_for_links_but_the_file_of_them_may_stand_beside(corpus: Path) -> None:
    with pytest.raises(UsageError, match=r"moses has no place for links; .* --links FILE"):
        link_corpus(corpus, corpus.with_name("out.zh"), format="moses")
    links = corpus.with_name("out.links")
    link_corpus(corpus, corpus.with_name("out.tsv"), links=str(links), words="table")
    assert links.read_text().splitlines() == [pair.words or "" for pair in pairs_in(corpus.with_name("out.tsv"))]


def test_a_lexicon_counts_what_terms_became(tmp_path: Path) -> None:
    lines = ["北京\tBeijing", "北京\tbeijing", "北京很大。\tBeijing is big.", "在北京\tin Beijing", "他\the"]
    (tmp_path / "c.tsv").write_text("source\ttarget\n" + "\n".join(lines) + "\n", "utf-8")
    write_lexicon(tmp_path / "c.tsv", tmp_path / "lex.tsv", words="table")
    with (tmp_path / "lex.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows[0] == {"term": "北京", "translation": "Beijing", "probability": "1.0000", "count": "4"}
    assert all(int(row["count"]) >= 2 for row in rows)


@pytest.fixture(scope="module")
def linker() -> WordLinker:
    return linker_for("attention")


def test_attention_finds_a_name_that_the_table_does_not_know(linker: WordLinker) -> None:
    source, target = "孔乙己便涨红了脸，额上的青筋条条绽出。", "Then Kong Yiji flushed red, and the veins stood out."
    (found,) = linker([(source, target)])
    assert found.target_of(0, 3) == ((5, 14),)
    assert align_words(source, target).target_of(0, 3) != ((5, 14),)
    assert (found.source, found.target) == (align_words(source, target).source, align_words(source, target).target)


def test_links_of_a_pair_depend_on_no_other_pair_and_no_process(linker: WordLinker) -> None:
    pairs = [*zip(CHINESE, ENGLISH, strict=True), ("他用Linux。", "")]
    together = linker(pairs)
    assert pickle.loads(pickle.dumps(linker))(pairs) == together
    assert [linker([pair])[0] for pair in pairs] == together
    assert together[0].links
    assert together[-1].links == ()


def test_what_is_longer_than_the_model_reads_goes_by_the_table(linker: WordLinker) -> None:
    pair = CHINESE[0], ENGLISH[0] * 60
    assert linker([pair]) == [align_words(*pair)]


def test_a_model_that_looks_at_no_word_in_particular_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def attend(decoder: ForcedDecoder, pairs: list[tuple[list[int], list[int]]]) -> Iterator[NDArray[np.float32]]:
        return (np.full((1, len(target), len(source)), 0.1, np.float32) for source, target in pairs)

    monkeypatch.setattr(ForcedDecoder, "attend", attend)
    with pytest.raises(ModelError, match="its attention links nothing"):
        linker_for("attention")


@pytest.mark.slow
@pytest.mark.parametrize(("words", "n_times"), [("attention", 180), ("table", 1400)])
def test_the_number_of_processes_changes_no_byte(tmp_path: Path, words: Words, n_times: int) -> None:
    rows = [f"{source}\t{target}" for source, target in zip(CHINESE[:3], ENGLISH[:3], strict=True)]
    # 512 pairs of attention, 4096 of the table, are few enough for one process.
    (tmp_path / "c.tsv").write_text("source\ttarget\n" + "\n".join(rows * n_times) + "\n", "utf-8")
    for n in (1, 2):
        link_corpus(tmp_path / "c.tsv", tmp_path / f"{n}.tsv", words=words, workers=n)
        write_lexicon(tmp_path / "c.tsv", tmp_path / f"{n}.lex", words=words, workers=n)
    assert (tmp_path / "1.tsv").read_bytes() == (tmp_path / "2.tsv").read_bytes()
    assert (tmp_path / "1.lex").read_bytes() == (tmp_path / "2.lex").read_bytes()


def test_a_bitext_from_english_to_chinese_is_told(tmp_path: Path) -> None:
    rows = [f"{target}\t{source}" for source, target in zip(CHINESE[:3], ENGLISH[:3], strict=True)]
    (tmp_path / "c.tsv").write_text("source\ttarget\n" + "\n".join(rows) + "\n", "utf-8")
    for run in (link_corpus, write_lexicon):
        with pytest.raises(InputError, match=r"English is the source .* first 3 pairs; .* --source-field"):
            run(tmp_path / "c.tsv", tmp_path / "out.tsv")
    found = link_corpus(tmp_path / "c.tsv", tmp_path / "out.tsv", options=BitextOptions("target", "source"))
    assert found.n_written


@pytest.mark.parametrize("rows", ["你好\t\n\tHello\n", "Linux\tLinux\n", "\u3000\t \n"])
def test_pairs_with_an_empty_side_or_without_chinese_have_their_rows(tmp_path: Path, rows: str) -> None:
    (tmp_path / "c.tsv").write_text(f"source\ttarget\n{rows}", "utf-8")
    assert link_corpus(tmp_path / "c.tsv", tmp_path / "out.tsv", words="table").n_pairs == rows.count("\n")
    assert write_lexicon(tmp_path / "c.tsv", tmp_path / "lex.tsv", words="table").n_pairs == rows.count("\n")


def test_a_translation_is_what_stands_together(tmp_path: Path) -> None:
    (tmp_path / "c.tsv").write_text("source\ttarget\n他在纽约。\tHe is in New York.\n", "utf-8")
    write_lexicon(tmp_path / "c.tsv", tmp_path / "lex.tsv", least=1)
    assert "纽约\tNew York\t1.0000\t1\n" in (tmp_path / "lex.tsv").read_text("utf-8")


def test_the_commands(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = corpus.with_name("out.tsv")
    assert main(["words", str(corpus), "-o", str(out), "--no-learning", "--no-attention", "--spans"]) == 0
    assert "in 3 pairs, in " in capsys.readouterr().err
    assert main(["lexicon", str(out), "-o", "-", "--least", "1", "--no-attention"]) == 0
    assert "北京\tBeijing\t1.0000\t1\n" in capsys.readouterr().out
    assert main(["words", str(out), "-o", str(out)]) == 2


def test_align_writes_links_when_asked(tmp_path: Path) -> None:
    (tmp_path / "a.zh").write_text("".join(CHINESE[:2]), "utf-8")
    (tmp_path / "a.en").write_text(" ".join(ENGLISH[:2]), "utf-8")
    for name, words in (("plain", []), ("linked", ["--words", "--no-attention"])):
        command = ["align", str(tmp_path / "a.zh"), str(tmp_path / "a.en"), "-o", str(tmp_path / f"{name}.jsonl")]
        assert main([*command, "--no-translation", "--quiet", *words]) == 0
    rows = [json.loads(line) for line in (tmp_path / "linked.jsonl").read_text("utf-8").splitlines()]
    assert [row.pop("words") for row in rows] == [align_words(row["source"], row["target"]).pharaoh for row in rows]
    plain = [json.loads(line) for line in (tmp_path / "plain.jsonl").read_text("utf-8").splitlines()]
    assert rows == plain


def test_build_links_the_words_of_what_it_translates(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("北京的人口是2154万。\n\n他用Linux。\n", "utf-8")
    plain, out = tmp_path / "plain.tsv", tmp_path / "out.tsv"
    build = ["build", "--engine", "fake", "--model", "zh-en-mini", "--quiet", str(source)]
    assert main([*build, "-o", str(plain)]) == main([*build, "-o", str(out), "--words", "--no-attention"]) == 0
    found = pairs_in(out)
    assert [pair.source.text for pair in found] == ["北京的人口是2154万。", "他用Linux。"]
    assert [pair.words for pair in found] == [
        align_words(pair.source.text, pair.target.text).pharaoh or None for pair in found
    ]
    assert all(pair.words for pair in found)
    assert [replace(pair, words=None) for pair in found] == pairs_in(plain)
    said = json.loads((tmp_path / "out.tsv.meta.json").read_text("utf-8"))
    assert said["environment"]["words"] == "2 zh-words en-words tokens"
    assert main([*build, "-o", str(tmp_path / "zh.moses"), "--format", "moses", "--words"]) == 2
