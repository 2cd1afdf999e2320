"""The output shortlist: the target tokens that a sentence's translation is made of, found from its source tokens.

The output layer is the dearest product of a small decoder, and nearly all of the tokens that it weighs have nothing
to do with the sentence. So it is asked only about the likeliest translations of each source token and about the
tokens that any sentence may need (Jean et al. 2015, section 3.3, https://aclanthology.org/P15-1001). What a sentence
needs and its shortlist lacks cannot be written: see docs/performance.md. `corpus.lexicon.model1` learns one.

The file is the vocabulary map of CTranslate2, which reads it as it is (``vmap.txt`` in the folder of a model):
``token<TAB>target target …`` in UTF-8, a line a source token; the line of the empty source token holds the targets
that are always candidates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from translate.errors import UsageError
from translate.files.atomic import open_sink, whole_or_nothing
from translate.files.packing import packing_of
from translate.files.unpack import read_chunks
from translate.marian.vocabulary import EOS, UNK, MarianVocabulary

__all__ = ["Shortlist"]

_SEPARATORS = frozenset(" \t\n")


@dataclass(frozen=True, slots=True)
class Shortlist:
    """A shortlist for one vocabulary; made by `read`, `parse` or `of`, and safe to share between threads.

    Attributes:
        text: the file's.
        n_source: source tokens that have candidates of their own.
    """

    text: str = field(repr=False)
    n_source: int
    _always: NDArray[np.int64] = field(repr=False, compare=False)
    # Targets of the source token i are those from _starts[i] to _starts[i + 1].
    _starts: NDArray[np.int64] = field(repr=False, compare=False)
    _targets: NDArray[np.int64] = field(repr=False, compare=False)

    @classmethod
    def read(cls, path: Path | str, vocabulary: MarianVocabulary) -> Shortlist:
        """Read a file; ``.gz`` and ``.zst`` are unpacked.

        Raises:
            InputError: it cannot be read.
            UsageError: it is no shortlist, or one for another vocabulary.
        """
        data = b"".join(read_chunks(path))
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: no shortlist, since byte {error.start} is not UTF-8; {_WAY_OUT}") from error
        return cls.parse(text, vocabulary, str(path))

    @classmethod
    def parse(cls, text: str, vocabulary: MarianVocabulary, name: str = "shortlist") -> Shortlist:
        """Read the text of a file.

        Args:
            text: see the module.
            vocabulary: of the model that it is for.
            name: what to call it in messages.

        Raises:
            UsageError: it is no shortlist, or one for another vocabulary.
        """
        source_ids = {token: index for index, token in enumerate(vocabulary.source)}
        target_ids = {token: index for index, token in enumerate(vocabulary.target)}
        rows: dict[str, list[int]] = {}
        # Lines end as they do for CTranslate2: a token may be what str.splitlines takes for a line break.
        for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
            place = f"{name}, line {number}"
            token, tab, listed = line.partition("\t")
            if not tab:
                raise UsageError(f"{place}: expected TOKEN, a tab and target tokens, saw {line[:40]!r}; {_WAY_OUT}")
            if token and token not in source_ids:
                raise UsageError(_unknown(place, token, "source", vocabulary.source))
            if token in rows:
                raise UsageError(f"{place}: {token!r} has a line already; {_WAY_OUT}")
            try:
                rows[token] = [target_ids[target] for target in listed.split(" ") if target]
            except KeyError as error:
                raise UsageError(_unknown(place, error.args[0], "target", vocabulary.target)) from error
        if "" not in rows:
            raise UsageError(f"{name}: no line that begins with a tab, for what is always a candidate; {_WAY_OUT}")
        # As in CTranslate2: a sentence can always end, and be at a loss.
        always = [*rows.pop(""), *(target_ids[token] for token in (EOS, UNK) if token in target_ids)]
        by_source: list[list[int]] = [[]] * len(vocabulary.source)
        for token, targets in rows.items():
            by_source[source_ids[token]] = targets
        starts = np.cumsum([0, *map(len, by_source)])
        flat = np.array([target for targets in by_source for target in targets], dtype=np.int64)
        return cls(text, sum(map(bool, by_source)), np.unique(always), starts, flat)

    @classmethod
    def of(cls, targets: Mapping[int, Iterable[int]], always: Iterable[int], vocabulary: MarianVocabulary) -> Shortlist:
        """Make one of ids.

        Args:
            targets: for each source id its target ids.
            always: target ids that are always candidates.
            vocabulary: that they are of. A token with a space in it has no place in the format and is left out.
        """

        def line(token: str, ids: Iterable[int]) -> str:
            found = (vocabulary.target[index] for index in ids)
            return f"{token}\t{' '.join(target for target in found if _SEPARATORS.isdisjoint(target))}\n"

        named = ((vocabulary.source[index], ids) for index, ids in targets.items())
        lines = [line(token, ids) for token, ids in named if token and _SEPARATORS.isdisjoint(token)]
        return cls.parse("".join([line("", always), *lines]), vocabulary)

    def write(self, path: Path | str) -> None:
        """Write the file, which is there whole or not at all; ``.gz`` and ``.zst`` are packed.

        Raises:
            OutputError: it cannot be written.
        """
        with whole_or_nothing(open_sink(path, packing_of(path))) as sink:
            sink.write(self.text.encode())

    @property
    def n_targets(self) -> int:
        """Targets of all source tokens together."""
        return len(self._targets)

    @property
    def digest(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    def candidates(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """Target ids that a sentence may be translated with.

        Args:
            ids: its source ids.

        Returns:
            ``(n_candidates,)``, ascending, each once; the end of sentence and ``<unk>`` among them.
        """
        own = [self._targets[self._starts[index] : self._starts[index + 1]] for index in set(ids)]
        return np.unique(np.concatenate([self._always, *own]))


_WAY_OUT = "make one with `duizhao shortlist`"


def _unknown(place: str, token: str, side: str, tokens: Sequence[str]) -> str:
    return (
        f"{place}: {token!r} is none of the {len(tokens)} {side} tokens of this model; a shortlist fits only "
        f"the vocabulary it was learnt with: {_WAY_OUT} for this model"
    )
