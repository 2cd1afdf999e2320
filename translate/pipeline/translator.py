"""The translator: sentences in, translations out, in order, with what the decoder said of each."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from translate.engines.base import DecodeOptions, Engine
from translate.engines.choose import load_engine, load_in_processes
from translate.errors import ModelFallbackWarning
from translate.marian.find import locate
from translate.marian.languages import LanguagePair
from translate.marian.model import LocalModel
from translate.pipeline import signs
from translate.pipeline.batching import Journal, OnBatch, Scheduler, batch_tokens
from translate.pipeline.translation import Translation
from translate.pipeline.window import DECODING_VERSION, Window, Windows
from translate.text.records import Sentence
from translate.text.segment import SegmentOptions, segment_text
from translate.text.terminology import Terminology
from translate.version import __version__

if TYPE_CHECKING:
    from translate.marian.hub import Progress
    from translate.marian.shortlist import Shortlist

__all__ = ["Translator", "signature_of"]

_WINDOW = 1024


@dataclass(slots=True, eq=False)
class Translator:
    """A loaded model with everything around it that keeps sentences whole.

    Attributes:
        engine: translates batches.
        model: where the weights came from.
        options: how hypotheses are searched for.
        segmentation: how texts are repaired and split.
        on_batch: told of the texts of each batch that has been decoded, whoever asked for it.
        terminology: terms and spans that translations are to have.
    """

    engine: Engine
    model: LocalModel
    options: DecodeOptions
    segmentation: SegmentOptions = field(default_factory=SegmentOptions)
    on_batch: OnBatch | None = None
    terminology: Terminology = field(default_factory=Terminology)
    _scheduler: Scheduler = field(init=False)
    _windows: Windows = field(init=False)

    def __post_init__(self) -> None:
        self._scheduler = Scheduler(self.engine, max_tokens=batch_tokens(self.options.beam_size))
        self._windows = Windows(self.engine, self.model.spec.whole, self._scheduler, self.terminology)

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
        workers: int | None = None,
        deadline: float | None = None,
        segmentation: SegmentOptions | None = None,
        terminology: Terminology | None = None,
        progress: Progress | None = None,
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
            workers: processes with an engine each, of one thread; the engine is in this process when None. They go on
                when one of them raises, hangs or dies; a sentence that none survives is flagged ``failed``.
            deadline: seconds without an answer after which a worker is taken to hang; 600 when None.
            segmentation: how texts are repaired and split.
            terminology: terms and spans that translations are to have.
            progress: told of a download, should there be one: the file's name, the bytes so far and those in all.

        Raises:
            UnknownNameError: no such model or engine.
            UsageError: the shortlist is none, or of another vocabulary.
            ModelError: the model cannot be had, or a file of it is not the pinned one.
            EngineError: the engine cannot run it here.
        """
        local = locate(str(model), progress=progress)
        if local.warning:
            warnings.warn(local.warning, ModelFallbackWarning, stacklevel=2)
        options = DecodeOptions(
            beam_size=local.spec.beam if beam_size is None else beam_size,
            shortlist=None if shortlist is None else _read_shortlist(shortlist, local),
        )
        load = load_engine if workers is None else partial(load_in_processes, workers, deadline=deadline)
        loaded = load(engine, local, options, compute_type=compute_type, threads=threads, device=device)
        chosen = terminology or Terminology()
        return cls(loaded, local, options, segmentation or SegmentOptions(), terminology=chosen)

    def using(self, terminology: Terminology) -> Translator:
        """The same model with other terms and spans to keep, at no cost: both use one engine.

        For whoever serves several people with a glossary each. Close one of them only, the last.
        """
        return replace(self, terminology=terminology)

    @property
    def decoding(self) -> str:
        """The part of the signature that decides what the engine makes of a given sentence.

        E.g. ``model:zh-en-mini|rev:561c5a9aa29d|engine:native|type:int16|beam:4|whole:48|decode:7``.
        """
        return "|".join([*self._search, f"decode:{DECODING_VERSION}"])

    @property
    def languages(self) -> LanguagePair:
        """What is read and what is written."""
        return self.model.spec.languages

    @property
    def signature(self) -> str:
        """One line that names everything that can change a translation, as in sacreBLEU.

        E.g. ``model:zh-en-mini|rev:561c5a9aa29d|engine:native|type:int16|beam:4|whole:48|…|decode:7|signs:2|…``.
        """
        return signature_of(self.decoding, self.segmentation.signature, self.terminology.signature)

    @property
    def _search(self) -> list[str]:
        spec = self.model.spec
        # What has no commit on a hub is named by its files, so that new weights are never taken for the old ones.
        revision = spec.revision if spec.repo else spec.fingerprint
        return [
            f"model:{spec.name}",
            f"rev:{revision[:12]}",
            *([f"target:{spec.target_token}"] if spec.target_token else []),
            f"engine:{self.engine.name}",
            f"type:{self.engine.compute_type}",
            f"beam:{self.options.beam_size}",
            f"whole:{spec.whole}",
            *([f"shortlist:{self.options.shortlist.digest}"] if self.options.shortlist else []),
        ]

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

    def translate_windows(
        self, windows: Iterable[Sequence[str]], *, on_batch: OnBatch | None = None
    ) -> Iterator[list[Translation]]:
        """Translate window after window; batches never cross from one to the next.

        While a window is being finished the next is already queued, so that the engine has work at all times.

        Args:
            windows: each a sequence of sentences; read one ahead of what is yielded.
            on_batch: told of the texts of each batch of these windows, beside the translator's own ``on_batch``.

        Yields:
            The translations of a window, in the order of its sentences.
        """
        return self._stream(((window, None) for window in windows), on_batch)

    def translate_journaled(
        self, windows: Iterable[tuple[Sequence[str], Journal | None]], *, on_batch: OnBatch | None = None
    ) -> Iterator[list[Translation]]:
        """The same for windows that may have a journal, in which their batches are found when they come again."""
        return self._stream(windows, on_batch)

    def _stream(
        self, windows: Iterable[tuple[Sequence[str], Journal | None]], on_batch: OnBatch | None
    ) -> Iterator[list[Translation]]:
        listeners = (self._tell, on_batch) if on_batch else (self._tell,)
        under_way: deque[Window] = deque()
        try:
            for sentences, journal in windows:
                under_way.append(self._windows.start(sentences, journal, listeners))
                if len(under_way) > 1:
                    yield self._windows.finish(under_way.popleft())
            while under_way:
                yield self._windows.finish(under_way.popleft())
        finally:
            # Whoever stops listening, or fails, leaves nothing behind that goes on decoding.
            self._windows.cancel(under_way)

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


def signature_of(decoding: str, segmentation: str, terminology: str = "") -> str:
    """The signature of what is put together here; see `Translator.signature`.

    Args:
        decoding: see `Translator.decoding`.
        segmentation: the signature of how texts are repaired and split.
        terminology: the signature of what translations are to have.
    """
    search, _, version = decoding.rpartition("|decode:")
    asked = f"|{terminology}" if terminology else ""
    return f"{search}|{segmentation}{asked}|decode:{version}|signs:{signs.VERSION}|duizhao:{__version__}"


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
