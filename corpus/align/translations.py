"""Machine translations kept on disk by what was translated, so that aligning again costs none.

A file holds some hundred of them, a JSON line each, under the SHA-256 of its lines and named by it; what is damaged or
half written counts for nothing. Any number of runs may share a folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from translate.errors import OutputError
from translate.files.atomic import AtomicFile, whole_or_nothing
from translate.pipeline.translator import Translator

__all__ = ["TranslationStore"]

_WINDOW = 256
"""Sentences that are translated, and then kept, together."""


class TranslationStore:
    """Translations of one model, in a folder or only in memory.

    Args:
        folder: made on the first write; None to keep nothing on disk.
        decoding: what makes the translations (`Translator.decoding`); others in the folder are passed over.
    """

    def __init__(self, folder: Path | None, decoding: str) -> None:
        self._folder = folder
        self._decoding = decoding
        self._known = dict(self._read())

    def translate(
        self,
        sentences: Sequence[str],
        translator: Translator,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[str]:
        """The translation of each sentence, in order.

        Args:
            sentences: Chinese.
            translator: asked for those that are not known.
            on_progress: told how many sentences came to be known, as they do.

        Raises:
            OutputError: the folder cannot be written.
        """
        missing = [text for text in dict.fromkeys(sentences) if text not in self._known]
        windows = [missing[start : start + _WINDOW] for start in range(0, len(missing), _WINDOW)]
        for window, translations in zip(windows, translator.translate_windows(windows), strict=True):
            fresh = {text: found.text for text, found in zip(window, translations, strict=True)}
            self._keep(fresh)
            self._known |= fresh
            if on_progress is not None:
                on_progress(len(fresh))
        return [self._known[text] for text in sentences]

    def _keep(self, fresh: dict[str, str]) -> None:
        if self._folder is None:
            return
        lines = [json.dumps({"decoding": self._decoding}), *(json.dumps(pair) for pair in fresh.items())]
        body = "".join(line + "\n" for line in lines).encode()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {self._folder}: {error.strerror or error}") from error
        with whole_or_nothing(AtomicFile(self._folder / f"{_digest(body)}.jsonl", alone=False)) as sink:
            sink.write(body)

    def _read(self) -> Iterator[tuple[str, str]]:
        for path in sorted(self._folder.glob("*.jsonl")) if self._folder is not None else ():
            try:
                body = path.read_bytes()
            except OSError:
                continue
            if _digest(body) == path.stem:  # so it is as we wrote it
                header, *lines = body.splitlines()
                if json.loads(header) == {"decoding": self._decoding}:
                    yield from map(tuple, map(json.loads, lines))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
