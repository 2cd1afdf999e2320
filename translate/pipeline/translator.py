"""The translator: sentences in, translations out, in order, with what went wrong said of each."""

from __future__ import annotations

import re
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from translate.engines.base import DecodeOptions, Engine, Hypothesis
from translate.engines.choose import load_engine
from translate.errors import ModelFallbackWarning
from translate.marian.catalogue import LONGEST_WHOLE
from translate.marian.find import LocalModel, locate
from translate.pipeline.batching import Job, Scheduler, batch_tokens
from translate.pipeline.rescue import cut_clauses, cut_sentence, join_hypotheses, problems
from translate.text.numbers import numbers_kept, write_amounts
from translate.text.records import Sentence
from translate.text.segment import SegmentOptions, segment_text
from translate.version import __version__

if TYPE_CHECKING:
    from translate.marian.shortlist import Shortlist

__all__ = ["Translation", "Translator"]

DECODING_VERSION = 3
"""Part of the signature: raised when batching caps, cutting or retrying change what comes out."""

# Scripts that a zh model reads: Han (all planes), kana, bopomofo, hangul.
_READABLE = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U0001f200-\U0001f2ff\U00020000-\U0003ffff]"
)
_WINDOW = 1024
_RETRIES = 2
_SMALLEST_RETRY = 6
_LOST = "number_lost"


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of one sentence.

    Attributes:
        text: the English; empty when nothing came out.
        score: mean log-probability per target token in nats; None when no model was asked.
        flags: sorted; any of ``copied`` (nothing in it to translate), ``cut`` (translated in pieces),
            ``length_cap``, ``empty_target``, ``loop`` (what the first attempt suffered from), ``number_lost`` (a
            number of the source is not in this text), ``retried`` (it was tried again, with its amounts in digits or
            in smaller pieces), ``rescued`` (and one of those attempts is the one kept, free of what the first
            suffered from).
    """

    text: str
    score: float | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Pieces:
    """What is given to the model for a sentence: ``source`` is the sentence, or it with its amounts in digits."""

    source: str
    texts: Sequence[str]


@dataclass(slots=True)
class _Attempt:
    source: str
    hypothesis: Hypothesis
    problems: frozenset[str]
    n_pieces: int
    longest: int
    n_lost: int

    @property
    def trouble(self) -> frozenset[str]:
        """What is wrong beside lost numbers."""
        return self.problems - {_LOST}

    def is_better(self, best: _Attempt) -> bool:
        """Whether this later attempt is to be kept instead of the best one before it.

        A sentence in pieces, or with its amounts in digits, is worse English. So where that one only lacks numbers,
        this one must have more of them, and nothing else wrong; a number that is not recognised in a good translation
        costs nothing then.
        """
        if not best.trouble:
            return not self.trouble and self.n_lost < best.n_lost
        return self._rank < best._rank

    @property
    def _rank(self) -> tuple[int, int, float]:
        return len(self.trouble), self.n_lost, -self.hypothesis.score


@dataclass(slots=True, eq=False)
class _Window:
    """Sentences under way: the distinct ones, cut to the budget, and the job that decodes the pieces."""

    sentences: Sequence[str]
    distinct: list[str]
    spans: list[slice]
    job: Job
    lengths: list[int] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Translator:
    """A loaded model with everything around it that keeps sentences whole.

    Attributes:
        engine: translates batches.
        model: where the weights came from.
        options: how hypotheses are searched for.
        segmentation: how texts are repaired and split.
        on_batch: told of the texts of each batch that has been decoded, for a display of progress.
    """

    engine: Engine
    model: LocalModel
    options: DecodeOptions
    segmentation: SegmentOptions = field(default_factory=SegmentOptions)
    on_batch: Callable[[Sequence[str]], None] | None = None
    _scheduler: Scheduler = field(init=False)

    def __post_init__(self) -> None:
        max_tokens = batch_tokens(self.options.beam_size)
        self._scheduler = Scheduler(self.engine, max_tokens=max_tokens, on_batch=self._tell)

    def _tell(self, texts: Sequence[str]) -> None:
        if self.on_batch:
            self.on_batch(texts)

    @classmethod
    def load(
        cls,
        model: str | Path = "auto",
        *,
        engine: str = "auto",
        beam_size: int | None = None,
        compute_type: str | None = None,
        threads: int | None = None,
        device: str = "auto",
        shortlist: str | Path | None = None,
        segmentation: SegmentOptions | None = None,
    ) -> Translator:
        """Find, verify and load a model.

        Args:
            model: a name in models.yaml, a folder, or ``auto``: opus-mt-zh-en if it is in the cache or the hub
                answers, else the small embedded model, with a `ModelFallbackWarning`.
            engine: ``auto``, or one of `translate.engines.choose.ENGINES`.
            beam_size: hypotheses kept at each step; the model's own when None.
            compute_type: ``int16``, ``int8``, ``float32`` …; the engine's default for this machine when None.
            threads: CPU threads in all; one a core when None.
            device: ``auto``, ``cpu`` or ``cuda``.
            shortlist: a file of `translate.marian.shortlist`, made for this model; any token may be written when None.
            segmentation: how texts are repaired and split.

        Raises:
            UnknownNameError: no such model or engine.
            UsageError: the shortlist is none, or of another vocabulary.
            ModelError: the model cannot be had, or a file of it is not the pinned one.
            EngineError: the engine cannot run it here.
        """
        local = locate(str(model))
        if local.warning:
            warnings.warn(local.warning, ModelFallbackWarning, stacklevel=2)
        options = DecodeOptions(
            beam_size=local.spec.beam if beam_size is None else beam_size,
            shortlist=None if shortlist is None else _read_shortlist(shortlist, local),
        )
        loaded = load_engine(engine, local, options, compute_type=compute_type, threads=threads, device=device)
        return cls(loaded, local, options, segmentation or SegmentOptions())

    @property
    def signature(self) -> str:
        """One line that names everything that can change a translation, as in sacreBLEU.

        E.g. ``model:zh-en-mini|rev:561c5a9aa29d|engine:native|type:int16|beam:4|whole:48|norm:1|split:1|decode:3|…``.
        """
        spec = self.model.spec
        # What has no commit on a hub is named by its files, so that new weights are never taken for the old ones.
        revision = spec.revision if spec.repo else spec.fingerprint
        parts = [
            f"model:{spec.name}",
            f"rev:{revision[:12]}",
            f"engine:{self.engine.name}",
            f"type:{self.engine.compute_type}",
            f"beam:{self.options.beam_size}",
            f"whole:{spec.whole}",
            *([f"shortlist:{self.options.shortlist.digest}"] if self.options.shortlist else []),
            self.segmentation.signature,
            f"decode:{DECODING_VERSION}",
            f"duizhao:{__version__}",
        ]
        return "|".join(parts)

    def translate(self, texts: Iterable[str]) -> list[str]:
        """Translate texts, each of one sentence or many.

        Args:
            texts: Chinese; each is repaired and split on its own; its lines stay lines, also hard-wrapped ones.

        Returns:
            One English text for each, in order; its sentences are joined by a space, its lines by a newline.
            Blank stays blank.

        Raises:
            TypeError: one text instead of several, which would be taken for a list of characters.
        """
        if isinstance(texts, str):
            raise TypeError("translate takes a list of texts, and this is one text; give it in a list")
        lines_of = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
        options = replace(self.segmentation, hard_wrap="off")
        sentences = [(i, sentence) for i, text in enumerate(lines_of) for sentence in segment_text(text, options)]
        out = [[""] * (text.count("\n") + 1) for text in lines_of]
        stream = self.translate_stream(sentence for _, sentence in sentences)
        for (i, sentence), (_, translation) in zip(sentences, stream, strict=True):
            line = out[i][sentence.paragraph]
            out[i][sentence.paragraph] = f"{line} {translation.text}".strip()
        return ["\n".join(lines) for lines in out]

    def translate_sentences(self, sentences: Sequence[str]) -> list[Translation]:
        """Translate sentences as they are: no repair, no splitting, exactly one translation for each, in order."""
        return next(self.translate_windows([sentences]))

    def translate_stream(
        self, sentences: Iterable[Sentence], *, window: int = _WINDOW
    ) -> Iterator[tuple[Sentence, Translation]]:
        """Translate a stream of any length in memory that does not grow.

        Args:
            sentences: in any number.
            window: how many are sorted and batched together.
        """
        kept: deque[Sequence[Sentence]] = deque()
        for translations in self.translate_windows(_windows(sentences, window, kept)):
            yield from zip(kept.popleft(), translations, strict=True)

    def translate_windows(self, windows: Iterable[Sequence[str]]) -> Iterator[list[Translation]]:
        """Translate window after window; batches never cross from one to the next.

        While a window is being finished the next is already queued, so that the engine has work at all times.

        Args:
            windows: each a sequence of sentences; read one ahead of what is yielded.

        Yields:
            The translations of a window, in the order of its sentences.
        """
        under_way: deque[_Window] = deque()
        try:
            for sentences in windows:
                under_way.append(self._start(sentences))
                if len(under_way) > 1:
                    yield self._finish(under_way.popleft())
            while under_way:
                yield self._finish(under_way.popleft())
        finally:
            # Whoever stops listening, or fails, leaves nothing behind that goes on decoding.
            self._scheduler.cancel([window.job for window in under_way])

    def _start(self, sentences: Sequence[str]) -> _Window:
        distinct = [text for text in dict.fromkeys(sentences) if _READABLE.search(text)]
        pieces: list[str] = []
        lengths: list[int] = []
        spans: list[slice] = []
        for text, length in zip(distinct, self._count_all(distinct), strict=True):
            own = self._cut(text, length)
            spans.append(slice(len(pieces), len(pieces) + len(own)))
            pieces.extend(own)
            lengths.extend([length] if len(own) == 1 else self._count_all(own))
        return _Window(sentences, distinct, spans, self._scheduler.add(pieces, lengths), lengths)

    def _cut(self, text: str, length: int) -> list[str]:
        """The pieces to translate: at clauses beyond what the model does well, anywhere beyond what none does."""
        whole, limit = self.model.spec.whole, min(self.engine.max_source_tokens, LONGEST_WHOLE)
        pieces = [text] if length <= whole else cut_clauses(text, self._count, whole)
        if length <= limit:
            return pieces
        return [part for piece in pieces for part in cut_sentence(piece, self._count, limit)]

    def _finish(self, window: _Window) -> list[Translation]:
        hypotheses = self._scheduler.finish(window.job)
        tried: dict[str, list[_Attempt]] = {}
        for text, span in zip(window.distinct, window.spans, strict=True):
            tried[text] = [_attempt(text, text, hypotheses[span], window.lengths[span])]
        self._retry(tried, {text: self._in_digits(text, first) for text, (first,) in tried.items()})
        failed = list(tried)
        for _ in range(_RETRIES):
            failed = self._retry(tried, {text: self._smaller(tried[text]) for text in failed})
        known = {text: _translation(attempts) for text, attempts in tried.items()}
        return [known[text] if text in known else _copied(text) for text in window.sentences]

    def _in_digits(self, text: str, first: _Attempt) -> _Pieces | None:
        """For a sentence that lost a number, the sentence with 万 and 亿 written out, if there are any."""
        if _LOST not in first.problems or (written := write_amounts(text)) == text:
            return None
        return _Pieces(written, self._cut(written, self._count(written)))

    def _smaller(self, attempts: Sequence[_Attempt]) -> _Pieces | None:
        """For a sentence with problems smaller pieces of what was given last, if it can be cut further."""
        last, best = attempts[-1], _best(attempts)
        if not best.problems:
            return None
        budget = max(_SMALLEST_RETRY, (last.longest + 1) // 2)
        # Not through a word for the sake of a number.
        anywhere = bool(best.trouble) and last.longest > 4 * _SMALLEST_RETRY
        own = cut_sentence(last.source, self._count, budget, anywhere=anywhere)
        return _Pieces(last.source, own) if len(own) > last.n_pieces else None

    def _retry(self, tried: dict[str, list[_Attempt]], wanted: Mapping[str, _Pieces | None]) -> list[str]:
        """Another attempt at each sentence for which there is something else to give; returns which."""
        again = {text: own for text, own in wanted.items() if own}
        pieces = [piece for own in again.values() for piece in own.texts]
        if not pieces:
            return []
        lengths = self._count_all(pieces)
        hypotheses = self._scheduler.finish(self._scheduler.add(pieces, lengths, first=True))
        end = 0
        for text, own in again.items():
            start, end = end, end + len(own.texts)
            tried[text].append(_attempt(text, own.source, hypotheses[start:end], lengths[start:end]))
        return list(again)

    def _count_all(self, texts: Sequence[str]) -> list[int]:
        return self.engine.count_tokens(texts) if texts else []

    def _count(self, text: str) -> int:
        return self.engine.count_tokens([text])[0]

    def close(self) -> None:
        """Give back memory and threads; a second call does nothing."""
        self._scheduler.close()
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            # Closing waits for the batches that run, which can be many seconds. Whoever pressed Ctrl-C wants out;
            # the threads end with the program, or with a later `close`.
            self._scheduler.close()
        else:
            self.close()


def _read_shortlist(path: str | Path, model: LocalModel) -> Shortlist:
    from translate.marian.shortlist import Shortlist  # here, since few runs have one and it needs numpy
    from translate.marian.vocabulary import MarianVocabulary

    return Shortlist.read(path, MarianVocabulary(model))


def _windows(sentences: Iterable[Sentence], size: int, kept: deque[Sequence[Sentence]]) -> Iterator[Sequence[str]]:
    """Windows of texts; the sentences themselves wait in ``kept`` until their translations come."""
    stream = iter(sentences)
    while window := list(islice(stream, size)):
        kept.append(window)
        yield [sentence.text for sentence in window]


def _attempt(text: str, given: str, hypotheses: Sequence[Hypothesis], lengths: Sequence[int]) -> _Attempt:
    """How an attempt at a sentence went; ``given`` is what was cut into pieces for it."""
    joined = join_hypotheses(hypotheses)
    found = problems(text, joined)
    if any(not hypothesis.text.strip() for hypothesis in hypotheses):
        # A piece that came out empty is a hole in the sentence, though the whole is not empty.
        found |= {"empty_target"}
    n_kept, n_numbers = numbers_kept(text, joined.text)
    if n_kept < n_numbers:
        found |= {_LOST}
    return _Attempt(given, joined, found, len(hypotheses), max(lengths), n_numbers - n_kept)


def _best(attempts: Sequence[_Attempt]) -> _Attempt:
    best = attempts[0]
    for attempt in attempts[1:]:
        best = attempt if attempt.is_better(best) else best
    return best


def _translation(attempts: Sequence[_Attempt]) -> Translation:
    first, best = attempts[0], _best(attempts)
    flags = first.trouble | best.problems
    if len(attempts) > 1:
        flags |= {"retried"}
    if best is not first and not best.trouble and (first.trouble or not best.n_lost):
        flags |= {"rescued"}
    if best.n_pieces > 1:
        flags |= {"cut"}
    return Translation(best.hypothesis.text, best.hypothesis.score, tuple(sorted(flags)))


def _copied(text: str) -> Translation:
    """Marks, figures and other languages' words are not for this model, which would invent something for them."""
    return Translation(text, None, ("copied",) if text else ())
