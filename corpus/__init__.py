"""Corpus: documents in, an aligned Chinese–English corpus out.

::

    from corpus import build_corpus

    report = build_corpus(["examples/hainan.txt"], "hainan.tsv")
    print(report.n_pairs, report.signature)

The names below are imported when they are first used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not from typing: what is imported here comes before `main` can take care of a Ctrl-C
if TYPE_CHECKING:
    from corpus.build.build import BuildReport, build_corpus
    from corpus.pair import Pair
    from corpus.readers.base import ReadOptions, Rejected

__all__ = ["BuildReport", "Pair", "ReadOptions", "Rejected", "build_corpus"]

_HOME = {
    "BuildReport": "build.build",
    "Pair": "pair",
    "ReadOptions": "readers.base",
    "Rejected": "readers.base",
    "build_corpus": "build.build",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
