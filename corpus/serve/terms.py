"""The glossary that a request brings with it."""

from __future__ import annotations

from corpus.serve.fields import Fields
from corpus.serve.service import Service
from translate.text.glossary import Glossary
from translate.text.terminology import Terminology

__all__ = ["terminology_of"]


def terminology_of(service: Service, fields: Fields) -> Terminology:
    """What a request's translations are to have: its own glossary, or that of the server.

    Raises:
        InputError: a line of the glossary is no term.
    """
    own = service.queue.translator.terminology
    lines = fields.text("glossary")
    return own if lines is None else Terminology(Glossary.parse(lines), own.keep, own.inflected)
