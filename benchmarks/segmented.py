"""Word-segmented text: are its rows those of the same text without the blanks between its words?

    python benchmarks/segmented.py FILE_OR_FOLDER… [--errors N]

Takes files of segmented text, a sentence a line with blanks between words (the test sets of SIGHAN 2005,
``pku_test_gold.utf8``, ``msr_test_gold.utf8``, ``as_testing_gold.utf8``, ``cityu_test_gold.utf8``, in their own
encodings or UTF-8), and CoNLL-U treebanks; none of them is part of this repository. Each is read as it is, and again
with every separator of a list between its words. A row counts as right if it is a row of the same text written
without separators (a space only between two Latin words); rows are compared line by line.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from translate.files.lines import detect_encoding, read_paragraphs
from translate.text.segment import segment_text

SEPARATORS = {
    "one space": " ",
    "two spaces": "  ",
    "U+3000": "\u3000",
    "no-break": "\xa0",
    "tab": "\t",
    "thin": "\u2009",
}
_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]},.;:!?%")


def plain(words: Sequence[str]) -> str:
    """The words of a line as they are written without separators."""
    text = words[0] if words else ""
    for before, word in itertools.pairwise(words):
        is_latin = before[-1].isascii() and word[0].isascii()
        text += f" {word}" if is_latin and before[-1] not in _OPENERS and word[0] not in _CLOSERS else word
    return text


def lines_of(path: Path) -> list[list[str]]:
    """The words of each line, or of each sentence of a treebank."""
    texts = [p.text for p in read_paragraphs(path, path.name, detect_encoding(path))]
    if path.suffix != ".conllu":
        return [text.split() for text in texts]
    lines: list[list[str]] = [[]]
    for text in texts:
        fields = text.split("\t")
        if not text:
            lines.append([])
        elif fields[0].isdigit():
            lines[-1] += fields[1].split()
    return [line for line in lines if line]


def rows(text: str) -> list[str]:
    return [row.text for row in segment_text(text)]


def compared(lines: Sequence[Sequence[str]], separator: str) -> tuple[int, int, list[tuple[str, str]]]:
    """Rows of the unsegmented text, rows of the segmented one that differ, and these beside what is expected."""
    expected = rows("\n".join(map(plain, lines)))
    found = rows("\n".join(separator.join(line) for line in lines))
    differing = [pair for pair in itertools.zip_longest(found, expected, fillvalue="") if pair[0] != pair[1]]
    return len(expected), len(differing) if len(found) == len(expected) else abs(len(found) - len(expected)), differing


def files(paths: Sequence[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in (".utf8", ".conllu"))
        else:
            yield path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--errors", type=int, default=0, help="print so many differing rows")
    args = parser.parse_args()
    for path in files(args.paths):
        lines = lines_of(path)
        for name, separator in SEPARATORS.items():
            n_rows, n_wrong, differing = compared(lines, separator)
            share = 1 - n_wrong / max(1, n_rows)
            print(f"{path.name:<32} {name:<12} {n_rows:>7} rows {n_wrong:>6} differ {share:8.3%}")
            for got, wanted in differing[: args.errors]:
                print(f"    {got}\n    {wanted}")


if __name__ == "__main__":
    main()
