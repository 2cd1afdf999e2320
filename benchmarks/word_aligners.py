"""Word aligners beside ours, for `benchmarks/alignment.py --words`: all learn from the same tokens, and link the same.

    pip install eflomal sil-thot

Each is run in both directions and symmetrised by grow-diag-final-and (Koehn, Och and Marcu 2003). eflomal is Östling
and Tiedemann's (2016). The others are of SIL's Thot: IBM Model 1, fast_align (Dyer, Chahuneau and Smith 2013) and the
hidden Markov model.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpus.words.links import Link, parse_pharaoh

__all__ = ["WordAligner", "installed"]

Tokens = tuple[Sequence[str], Sequence[str]]
WordAligner = Callable[[Sequence[Tokens], int], list[list[Link]]]
"""Sentence pairs, of which the links of so many at the end are wanted, to those."""

_NEIGHBOURS = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def installed() -> Iterator[tuple[str, WordAligner]]:
    """Each aligner that is there, by name; the others are said to be missing."""
    try:
        import thot.alignment

        models = thot.alignment
        yield "IBM Model 1 (Thot)", _thot(models.Ibm1AlignmentModel)
        yield "fast_align (Thot)", _thot(models.FastAlignModel)
        yield "HMM (Thot)", _thot(models.HmmAlignmentModel)
    except ImportError as error:
        print(f"Thot is left out: {error}")
    program = Path(sys.executable).with_name("eflomal-align")
    if program.exists():
        yield "eflomal", _eflomal(program)
    else:
        print("eflomal is left out: eflomal-align is not installed")


def grow_diag_final_and(there: Sequence[Link], back: Sequence[Link]) -> list[Link]:
    """One set of links of two, one for either direction."""
    either = set(there) | set(back)
    found = set(there) & set(back)
    grown = True
    while grown:
        grown = False
        for i, j in sorted(found):
            for di, dj in _NEIGHBOURS:
                link = (i + di, j + dj)
                if link in either and link not in found and not all(_taken(link, found)):
                    found.add(link)
                    grown = True
    for links in (there, back):
        for link in sorted(links):
            if not any(_taken(link, found)):
                found.add(link)
    return sorted(found)


def _taken(link: Link, found: set[Link]) -> tuple[bool, bool]:
    return any(i == link[0] for i, _ in found), any(j == link[1] for _, j in found)


def _eflomal(program: Path) -> WordAligner:
    def align(pairs: Sequence[Tokens], n_wanted: int) -> list[list[Link]]:
        with tempfile.TemporaryDirectory() as folder:
            files = [str(Path(folder) / name) for name in ("source", "target", "there", "back")]
            for side, name in enumerate(files[:2]):
                Path(name).write_text("".join(" ".join(pair[side]).lower() + "\n" for pair in pairs), "utf-8")
            subprocess.run(
                [program, "-s", files[0], "-t", files[1], "-f", files[2], "-r", files[3], "--overwrite"],
                check=True,
                capture_output=True,
            )
            ways = [Path(name).read_text("utf-8").split("\n")[:-1][-n_wanted:] for name in files[2:]]
        parsed = [[parse_pharaoh(line)[0] for line in lines] for lines in ways]
        return [grow_diag_final_and(*both) for both in zip(*parsed, strict=True)]

    return align


def _thot(model: Any, n_rounds: int = 5) -> WordAligner:
    def align(pairs: Sequence[Tokens], n_wanted: int) -> list[list[Link]]:
        ways = []
        for backward in (False, True):
            way = model()
            sides = [tuple([token.lower() for token in side] for side in pair) for pair in pairs]
            sides = [pair[::-1] if backward else pair for pair in sides]
            for source, target in sides:
                way.add_sentence_pair(source, target)
            way.start_training()
            for _ in range(n_rounds):
                way.train()
            way.end_training()
            found = [np.argwhere(way.get_best_alignment(*pair)[1].to_numpy()) for pair in sides[-n_wanted:]]
            ways.append([sorted((j, i) if backward else (i, j) for i, j in links.tolist()) for links in found])
        return [grow_diag_final_and(*both) for both in zip(*ways, strict=True)]

    return align
