"""Learn which kinds of English words stand beside which, from the text that the table of words is of.

python -m recipes.zh_en_lexicon.order BITEXT.tsv.xz … -o en.order.gz
"""

from __future__ import annotations

import argparse
import gzip
import lzma
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.lexicon.word_order import learn_order
from recipes.zh_en_lexicon.learn import SOURCES

__all__ = ["main"]

_NO_PROSE = frozenset({"cc-cedict"})


def _english(paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                _, english, source = line.rstrip("\n").split("\t")[:3]
                if source in SOURCES and source not in _NO_PROSE:
                    yield english


def main() -> None:
    """Read, learn, write."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("bitext", nargs="+", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    table = learn_order(_english(args.bitext))
    with args.out.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(table.render().encode())
    print(f"{len(table.kinds)} kinds, {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
