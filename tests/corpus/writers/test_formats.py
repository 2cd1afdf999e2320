"""Which format an output is in, and which files it is."""

from __future__ import annotations

import pytest

from corpus.pair import CHINESE_ENGLISH
from corpus.writers.formats import FORMATS, SUFFIXES, format_class, resolve_format
from translate.errors import UnknownNameError, UsageError


@pytest.mark.parametrize(
    ("out", "fmt", "name", "paths", "sidecar"),
    [
        ("c.tsv", None, "tsv", ("c.tsv",), "c.tsv.meta.json"),
        ("c.JSONL.GZ", None, "jsonl", ("c.JSONL.GZ",), "c.JSONL.GZ.meta.json"),
        ("c.xlf", None, "xliff12", ("c.xlf",), "c.xlf.meta.json"),
        ("n.xces", None, "xces", ("n.xces", "n.zh.xml", "n.en.xml"), "n.xces.meta.json"),
        ("n.xml.gz", "xces", "xces", ("n.xml.gz", "n.zh.xml.gz", "n.en.xml.gz"), "n.meta.json"),
        ("n.tsv", "xces", "xces", ("n.xces", "n.zh.xml", "n.en.xml"), "n.xces.meta.json"),
        ("c.xliff.gz", "xliff21", "xliff21", ("c.xliff.gz",), "c.xliff.gz.meta.json"),
        ("c.tmx.zst", None, "tmx", ("c.tmx.zst",), "c.tmx.zst.meta.json"),
        ("c.parquet", None, "parquet", ("c.parquet",), "c.parquet.meta.json"),
        ("c.txt", "tsv", "tsv", ("c.txt",), "c.txt.meta.json"),
        ("c.tsv", "jsonl", "jsonl", ("c.tsv",), "c.tsv.meta.json"),
        ("-", "tmx", "tmx", ("-",), None),
        ("news", "moses", "moses", ("news.zh", "news.en"), "news.meta.json"),
        ("a.b/news.gz", "moses", "moses", ("a.b/news.zh.gz", "a.b/news.en.gz"), "a.b/news.meta.json"),
        ("news.en", "moses", "moses", ("news.zh", "news.en"), "news.meta.json"),
        ("news.tsv", "moses", "moses", ("news.zh", "news.en"), "news.meta.json"),
        ("b/news.TMX.gz", "moses", "moses", ("b/news.zh.gz", "b/news.en.gz"), "b/news.meta.json"),
        ("a/.tsv", "moses", "moses", ("a/.tsv.zh", "a/.tsv.en"), "a/.tsv.meta.json"),
        ("news.zh.zst", "moses", "moses", ("news.zh.zst", "news.en.zst"), "news.meta.json"),
    ],
)
def test_format(out: str, fmt: str | None, name: str, paths: tuple[str, ...], sidecar: str | None) -> None:
    found = resolve_format(out, fmt)
    n_texts = 2 if name == "moses" else len(found.paths)  # its ids and scores are named alike
    assert (found.name, found.paths[:n_texts], found.sidecar) == (name, paths, sidecar)


def test_unknown_formats() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown format 'tvs'; known: jsonl, .*. Did you mean 'tsv'"):
        resolve_format("c.tsv", "tvs")
    for out in ("corpus", "c.docx", "c.gz", "c.moses"):
        with pytest.raises(UsageError, match=r"names no format: end OUT in .tsv, .jsonl, .*--format"):
            resolve_format(out)
    with pytest.raises(UsageError, match="stdout has no suffix"):
        resolve_format("-")
    with pytest.raises(UsageError, match=r"packed within \(zstd\); leave out the .gz"):
        resolve_format("c.parquet.gz")
    with pytest.raises(UsageError, match="several files"):
        resolve_format("-", "moses")


def test_every_format_can_be_loaded() -> None:
    for name in FORMATS:
        assert format_class(name).paths("a/c", CHINESE_ENGLISH)
    assert set(SUFFIXES.values()) <= FORMATS.keys()


def test_moses_files_are_named_by_the_languages() -> None:
    assert resolve_format("news.de", "moses", ("ja", "de")).paths == ("news.ja", "news.de", "news.ids", "news.scores")
    assert resolve_format("news.en", "moses", ("ja", "de")).paths[:2] == ("news.en.ja", "news.en.de")
