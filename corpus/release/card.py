"""The card of a dataset: README.md, each sentence of it from what was counted or from what the corpus itself says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from corpus.curation.rules import SCORE
from corpus.pair import SIGNAL
from corpus.release.contents import Contents, Split
from corpus.release.front_matter import front_matter
from corpus.release.survey import Range
from corpus.signals.across import ACROSS
from corpus.signals.table import SIGNALS
from translate.marian.catalogue import known
from translate.marian.model import ModelSpec
from translate.text.flags import Flag
from translate.text.signature import fields_of

__all__ = ["card", "description"]

_LANGUAGES = {"zh": "Chinese", "en": "English"}
_UNKNOWN = "**unknown**"


def card(contents: Contents) -> str:
    """The whole file."""
    sections = (
        _head(contents),
        _examples(contents),
        _columns(contents),
        _making(contents),
        _licences(contents),
        _flags(contents),
        _signals(contents),
        _filtering(contents),
        _loading(contents),
        _limits(contents),
        _checking(contents),
    )
    body = "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines)
    return f"{front_matter(contents)}\n{body}\n"


def description(contents: Contents) -> str:
    """What it is, in two sentences."""
    survey, (source, target) = contents.survey, _names(contents)
    n_pairs = f"{survey.n_pairs:,} {source}–{target} sentence pair{'s' if survey.n_pairs != 1 else ''}"
    where = f" from {_count(len(survey.documents), 'document')}" if survey.documents else ""
    who = {
        "machine": f"The {target} was made by a machine translation model.",
        "human": f"The {target} was not made for this: existing translations were aligned by a program.",
        "unknown": f"Who or what made the {target} is not recorded.",
    }
    return f"{n_pairs}{where}. {who[contents.origin]}"


def _names(contents: Contents) -> tuple[str, str]:
    source, target = contents.splits[0].meta.languages
    return _LANGUAGES.get(source, source), _LANGUAGES.get(target, target)


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]], right: str = "") -> Iterator[str]:
    """Rows of Markdown; columns whose letter in ``right`` is r stand to the right."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "|".join("---:" if right[i : i + 1] == "r" else "---" for i in range(len(head))) + "|"
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def _cell(text: str) -> str:
    """A text of the corpus as it may stand in a table."""
    escaped = "".join(f"\\{char}" if char in "\\|*_`<[" else char for char in text)
    return " ".join(escaped.split())


# -- what it is ----------------------------------------------------------------------------------------------------


def _head(contents: Contents) -> Iterator[str]:
    source, target = _names(contents)
    yield f"# {_cell(contents.name)}"
    yield ""
    yield description(contents)
    yield ""
    head = ("split", "pairs", "documents", f"{source} characters", f"{target} words", "files")
    yield from _table(head, map(_split_row, contents.splits), "-rrrrr")
    if len(contents.splits) > 1:
        yield ""
        yield _apart(contents)


def _apart(contents: Contents) -> str:
    """Whether the splits share anything."""
    if contents.leaks:
        shared = ", ".join(_count(n, f"shared {kind}") for kind, n in sorted(contents.leaks.items()))
        return f"**The splits are not apart:** {shared}."
    documents = "no document, " if contents.survey.documents else ""
    return f"No two splits share anything: {documents}no source, no target, and no near copy of one. This was checked."


def _split_row(split: Split) -> tuple[str, ...]:
    survey = split.survey
    numbers = (survey.n_pairs, len(survey.documents), survey.n_characters, survey.n_words, len(split.shards))
    cells = [f"{number:,}" for number in numbers]
    return (split.name, cells[0], cells[1] if survey.documents else "not recorded", *cells[2:])


def _examples(contents: Contents) -> Iterator[str]:
    pairs = contents.survey.examples
    if pairs:
        yield f"The first {_count(len(pairs), 'pair')} of a middling length without a flag:"
        yield ""
        yield from _table(_names(contents), ((_cell(pair.source.text), _cell(pair.target.text)) for pair in pairs))


_MEANINGS = {
    "id": "names the pair: document, line, sentence, and `+n` where it is n sentences",
    "doc": "the document; for a bitext without documents the file",
    "paragraph": "line of the first sentence in the document, from 0",
    "sentence": "which sentence of that line, from 0",
    "start": "where it begins in the decoded document, in code points; null where that is not known",
    "end": "where it ends, likewise",
    "source": "the {source}",
    "target": "the {target}",
    "score": "mean log-probability per token of the translation, in nats; null where nothing was decoded",
    "flags": "what to know of the pair; see below",
    "raw": "the {source} as it was found: spaces, entities, control characters and all",
    "source_sentences": "how many sentences of the document the source is",
    "target_doc": "the document of the target",
    "target_paragraph": "line of its first sentence, from 0",
    "target_sentence": "which sentence of that line, from 0",
    "target_sentences": "how many sentences it is",
    "target_start": "where it begins in its document",
    "target_end": "where it ends there",
    "target_raw": "the {target} as it was found",
    "license": "of the source document; null where it is not known",
    "words": "links between the words of the two, as `0-0 1-2`: numbers of tokens from 0, or places of characters",
    "terms": "what a glossary asked of the translation, as `source=target; …`, and spans that were to stay; `!` before "
    "what is not in it",
}


