"""Three sets of one corpus that share nothing."""

from __future__ import annotations

import json
import random
import re
from itertools import chain
from pathlib import Path

import pytest

from corpus.cli.main import main
from corpus.curation.leaks import find_leaks
from corpus.curation.split_sets import SplitOptions, split_sets
from corpus.pair import Pair, Span, columns_of, row
from corpus.readers.bitext import BitextOptions, read_bitext
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer

ZH = (
    "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳"
    "云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光果珍李柰菜重芥姜"
)
EN = re.findall(r"\S+", "sky earth dark yellow space vast wild sun moon full wane stars row cold comes heat goes store")


def sentence(seed: object, n: int = 30) -> tuple[str, str]:
    draw = random.Random(f"{seed}")
    return "".join(draw.choices(ZH, k=n)) + "。", " ".join(draw.choices(EN, k=n)) + "."


def pair(document: str, place: int, source: str, target: str) -> Pair:
    start = 40 * place
    return Pair(Span(document, place, 0, start, start + len(source), source, source), Span.unplaced(target))


def corpus(path: Path, n_documents: int = 40, n_pairs: int = 10) -> list[Pair]:
    """Documents of random sentences, some of which stand in others too, as they are or with a word changed."""
    pairs = []
    for d in range(n_documents):
        for p in range(n_pairs):
            source, target = sentence((d, p))
            if p == 0 and d % 3 == 0:  # quoted from the document before
                source, target = sentence((max(0, d - 1), 5))
            if p == 1 and d % 4 == 0:  # retold: another word, the same English
                source, target = sentence((max(0, d - 2), 6))
                source = source.replace(source[3:5], "某某")
            if p == 2:  # what everybody says
                source, target = "谢谢大家！", "Thank you all!"
            pairs.append(pair(f"d{d}.txt", p, source, target))
    with open_writer(path, None, RunMeta("model:x", "0.1.0"), columns_of(pairs)) as writer:
        writer.write_all(pairs)
    return pairs


def rows(path: str | Path) -> list[Pair]:
    return [item for item in read_bitext(path) if isinstance(item, Pair)]


def test_documents_stay_whole_and_nothing_is_shared_or_lost(tmp_path):
    pairs = corpus(tmp_path / "c.jsonl")
    report = split_sets(tmp_path / "c.jsonl", tmp_path / "s.jsonl", SplitOptions(dev=60, test=60))
    assert report.by == "document"
    assert report.leaks == ()
    sets = {name: rows(path) for name, path in report.paths.items()}
    assert list(sets) == ["train", "dev", "test"]
    excluded = rows(report.excluded)
    assert sorted(p.id for p in chain(*sets.values(), excluded)) == sorted(p.id for p in pairs)
    for name, wanted in (("dev", 60), ("test", 60)):
        documents = {p.source.doc_id for p in sets[name]}
        assert len(documents) == wanted // 10
        for other in sets.keys() - {name}:
            assert documents.isdisjoint(p.source.doc_id for p in sets[other])
    # The phrase that all documents have stays in training, where most of them are.
    assert all("谢谢" not in p.source.text for name in ("dev", "test") for p in sets[name])
    assert sum("谢谢" in p.source.text for p in sets["train"]) == 28
    reasons = [json.loads(line) for line in Path(report.excluded).read_text("utf-8").splitlines()]
    assert {one["reason"] for one in reasons} <= {"copy_in_train", "copy_in_dev", "copy_in_test"}
    assert sum(report.n_excluded.values()) == len(reasons) >= 12


def test_the_order_is_kept_and_the_seed_decides(tmp_path):
    corpus(tmp_path / "c.tsv")
    written = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        report = split_sets(tmp_path / "c.tsv", tmp_path / f"{name}.tsv", SplitOptions(dev=40, test=40, seed=seed))
        written[name] = [Path(path).read_bytes() for path in report.paths.values()]
        for path in report.paths.values():
            numbers = [(int(p.source.doc_id[1:-4]), p.source.paragraph) for p in rows(path)]
            assert numbers == sorted(numbers)
    assert written["a"] == written["b"]
    assert written["a"] != written["c"]


def test_pairs_of_no_document_are_split_by_pair_with_their_copies_together(tmp_path):
    pairs = [sentence(n % 150) for n in range(200)]  # 50 come twice
    (tmp_path / "c.zh").write_text("".join(f"{zh}\n" for zh, _ in pairs), "utf-8")
    (tmp_path / "c.en").write_text("".join(f"{en}\n" for _, en in pairs), "utf-8")
    report = split_sets(tmp_path / "c.zh", tmp_path / "s.tsv", SplitOptions(dev=0.1, test=0.2))
    assert report.by == "pair"
    assert report.leaks == ()
    assert dict(report.n_pairs) == {"train": 140, "dev": 20, "test": 40}
    assert not report.n_excluded


