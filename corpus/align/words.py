"""Links between the words of each pair of a corpus, and the lexicon that they make.

Links go by the table of words in the package and by what the embedded model looks at (`corpus.words.attention`). Where
they go by the table alone, what the corpus itself teaches is added to it (`corpus.words.training`): names, terms, a
genre's habits. To learn, at most `MOST` pairs are held in memory, evenly taken; the rest passes by. Beside attention,
learning made nothing better.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import Literal

from corpus.align.linker import WordLinker
from corpus.curation.bitext import Bitext, OnReject, open_bitext
from corpus.curation.workers import in_order
from corpus.pair import Pair
from corpus.readers.bitext import BitextOptions
from corpus.words.agreement import WordModel
from corpus.words.links import WordLinks
from corpus.words.model import learn_model
from corpus.words.tokens import NAMES
from corpus.writers.base import RunMeta, as_bytes, on_one_line
from corpus.writers.formats import TEXT_ONLY, check_writable, resolve_format
from corpus.writers.writer import open_writer
from translate.errors import InputError, UsageError
from translate.files import atomic
from translate.files.inputs import check_distinct, check_outputs_distinct
from translate.marian.catalogue import EMBEDDED
from translate.marian.find import locate
from translate.text.marks import HAN

__all__ = [
    "MOST",
    "Form",
    "LinkReport",
    "Words",
    "check_words",
    "link_corpus",
    "linked",
    "linker_for",
    "noted",
    "rendered",
    "with_words",
    "write_lexicon",
]

VERSION = 2
"""Raised when the same two texts get other links, or other tokens."""

MOST = 200_000
"""Pairs that are learnt from; 1.5 GB of memory, and hardly anything is learnt from more."""

_FEWEST = 1000
"""Pairs from which a corpus teaches more than it confuses."""

Form = Literal["tokens", "spans"]
"""How links are written: numbers of tokens (``0-0 1-2``), or places of characters (``0:2-4:9``)."""

Words = Literal["attention", "table"]
"""What links go by: the table of words and the attention of the embedded model, or the table alone."""

_HAS_LETTER = re.compile(r"[^\W_]")

_HAN = re.compile(f"[{HAN}]")

_LOOKED_AT = 200
"""Pairs that tell which side is Chinese."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What a run did.

    Attributes:
        out: as it was named.
        n_pairs: in the corpus.
        n_learnt: pairs that were learnt from.
        n_written: links, or rows of a lexicon.
        n_rejected: rows of the input that are no pair.
    """

    out: str
    n_pairs: int
    n_learnt: int
    n_written: int
    n_rejected: int


def rendered(links: WordLinks, form: Form = "tokens") -> str:
    """Links as they stand in a row.

    Returns:
        ``0-0 1-2``: numbers of tokens from 0; or ``0:2-4:9``: of the source the characters from 0 to 2, of the target
        those from 4 to 9, in code points of the two texts of the row.
    """
    if form == "tokens":
        return links.pharaoh
    return " ".join(f"{a}:{b}-{c}:{d}" for (a, b), (c, d) in links.spans)


def linker_for(words: Words, model: WordModel | None = None) -> WordLinker:
    """What links pairs.

    Args:
        words: by what.
        model: what words become; the table in the package when None.
    """
    return WordLinker(model, locate(EMBEDDED) if words == "attention" else None)


def linked(pairs: Iterable[Pair], linker: WordLinker, workers: int = 1) -> Iterator[tuple[Pair, WordLinks]]:
    """Pairs with the links between their words.

    Args:
        pairs: in order.
        linker: see `linker_for`.
        workers: processes, see `in_order`.
    """
    waiting: deque[list[Pair]] = deque()
    for found in in_order(linker, _texts(iter(pairs), linker.n_together, waiting), workers):
        yield from zip(waiting.popleft(), found, strict=True)


def _texts(pairs: Iterator[Pair], n: int, waiting: deque[list[Pair]]) -> Iterator[list[tuple[str, str]]]:
    """The two texts of so many pairs at a time; the pairs wait for what becomes of them."""
    while some := list(itertools.islice(pairs, n)):
        waiting.append(some)
        yield [(pair.source.text, pair.target.text) for pair in some]


def with_words(pairs: Iterable[Pair], linker: WordLinker, workers: int = 1, form: Form = "tokens") -> Iterator[Pair]:
    """Pairs whose `Pair.words` says their links; None where there are none."""
    for pair, links in linked(pairs, linker, workers):
        yield replace(pair, words=rendered(links, form) or None)


def noted(meta: RunMeta, linker: WordLinker, n_learnt: int = 0, form: Form = "tokens") -> RunMeta:
    """What is said of a corpus whose pairs have links: which tokens they number, and what they go by."""
    said = [str(VERSION), *NAMES, form]
    said += [f"attention:{linker.name}"] if linker.name else []
    said += [f"learnt:{n_learnt}"] if n_learnt else []
    return replace(meta, environment={**meta.environment, "words": " ".join(said)})


def check_words(
    out: str | Path,
    format: str | None,  # noqa: A002  (the name of the option)
    words: Words | None,
) -> None:
    """Find out whether a corpus can have links.

    Raises:
        UsageError: it is to have some, and its format holds nothing but two texts.
    """
    name = resolve_format(out, format).name
    if words and name in TEXT_ONLY:
        raise UsageError(f"{name} has no place for links between words; choose tsv, jsonl or tmx")


def link_corpus(
    path: str | Path,
    out: str | Path,
    *,
    form: Form = "tokens",
    format: str | None = None,  # noqa: A002  (the name of the option)
    options: BitextOptions | None = None,
    words: Words = "attention",
    learn: bool = True,
    links: str | None = None,
    workers: int = 1,
    on_reject: OnReject | None = None,
    on_round: Callable[[int], None] | None = None,
) -> LinkReport:
    """Write a bitext again, with the links between the words of each pair.

    Args:
        path: any bitext, see `read_bitext`.
        out: the corpus; its suffix chooses the format, which must be one that holds more than two texts.
        form: see `rendered`.
        format: overrides the suffix.
        options: where the two texts of the input are.
        words: what links go by.
        learn: whether the corpus teaches, if links go by the table alone and it has a thousand pairs.
        links: a file for the links alone, a line a pair, as Moses has them.
        workers: processes, see `corpus.curation.workers`; the bytes do not depend on their number.
        on_reject: told of each row that is no pair.
        on_round: told the number of each round of learning.

    Raises:
        InputError: the input cannot be read, has no pair, or has its sides swapped.
        OutputError: OUT cannot be written.
        UsageError: OUT is the input or holds the links too, or is in a format that holds none.
    """
    options = BitextOptions() if options is None else options
    layout = resolve_format(out, format, options.languages)
    if layout.name in TEXT_ONLY and links is None:
        raise UsageError(f"{layout.name} has no place for links; choose tsv, jsonl or tmx, or give --links FILE")
    check_writable(out, format, options.languages)
    outputs = [*layout.paths, *([links] if links else [])]
    check_outputs_distinct(outputs)
    check_distinct(Bitext(Path(path), options).files, outputs)
    bitext = open_bitext(path, options, on_reject)
    _check_sides(bitext)
    model, n_learnt = _model(bitext, on_round) if learn and words == "table" else (None, 0)
    linker = linker_for(words, model)
    columns = bitext.columns if layout.name in TEXT_ONLY else replace(bitext.columns, words=True)
    n_links = 0
    with open_writer(out, format, noted(bitext.meta(), linker, n_learnt, form), columns) as writer:
        beside = writer.open_beside(links) if links else None
        for pair, found in linked(bitext.pairs(), linker, workers):
            text = rendered(found, form)
            n_links += len(found.links)
            writer.write(replace(pair, words=(text or None) if columns.words else None))
            if beside is not None:
                beside.write(f"{text}\n".encode())
    return LinkReport(str(out), writer.n_pairs, n_learnt, n_links, bitext.n_rejected)


def _check_sides(bitext: Bitext) -> None:
    """Find out by its beginning whether a bitext is from English to Chinese, which would be linked without a word.

    Raises:
        InputError: it is.
    """
    first = itertools.islice(bitext.pairs(), _LOOKED_AT)
    sides = [(bool(_HAN.search(pair.source.text)), bool(_HAN.search(pair.target.text))) for pair in first]
    if sides.count((False, True)) > sides.count((True, False)):
        raise InputError(
            f"{bitext.path}: English is the source and Chinese the target in most of its first {len(sides)} pairs; "
            "links are from Chinese to English: swap the two with --source-field and --target-field, or in the file"
        )


def _model(bitext: Bitext, on_round: Callable[[int], None] | None) -> tuple[WordModel | None, int]:
    """The model of the package with what a bitext teaches, and from how many pairs it learnt; None if from none."""
    if bitext.n_pairs < _FEWEST:
        return None, 0
    step = -(-bitext.n_pairs // MOST)
    texts = [(pair.source.text, pair.target.text) for pair in itertools.islice(bitext.pairs(), 0, None, step)]
    return learn_model(texts, on_round=on_round), len(texts)


# -- the lexicon -----------------------------------------------------------------------------------------------------


def write_lexicon(
    path: str | Path,
    out: str | Path,
    *,
    options: BitextOptions | None = None,
    words: Words = "attention",
    learn: bool = True,
    least: int = 2,
    workers: int = 1,
    on_reject: OnReject | None = None,
    on_round: Callable[[int], None] | None = None,
) -> LinkReport:
    """Write what the terms of a bitext became: a table of term, translation, probability and count.

    A translation is what a term is linked with: a word, or several that stand beside each other, as it is most often
    written. The probability is the share of the term's translations; the count says how often it was seen. Terms come
    in the order of their frequency, their translations too.

    Args:
        path: any bitext, see `read_bitext`.
        out: the table, TSV with a header; ``-`` for standard output.
        options: where the two texts of the input are.
        words: see `link_corpus`.
        learn: see there.
        least: translations that were seen less often are left out; the probabilities count them.
        workers: processes; the bytes do not depend on their number.
        on_reject: told of each row that is no pair.
        on_round: told the number of each round of learning.

    Raises:
        InputError: the input cannot be read, has no pair, or has its sides swapped.
        OutputError: OUT cannot be written.
        UsageError: OUT is the input.
    """
    options = BitextOptions() if options is None else options
    check_distinct(Bitext(Path(path), options).files, (str(out),))
    if str(out) != atomic.STDOUT:
        atomic.check_writable(str(out))
    bitext = open_bitext(path, options, on_reject)
    _check_sides(bitext)
    model, n_learnt = _model(bitext, on_round) if learn and words == "table" else (None, 0)
    found: dict[str, dict[str, Counter[str]]] = {}
    for pair, links in linked(bitext.pairs(), linker_for(words, model), workers):
        for term, translation in _translations(pair, links):
            found.setdefault(term, {}).setdefault(translation.lower(), Counter())[translation] += 1
    lines = ["term\ttranslation\tprobability\tcount\n", *_rows(found, least)]
    with atomic.whole_or_nothing(atomic.open_sink(str(out))) as sink:
        sink.write(as_bytes("".join(lines)))
    return LinkReport(str(out), bitext.n_pairs, n_learnt, len(lines) - 1, bitext.n_rejected)


def _translations(pair: Pair, links: WordLinks) -> Iterator[tuple[str, str]]:
    """Each source token that is a word, and what it became, where that stands together."""
    source, target = pair.source.text, pair.target.text
    for index, group in itertools.groupby(links.links, itemgetter(0)):
        term = source[slice(*links.source[index])]
        linked_with = [j for _, j in group]
        if _HAS_LETTER.search(term) and linked_with[-1] - linked_with[0] < len(linked_with):
            start, end = links.target[linked_with[0]][0], links.target[linked_with[-1]][1]
            translation = on_one_line(target[start:end])
            if _HAS_LETTER.search(translation):
                yield term, translation


def _rows(found: dict[str, dict[str, Counter[str]]], least: int) -> Iterator[str]:
    totals = {term: sum(map(Counter.total, ways.values())) for term, ways in found.items()}
    for term in sorted(found, key=lambda term: (-totals[term], term)):
        counts = [(ways.total(), written) for written, ways in _spelt(found[term])]
        for count, written in sorted(counts, key=lambda item: (-item[0], item[1])):
            if count >= least:
                yield f"{term}\t{written}\t{count / totals[term]:.4f}\t{count}\n"


def _spelt(ways: dict[str, Counter[str]]) -> Iterator[tuple[str, Counter[str]]]:
    """Each translation as it is most often written; in lower case where that is as often."""
    for lower, spellings in ways.items():
        yield max(spellings, key=lambda text: (spellings[text], text == lower, text)), spellings
