"""Coverage-guided fuzzing of normalise, split and segment with atheris, under the checks of ``fuzz_text.py``.

    pip install atheris
    python benchmarks/fuzz_coverage.py -max_total_time=300 -max_len=400

Arguments are libFuzzer's. Bytes become text of the characters that the rules look at, mostly, and of any others now
and then. It stops with the offending text at the first failure; a text that takes too long counts as one
(``-timeout=5``).
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["translate"]):
    from fuzz_text import DAMAGE, MARKS, TEXT, check

ALPHABET = MARKS + TEXT + DAMAGE


def text_of(data: bytes) -> str:
    """One character a byte; a byte of 255 takes three more for a code point of its own."""
    chars: list[str] = []
    at = 0
    while at < len(data):
        if data[at] == 255 and at + 3 < len(data):
            chars.append(chr(int.from_bytes(data[at + 1 : at + 4], "big") % 0x110000))
            at += 4
        else:
            chars.append(ALPHABET[data[at] % len(ALPHABET)])
            at += 1
    return "".join(chars)


def one(data: bytes) -> None:
    text = text_of(data)
    try:
        check(text)
    except Exception:
        print(f"failed on {text!r}", file=sys.stderr)
        raise


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
