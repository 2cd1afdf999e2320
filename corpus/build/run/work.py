"""Rows to parts: what has no result yet is decoded and put there, whole or not at all.

Any number of workers may do this at a time, on any machines that see the run. A part that two of them do is put there
by the first; since a part's bytes depend on its sentences and on how they are decoded alone (with an engine whose
translations do not depend on the batch), it does not matter which. At-least-once work, exactly-once effect.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from corpus.align.given import judge
from corpus.build.environment import environment
from corpus.build.journal import ShardJournal
from corpus.build.part_file import json_line, part_bytes, read_part
from corpus.build.run.files import RunFiles
from corpus.build.run.manifest import Entry, Manifest, part_name, read_index
from corpus.build.run.rows import read_rows
from corpus.build.shards import digest
from translate.errors import OutputError, UsageError
from translate.pipeline.batching import Journal, OnBatch
from translate.pipeline.translation import Translation
from translate.pipeline.translator import Translator
from translate.text.signature import fields_of
from translate.text.terminology import Terminology

__all__ = ["OnPart", "Share", "WorkReport", "Worker", "check_decoding", "is_done"]

OnPart = Callable[[Entry], None]


@dataclass(frozen=True, slots=True)
class Share:
    """Every n-th part of a run, from the i-th on: what one worker of n does.

    Attributes:
        index: i, from 0.
        count: n.

    Raises:
        UsageError: there is no such share.
    """

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise UsageError(f"shard {self.index}/{self.count}: expected i/n with i from 0 to n-1, such as 0/8 to 7/8")

    @classmethod
    def parse(cls, text: str) -> Share:
        """Read ``i/n``.

        Raises:
            UsageError: it is none.
        """
        index, slash, count = text.partition("/")
        if not (slash and index.isascii() and index.isdigit() and count.isascii() and count.isdigit()):
            raise UsageError(f"shard {text!r}: expected i/n with i from 0 to n-1, such as 0/8 to 7/8")
        return cls(int(index), int(count))

    def holds(self, number: int) -> bool:
        """Whether a part is in it."""
        return number % self.count == self.index


@dataclass(frozen=True, slots=True)
class WorkReport:
    """What a worker did.

    Attributes:
        n_parts: parts of its share.
        n_done: of these, the ones that it did; the others were there.
        n_decoded: sentences in those.
    """

    n_parts: int
    n_done: int
    n_decoded: int


def is_done(files: RunFiles, entry: Entry) -> bool:
    """Whether the part is there and whole."""
    content = files.read(part_name(entry.key))
    return content is not None and proves(content, entry)


def proves(content: bytes, entry: Entry) -> bool:
    """Whether these bytes are the part that is asked for."""
    part = read_part(content, entry.key)
    return part is not None and part.pieces == [(entry.key, entry.n_sentences)]


def check_decoding(manifest: Manifest, translator: Translator) -> None:
    """Make sure that sentences are decoded here as the plan says.

    Raises:
        UsageError: they are not; the message says what differs.
    """
    planned, own = fields_of(manifest.decoding), fields_of(translator.decoding)
    if planned == own:
        return
    names = [name for name in {**planned, **own} if planned.get(name) != own.get(name)]
    differences = ", ".join(f"{name} {own.get(name, 'none')} (planned {planned.get(name, 'none')})" for name in names)
    raise UsageError(
        f"this machine would decode otherwise than planned: {differences}; use the model and the duizhao of the plan"
    )


@dataclass(frozen=True, slots=True)
class _UnderWay:
    entry: Entry
    journal: ShardJournal | None
    claim: contextlib.ExitStack
    n_texts: int


@dataclass(slots=True, eq=False)
class Worker:
    """Does the parts of a run that nobody has done.

    Attributes:
        files: of the run.
        manifest: of the run.
        translator: decodes as the manifest says.
        on_batch: told of each batch.
        on_part: told of each part that is there, and that was there.

    Raises:
        UsageError: the translator decodes otherwise.
    """

    files: RunFiles
    manifest: Manifest
    translator: Translator
    on_batch: OnBatch | None = None
    on_part: OnPart | None = None
    _under_way: deque[_UnderWay] = field(default_factory=deque)
    _n_done: int = 0
    _n_decoded: int = 0

    def __post_init__(self) -> None:
        check_decoding(self.manifest, self.translator)
        if self.manifest.terminology:
            self.translator = self.translator.using(Terminology.from_json(self.manifest.terminology))

    def run(self, share: Share | None = None) -> WorkReport:
        """Do all parts of a share; returns when every one of them is there.

        Raises:
            InputError: the plan is damaged.
            EngineError: the engine failed; parts and batches that were done are kept.
            OutputError: a part cannot be written.
        """
        share = share or Share()
        entries = [entry for entry in read_index(self.files, self.manifest) if entry.key and share.holds(entry.number)]
        self.note_environment()
        self.do(entries)
        done = frozenset(entry.key for entry in entries)
        self.files.tidy(done)
        return WorkReport(len(entries), self._n_done, self._n_decoded)

    def do(self, entries: Sequence[Entry]) -> int:
        """Do some parts; those that another worker has are left for last, and waited for.

        Returns:
            How many sentences were decoded.
        """
        before = self._n_decoded
        busy: list[Entry] = []
        self._decode(self._open(entries, busy, wait=False))
        for entry in busy:  # one at a time, since two workers that each wait for the other's would wait for ever
            self._decode(self._open([entry], [], wait=True))
        return self._n_decoded - before

    def note_environment(self) -> None:
        """Put on record what decodes here."""
        content = json_line(environment())
        self.files.put(f"environments/{digest(content)[:16]}.json", content)

    def _decode(self, windows: Iterator[tuple[Sequence[str], Journal | None]]) -> None:
        try:
            for translations in self.translator.translate_journaled(windows, on_batch=self.on_batch):
                self._keep(self._under_way[0], translations)
                self._under_way.popleft().claim.close()
        finally:
            for each in self._under_way:
                if each.journal:
                    each.journal.close()
                each.claim.close()
            self._under_way.clear()

    def _open(
        self, entries: Sequence[Entry], busy: list[Entry], *, wait: bool
    ) -> Iterator[tuple[Sequence[str], Journal | None]]:
        for entry in entries:
            if is_done(self.files, entry):
                self._tell(entry)
                continue
            with contextlib.ExitStack() as claim:
                if not claim.enter_context(self.files.claim(entry.key, wait=wait)):
                    busy.append(entry)
                    continue
                journal = self.files.journal(entry.key)
                if is_done(self.files, entry):  # by whoever had it until now
                    if journal:
                        journal.remove()
                    self._tell(entry)
                    continue
                texts = read_rows(self.files, entry).texts()
                self._under_way.append(_UnderWay(entry, journal, claim.pop_all(), len(texts)))
                yield texts, journal

    def _keep(self, done: _UnderWay, translations: Sequence[Translation]) -> None:
        entry = done.entry
        pieces = [(entry.key, done.n_texts)]
        # Judged here, once for all places where a sentence stands, so that assembling only puts together.
        judged = partial(judge, terminology=self.translator.terminology)
        content = part_bytes(entry.key, self.manifest.decoding, pieces, translations, judged)
        self._put(entry, content)
        if done.journal:
            done.journal.remove()
        self._n_done += 1
        self._n_decoded += done.n_texts
        self._tell(entry)

    def _put(self, entry: Entry, content: bytes) -> None:
        """Put a part there, unless a whole one is; and make sure that it can be read back."""
        name = part_name(entry.key)
        if not self.files.put(name, content) and not is_done(self.files, entry):
            self.files.replace(name, content)  # what is there is damaged
        if not is_done(self.files, entry):
            raise OutputError(f"{self.files.label(name)}: is not what was written to it; look at the disk")

    def _tell(self, entry: Entry) -> None:
        if self.on_part:
            self.on_part(entry)
