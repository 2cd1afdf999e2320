"""Write down which Simplified character of the table each Traditional one becomes.

    python -m recipes.zh_en_lexicon.traditional -o corpus/lexicon/traditional.txt

A line has two strings with a tab between: Traditional characters, and the Simplified ones in the same places. Only
those are in it whose Simplified form some term of the table has while they themselves stand in none, so that nothing
changes for Simplified text. The forms are OpenCC's (Apache-2.0), character by character.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from corpus.lexicon.word_table import packaged_table

__all__ = ["main"]

_IDEOGRAPHS = range(0x4E00, 0xA000)
_A_LINE = 50


def main() -> None:
    """Write the file."""
    import opencc

    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    convert = opencc.OpenCC("t2s").convert
    known = set("".join(packaged_table().terms))
    forms = [(char, convert(char)) for char in map(chr, _IDEOGRAPHS) if char not in known]
    forms = [(char, simple) for char, simple in forms if simple in known]
    lines = []
    for start in range(0, len(forms), _A_LINE):
        traditional, simplified = zip(*forms[start : start + _A_LINE], strict=True)
        lines.append(f"{''.join(traditional)}\t{''.join(simplified)}\n")
    args.out.write_text("".join(lines), encoding="utf-8")
    print(f"{len(forms)} characters")


if __name__ == "__main__":
    main()