def _columns(contents: Contents) -> Iterator[str]:
    source, target = _names(contents)
    yield "## Columns"
    yield ""
    rows = [
        (f"`{name}`", kind.partition("<")[0] if not kind.startswith("list") else "list of string", _MEANINGS[name])
        for name, kind in contents.types.items()
        if not name.startswith(SIGNAL)
    ]
    yield from _table(("column", "type", ""), ((*row[:2], row[2].format(source=source, target=target)) for row in rows))
    if contents.columns.signals:
        yield ""
        yield f"and {_count(len(contents.columns.signals), 'signal')}, each a column `{SIGNAL}NAME`; see below."


# -- how it came to be ---------------------------------------------------------------------------------------------


def _making(contents: Contents) -> Iterator[str]:
    yield "## How it was made"
    yield ""
    yield f"Written by duizhao {contents.splits[0].meta.version}. {_told(contents)}"
    yield ""
    yield "```text"
    yield from contents.signatures
    yield "```"
    for spec in _models(contents):
        yield ""
        where = f"`{spec.repo}` at `{spec.revision}`" if spec.repo else f"`{spec.revision}`, inside duizhao"
        yield f"`{spec.name}` is {where}. {spec.notes}".rstrip()
    encodings: dict[str, int] = {}
    for split in contents.splits:
        for name, n in split.encodings.items():
            encodings[name] = encodings.get(name, 0) + n
    if encodings:
        yield ""
        listed = ", ".join(f"{name} ({_count(n, 'file')})" for name, n in sorted(encodings.items()))
        yield f"Encodings of the files it was made from: {listed}."
    scripts = contents.survey.scripts
    if scripts:
        yield ""
        yield (
            f"Of the {_count(scripts.total(), 'source')} with a character that belongs to one script only, "
            f"{scripts['Hans']:,} are in Simplified, {scripts['Hant']:,} in Traditional characters, and "
            f"{scripts['both']:,} have some of both."
        )


def _told(contents: Contents) -> str:
    if any(signature.startswith("bitext|") for signature in contents.signatures):
        return "How the pairs were made is not recorded; this names the files they were read from, by their SHA-256:"
    if len(contents.signatures) > 1:
        return "Not all pairs were made alike; these signatures name everything that can change what came out:"
    return "The signature names everything that can change what came out:"


def _models(contents: Contents) -> list[ModelSpec]:
    """The models that signatures name, as far as we know them: of the same files, or we know nothing of them."""
    found: dict[str, ModelSpec] = {}
    for fields in map(fields_of, contents.signatures):
        spec = known().get(fields.get("model", ""))
        if spec is not None and spec.fingerprint.startswith(fields.get("rev", "none")):
            found[spec.name] = spec
    return list(found.values())


def _licences(contents: Contents) -> Iterator[str]:
    survey = contents.survey
    yield "## Licences"
    yield ""
    yield "Of the sources, as each document or whoever made this dataset says. Nothing was guessed."
    yield ""
    of_documents = list(survey.documents.values())
    rows = [
        (
            _UNKNOWN if name is None else _cell(name),
            f"{of_documents.count(name):,}" if survey.documents else "not recorded",
            f"{n:,}",
        )
        for name, n in sorted(survey.licenses.items(), key=lambda item: (-item[1], item[0] or ""))
    ]
    yield from _table(("licence", "documents", "pairs"), rows, "-rr")
    if n_unknown := survey.licenses[None]:
        yield ""
        yield (
            f"**The licence of {_count(n_unknown, 'pair')} is not known.** Whoever uses them has to find out what the "
            "sources allow."
        )
    if contents.origin == "machine":
        yield ""
        yield from _licence_of_the_model(contents)


def _licence_of_the_model(contents: Contents) -> Iterator[str]:
    specs = _models(contents)
    if not specs:
        yield "The licence of the model that translated is not known."
    for spec in specs:
        yield (
            f"The model that translated, `{spec.name}`, is under {spec.licence}; that is apart from the licences of "
            "the sources."
        )


# -- what is known of the pairs ------------------------------------------------------------------------------------


def _share(n: int, total: int) -> str:
    share = f"{n / total:.1%}".replace(".0%", "%")
    return "less than 0.1%" if n and share == "0%" else share


def _flags(contents: Contents) -> Iterator[str]:
    survey = contents.survey
    yield "## Flags"
    yield ""
    if not survey.flags:
        yield "No pair carries a flag."
        return
    yield f"Pairs with at least one: {survey.n_flagged:,} of {survey.n_pairs:,}."
    yield ""
    rows = [
        (f"`{name}`", f"{n:,}", _share(n, survey.n_pairs), _meaning(name))
        for name, n in sorted(survey.flags.items(), key=lambda item: (-item[1], item[0]))
    ]
    yield from _table(("flag", "pairs", "share", "meaning"), rows, "-rr-")


