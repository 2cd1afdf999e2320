"""A tiny bitext that is made here, and a model that was trained on it for a few steps."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

# The recipes are no installed package.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# What the recipe needs beside the project: without it there is nothing to test.
if find_spec("opencc") is None:
    collect_ignore_glob = ["test_*.py"]

SUBJECTS = {"猫": "the cat", "狗": "the dog", "老师": "the teacher", "医生": "the doctor", "学生": "the student"}
VERBS = {"喜欢": "likes", "看见": "sees", "买": "buys", "卖": "sells"}
OBJECTS = {"苹果": "apples", "书": "books", "水": "water", "米饭": "rice", "电脑": "computers", "汽车": "cars"}
PLACES = {"北京": "Beijing", "上海": "Shanghai", "学校": "school", "公园": "the park"}

SOURCES = """\
name\tpairs\tdomain\tlicence_as_stated\tsource\tstatus
paper\t300\tnews\tCC BY 4.0\tsomeone/paper@1\topen
manual\t300\ttech docs\tnone stated\tsomeone/manual@1\tunstated
film\t20\tdialogue\tthird-party\tsomeone/film@1\tunclear
"""


def sentences(n: int, seed: int) -> list[tuple[str, str]]:
    rng = random.Random(seed)
    found = {}
    while len(found) < n:
        subject, verb, thing, place = (rng.choice(sorted(each)) for each in (SUBJECTS, VERBS, OBJECTS, PLACES))
        number = rng.randint(2, 9999)
        zh = f"{subject}在{place}{verb}{number}份{thing}。"
        en = f"{SUBJECTS[subject]} {VERBS[verb]} {number} portions of {OBJECTS[thing]} in {PLACES[place]}."
        found[zh] = en[0].upper() + en[1:]
    return list(found.items())


@contextmanager
def one_thread() -> Iterator[None]:
    """Networks of width 32 lose more by waiting for a second thread than it gains them, above all on a busy machine."""
    import torch

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="module", autouse=True)
def in_one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``train.tsv``, ``SOURCES.tsv`` and a test set."""
    folder = tmp_path_factory.mktemp("data")
    pairs = sentences(600, 1)
    rows = [(zh, en, "paper" if i % 2 else "manual") for i, (zh, en) in enumerate(pairs)]
    rows += [(zh, en, "film") for zh, en in sentences(20, 2)]
    (folder / "train.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "SOURCES.tsv").write_text(SOURCES, encoding="utf-8")
    tests = folder / "tests" / "flores-zh-en"
    tests.mkdir(parents=True)
    held = sentences(8, 3)
    (tests / "dev.zh").write_text("".join(zh + "\n" for zh, _ in held), encoding="utf-8")
    (tests / "dev.en").write_text("".join(en + "\n" for _, en in held), encoding="utf-8")
    (tests / "dev.other.en").write_text("".join("the the the the the\n" for _ in held), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the steps before training write: ``prepared``, ``vocab`` and ``shards``."""
    from recipes.zh_en_mini import prepare, shards, vocab

    out = tmp_path_factory.mktemp("made")
    prepare.main([
        "--data", str(data), "--tests", str(data / "tests"), "--out", str(out / "prepared"), "--dev", "20",
        "--phrases", "100", "--workers", "1",
    ])  # fmt: skip
    vocab.main(["--prepared", str(out / "prepared"), "--out", str(out / "vocab"), "--size", "500"])
    shards.main(["--prepared", str(out / "prepared"), "--vocab", str(out / "vocab"), "--out", str(out / "shards")])
    return out


@pytest.fixture(scope="session")
def run(made: Path) -> Path:
    """A finished run of 30 steps."""
    from recipes.zh_en_mini import train

    options = [
        "--shards", str(made / "shards"), "--vocab", str(made / "vocab"), "--out", str(made / "run"),
        "--shape", "test", "--short", "0",
        "--tokens", "512", "--steps", "30", "--warmup", "5", "--peak", "1e-2", "--decay", "0.9",
        "--log-every", "5", "--eval-every", "15", "--device", "cpu",
    ]  # fmt: skip
    with one_thread():
        train.main(options)
    return made / "run"