def test_a_split_into_moses_files(tmp_path):
    corpus(tmp_path / "c.jsonl")
    report = split_sets(tmp_path / "c.jsonl", tmp_path / "s", SplitOptions(dev=20, test=20), format="moses")
    assert report.leaks == ()
    assert {path.name for path in tmp_path.glob("s.*")} >= {"s.train.zh", "s.train.en", "s.dev.zh", "s.test.en"}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("source", lambda source, target: (source, "Something else entirely.")),
        ("source", lambda source, target: (f"  {source[:-1]}！", "Something else entirely.")),
        ("target", lambda source, target: ("完全不同的句子。", target.upper())),
        ("near source", lambda source, target: (f"某{source[1:]}", "Something else entirely.")),
        ("near target", lambda source, target: ("完全不同的句子。", f"Now {target}")),
    ],
)
def test_the_check_finds_what_is_shared(tmp_path, capsys, kind, change):
    one = [sentence(n) for n in range(5)]
    other = [sentence(n) for n in range(10, 14)] + [change(*one[3])]
    for name, texts in (("one", one), ("other", other)):
        (tmp_path / f"{name}.zh").write_text("".join(f"{zh}\n" for zh, _ in texts), "utf-8")
        (tmp_path / f"{name}.en").write_text("".join(f"{en}\n" for _, en in texts), "utf-8")
    paths = [str(tmp_path / f"{name}.zh") for name in ("one", "other")]
    (leak,) = find_leaks({path: Path(path) for path in paths}, BitextOptions())
    assert leak.kind == kind
    assert main(["split-sets", "--check", *paths]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(kind)
    assert "shared: 1" in err
    (tmp_path / "other.zh").write_text("".join(f"{zh}\n" for zh, _ in other[:4]), "utf-8")
    (tmp_path / "other.en").write_text("".join(f"{en}\n" for _, en in other[:4]), "utf-8")
    assert main(["split-sets", "--check", *paths]) == 0
    assert "checked: the sets share no source" in capsys.readouterr().err


def test_a_set_is_not_checked_against_itself(tmp_path, capsys):
    corpus(tmp_path / "c.jsonl")
    path = str(tmp_path / "c.jsonl")
    assert main(["split-sets", "--check", path, path]) == 2
    assert f"{path} is named 2 times; name each set once" in capsys.readouterr().err


def test_a_document_in_two_sets_is_shared(tmp_path):
    for name in ("one", "other"):
        pairs = [pair("same.txt", n, *sentence((name, n))) for n in range(3)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row(p)) + "\n" for p in pairs), "utf-8")
    leaks = list(find_leaks({name: tmp_path / f"{name}.jsonl" for name in ("one", "other")}, BitextOptions()))
    assert [leak.kind for leak in leaks] == ["document"]  # once, not once a pair


def test_pairs_of_documents_may_be_drawn_one_by_one(tmp_path, capsys):
    corpus(tmp_path / "c.jsonl")
    command = ["split-sets", str(tmp_path / "c.jsonl"), "-o", str(tmp_path / "s.jsonl"), "--dev", "40", "--test", "40"]
    assert main([*command, "--by", "pair"]) == 0
    said = capsys.readouterr().err
    assert "shared:" not in said
    assert "checked: the sets share no source, no target, and no near copy of one; documents may" in said
    test, train = ({p.source.doc_id for p in rows(tmp_path / f"s.{name}.jsonl")} for name in ("test", "train"))
    assert test & train


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--dev", "300", "--test", "300"], "dev and test want 600 pairs of 400; leave some for training"),
        (["--test", "4"], "test should have 4 pairs, and the smallest of the documents that are left has 10"),
        (["-o", "-"], "cannot go to standard output"),
        (["-o", "x.doc", "--format", "tsv"], "expected a bitext"),
        (["--check"], "--check wants two sets or more, and no -o"),
    ],
)
def test_what_cannot_be_split_is_refused(tmp_path, monkeypatch, capsys, more, said):
    monkeypatch.chdir(tmp_path)
    corpus(tmp_path / "c.jsonl")
    assert main(["split-sets", "c.jsonl", "-o", "s.tsv", *more]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("s.*"))


def test_the_pairs_that_were_excluded_do_not_take_the_place_of_the_input(tmp_path, capsys):
    path = tmp_path / "s.excluded.jsonl"
    corpus(path)
    before = path.read_bytes()
    assert main(["split-sets", str(path), "-o", str(tmp_path / "s.jsonl"), "--dev", "20", "--test", "20"]) == 2
    assert "is both an input and the output" in capsys.readouterr().err
    assert path.read_bytes() == before
