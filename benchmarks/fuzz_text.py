"""Ten million characters of random Unicode through normalise, split and segment: no crash, nothing lost, linear time.

python benchmarks/fuzz_text.py [--characters 10000000] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable

from translate.text.normalize import normalize
from translate.text.segment import SegmentOptions, segment_text
from translate.text.split import split

MARKS = (
    "。｡！？!?…⋯.．，、；：,;:“”‘’\"＂'「」『』《》〈〉（）()【】〔〕[]｛｝{}—-·&#;%/ \t\u3000\xa0\n\r\f\u2028\u0085"
)
TEXT = "的了是不我他说道讯第一二三章中文字臺灣約翰史密斯Aab019ＡＢ１"
DAMAGE = "\u200b\ufeff\u00ad\u200e\x00\x07\x9d\ue000\ufffd\ud800\uffff锛銆鈥Ã¤Â¸€œ锟斤拷&amp;&# 8212 ; & lt ;"


def anything(chosen: random.Random, n: int) -> str:
    """Code points from all planes, surrogates too."""
    return "".join(chr(chosen.randrange(0x110000)) for _ in range(n))


def low_planes(chosen: random.Random, n: int) -> str:
    return "".join(chr(chosen.randrange(0x10000)) for _ in range(n))


def marks_and_text(chosen: random.Random, n: int) -> str:
    return "".join(chosen.choices(MARKS + TEXT * 3, k=n))


def damaged_text(chosen: random.Random, n: int) -> str:
    return "".join(chosen.choices(MARKS + TEXT * 3 + DAMAGE, k=n))


def repeated(chosen: random.Random, n: int) -> str:
    """A few short units over and over: what makes a careless rule quadratic."""
    units = ["".join(chosen.choices(MARKS + TEXT + DAMAGE, k=chosen.randint(1, 5))) for _ in range(3)]
    return "".join(chosen.choices(units, k=n))[:n]


KINDS: list[Callable[[random.Random, int], str]] = [anything, low_planes, marks_and_text, damaged_text, repeated]


def check(text: str) -> None:
    """Raise AssertionError when a span is lost, doubled or not what it says."""
    spans = split(text)
    if "".join(text[a:b] for a, b in spans) != text:
        raise AssertionError("spans do not tile")
    found = normalize(text)
    starts, ends = found.starts, found.ends
    if starts != sorted(starts) or ends != sorted(ends) or not all(a < b for a, b in zip(starts, ends, strict=True)):
        raise AssertionError("the map is not monotone")
    for quotes in ("break", "keep"):
        at = 0
        for sentence in segment_text(text, SegmentOptions(quotes=quotes)):
            if sentence.start < at or text[at : sentence.start].strip() or not sentence.raw.strip():
                raise AssertionError("a character is lost or doubled")
            if sentence.raw != text[sentence.start : sentence.end] or set(sentence.text) & set("\n\r\t\x00"):
                raise AssertionError("a sentence is not what it says")
            at = sentence.end
        if text[at:].strip():
            raise AssertionError("the end is lost")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chosen = random.Random(args.seed)
    done = {kind.__name__: 0 for kind in KINDS}
    spent = {kind.__name__: 0.0 for kind in KINDS}
    worst = 0.0
    while sum(done.values()) < args.characters:
        kind = chosen.choice(KINDS)
        text = kind(chosen, chosen.choice([10, 100, 1_000, 20_000, 200_000]))
        begin = time.process_time()
        try:
            check(text)
        except Exception:
            print(f"{kind.__name__}, seed {args.seed}: {text[:2000]!r}", file=sys.stderr)
            raise
        took = time.process_time() - begin
        done[kind.__name__] += len(text)
        spent[kind.__name__] += took
        if len(text) >= 20_000:
            worst = max(worst, took / len(text))
    for name, n in done.items():
        print(f"{name:16}{n:12,} characters, {spent[name] / max(1, n) * 1e6:6.2f} µs each (all checks)")
    print(f"{sum(done.values()):,} characters; slowest text {worst * 1e6:.1f} µs a character")
    return 0


if __name__ == "__main__":
    sys.exit(main())