def _meaning(flag: str) -> str:
    """What a flag says; ``contaminated:NAME`` is what ``contaminated`` is."""
    base = flag.partition(":")[0]
    return next((_cell(one.meaning) for one in Flag if one.value == base), "not one of this version of duizhao")


def _signals(contents: Contents) -> Iterator[str]:
    found = contents.survey.signals
    if not found:
        return
    yield "## Numbers"
    yield ""
    versions: dict[str, int] = {}
    for split in contents.splits:
        versions |= split.meta.signals
    rows = [_signal_row(name, one, versions.get(name, "")) for name, one in found.items()]
    yield from _table(("column", "version", "pairs", "least", "mean", "most", ""), rows, "-rrrrr-")


def _signal_row(name: str, found: Range, version: object) -> tuple[object, ...]:
    signal = SIGNALS.get(name) or ACROSS.get(name)
    values = [f"{value:,.4g}" for value in (found.low, found.mean, found.high)]
    if signal is not None and signal.unit == "index":  # of such a number there is no more or less
        values = ["", "", ""]
    meaning = _MEANINGS[SCORE] if name == SCORE else signal.meaning if signal else ""
    return (f"`{name}`" if name == SCORE else f"`{SIGNAL}{name}`", version, f"{found.n:,}", *values, meaning)


def _filtering(contents: Contents) -> Iterator[str]:
    waterfall = contents.waterfall
    if waterfall is None:
        return
    total, kept = waterfall["total"], waterfall["kept"]
    yield "## Filtering"
    yield ""
    yield (
        f"A filter kept {kept['pairs']:,} of {total['pairs']:,} pairs ({_share(kept['pairs'], total['pairs'] or 1)}), "
        f"with {kept['words']:,} of {total['words']:,} words of the target. What each rule refused: alone; in this "
        "order, of what the rules before it had left; and no other rule."
    )
    yield ""
    yield from _table(
        ("rule", "refuses unless", "alone", "in order", "only by it", "words only by it"),
        map(_rule_row, waterfall["rules"]),
        "--rrrr",
    )


def _rule_row(rule: dict[str, Any]) -> tuple[str, ...]:
    pairs = (f"{rule[how]['pairs']:,}" for how in ("alone", "in_order", "only"))
    passes = f"no {rule['rule']}" if rule["rule"].startswith("flag ") else rule["rule"]
    return (f"`{rule['name']}`", f"`{passes}`", *pairs, f"{rule['only']['words']:,}")


# -- how to use it -------------------------------------------------------------------------------------------------


def _loading(contents: Contents) -> Iterator[str]:
    split = contents.splits[0].name
    yield "## How to load it"
    yield ""
    yield "```python"
    yield "from datasets import load_dataset"
    yield ""
    yield f'pairs = load_dataset("path/to/this/folder", split="{split}")  # or OWNER/NAME, once it is on the hub'
    if contents.survey.flags:
        yield 'without_flags = pairs.filter(lambda pair: not pair["flags"])'
    yield "```"
    yield ""
    yield "```sql"
    yield f"SELECT source, target FROM 'data/{split}-*.parquet' WHERE len(flags) = 0;  -- DuckDB, in this folder"
    yield "```"


def _limits(contents: Contents) -> Iterator[str]:
    survey, (source, target) = contents.survey, _names(contents)
    versions = {name for split in contents.splits for name in split.meta.signals}
    yield "## Known limits"
    yield ""
    if contents.origin == "machine":
        yield f"- The {target} is what a model wrote. To train on it is to learn that model's errors, too."
    if survey.n_flagged:
        share = _share(survey.n_flagged, survey.n_pairs)
        yield f"- {share} of the pairs carry a flag; they are in the data all the same."
    if survey.licenses[None]:
        yield f"- The licence of {_share(survey.licenses[None], survey.n_pairs)} of the pairs is not known."
    if not survey.signals.keys() - {SCORE}:
        yield "- No signals were computed: numbers, names and completeness of the two sides were not compared."
    if Flag.DUPLICATE not in versions:
        yield "- duizhao did not look for copies and near copies of pairs."
    if sets := _test_sets(contents):
        yield f"- Lines of these test sets were looked for, and of no others: {', '.join(sets)}."
    else:
        yield "- duizhao did not look for lines of public test sets."
    if survey.n_several:
        yield f"- {_count(survey.n_several, 'pair')} are not one sentence and one sentence."
    if survey.documents:
        yield "- The documents themselves are not in it; offsets count in them."
    else:
        yield f"- Which document a {source} sentence stood in is not recorded, and so are no offsets."


def _test_sets(contents: Contents) -> list[str]:
    """The test sets that every split was held against."""
    first, *others = [split.meta.environment.get("benchmarks", "").split() for split in contents.splits]
    return [name for name in first if all(name in names for names in others)]


def _checking(contents: Contents) -> Iterator[str]:
    yield "## Checking it"
    yield ""
    yield (
        "`sha256sum -c SHA256SUMS`, in this folder, checks every file but that one. `croissant.json` describes the "
        "data for programs, by the Croissant format of MLCommons."
    )
