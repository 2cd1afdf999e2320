"""How well lines of test sets are found in a corpus, and how often a line is flagged that is none.

    python benchmarks/contamination.py --tests FOLDER --clean news.zh news.en

Each line of the test sets is planted in five ways: as it is, with all punctuation changed, within a longer text, in the
other script (needs opencc), and with one word changed. The files of --clean have nothing of the sets.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable
from pathlib import Path

from corpus.curation.benchmarks import read_benchmarks
from corpus.signals.benchmarks import Benchmarks

_MARK = re.compile(r"[^\w\s]")
_HAN = re.compile("[一-龥]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=Path, required=True, help="folder of test sets, a line a sentence")
    parser.add_argument("--clean", type=Path, nargs="+", required=True, help="files without any of their lines")
    parser.add_argument("--show", action="store_true", help="print each false alarm")
    arguments = parser.parse_args()
    sets = Benchmarks(read_benchmarks(arguments.tests))
    lines = [line for path in sorted(arguments.tests.rglob("*.*")) for line in path.read_text("utf-8").splitlines()]
    lines = [line for line in lines if len(_MARK.sub("", line)) >= 8]
    clean = {path: path.read_text(encoding="utf-8").splitlines() for path in arguments.clean}
    draw = random.Random(1)
    around = {bool(_HAN.search(line)): [] for side in clean.values() for line in side}
    for line in (line for side in clean.values() for line in side):
        around[bool(_HAN.search(line))].append(line)

    def within(line: str) -> str:
        return f"{draw.choice(around[bool(_HAN.search(line))])} {line} {draw.choice(around[bool(_HAN.search(line))])}"

    ways: dict[str, Callable[[str], str]] = {
        "as it is": str,
        "other punctuation": _remarked,
        "within a longer text": within,
        "other script": _other_script(),
        "a word changed": lambda line: _word_changed(line, draw),
    }
    for name, change in ways.items():
        for is_chinese in (True, False):
            own = [line for line in lines if bool(_HAN.search(line)) is is_chinese]
            changed = list(map(change, own))
            if name == "other script":
                if not is_chinese:
                    continue
                changed = [line for line, before in zip(changed, own, strict=True) if line != before]
            n_found = sum(bool(overlap.names) for overlap in sets.overlaps(changed))
            language = "Chinese" if is_chinese else "English"
            print(f"{name:22}{language}: {n_found:5} of {len(changed)} found ({n_found / max(1, len(changed)):.2%})")
    for path, texts in clean.items():
        overlaps = sets.overlaps(texts)
        print(f"{path.name}: {sum(bool(found.names) for found in overlaps)} of {len(texts)} lines flagged")
        for text, found in zip(texts, overlaps, strict=True):
            if found.names and arguments.show:
                print(f"    {', '.join(found.names)} {found.share:.2f} {text}")


def _remarked(line: str) -> str:
    return _MARK.sub(" — ", line).upper()


def _other_script() -> Callable[[str], str]:
    import opencc

    return opencc.OpenCC("s2t").convert


def _word_changed(line: str, draw: random.Random) -> str:
    if _HAN.search(line):
        at = draw.randrange(len(line) - 1)
        return line[:at] + "某某" + line[at + 2 :]
    words = line.split()
    words[draw.randrange(len(words))] = "something"
    return " ".join(words)


if __name__ == "__main__":
    main()
