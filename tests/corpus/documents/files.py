"""What the tests of this room share: a translator that answers at once, and a look at what it made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from corpus.documents.kinds import FileOptions
from corpus.documents.segments import Bilingual
from corpus.documents.translation import TranslatedFile, translate_document
from translate.engines.base import DecodeOptions, Hypothesis
from translate.engines.fake import FakeEngine
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator

HERE = Path(__file__).parent / "files"


class Dictionary(FakeEngine):
    """Answers by a list of sentences, and where it has none as the fake engine does."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__()
        self._known = known

    def _answer(self, source: str, cap: int) -> Hypothesis:
        if source in self._known:
            return Hypothesis(self._known[source], -0.5, 5, "eos")
        return super()._answer(source, cap)


def translated(
    data: bytes,
    kind: str,
    known: Mapping[str, str] | None = None,
    *,
    bilingual: Bilingual | None = None,
    options: FileOptions | None = None,
) -> TranslatedFile:
    """A file, translated by a list."""
    model = LocalModel(get_spec("zh-en-mini"), Path())
    with Translator(Dictionary(known or {}), model, DecodeOptions(beam_size=1)) as translator:
        return translate_document(data, kind, translator, bilingual=bilingual, options=options)
