"""How good translations are against those of people: BLEU and chrF, as a whole, by document and by length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from translate.errors import UsageError
from translate.pipeline.comparison import PairedScore, load_sacrebleu, paired_scores

__all__ = ["LENGTHS", "Evaluation", "Group", "Score", "evaluate", "length_group"]

LENGTHS = (10, 20, 40, 80)
"""Upper ends of the groups by length, in characters of the source; the last group has no end."""

_SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Score:
    """A metric of one system on the whole text.

    Attributes:
        metric: ``BLEU`` or ``chrF``.
        score: 0 to 100.
        margin: half the width of the 95 % interval of bootstrap resampling, 1,000 samples.
        signature: of sacreBLEU: all that the score depends on.
    """

    metric: str
    score: float
    margin: float
    signature: str


@dataclass(frozen=True, slots=True)
class Group:
    """Some of the sentences.

    Attributes:
        kind: ``document`` or ``length``.
        name: the document's, or ``11-20`` for sources of 11 to 20 characters.
        n_sentences: how many.
        bleu: of each system, by name.
        chrf: of each system, by name.
    """

    kind: str
    name: str
    n_sentences: int
    bleu: Mapping[str, float]
    chrf: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found.

    Attributes:
        n_sentences: how many were scored.
        scores: of each system, by name; BLEU, then chrF.
        against_first: of each system but the first, by name: the paired bootstrap of the first and this one.
        groups: by document where documents are known, then by length; only those that have sentences.
        sentence_chrf: of each system, by name: a number for each sentence.
    """

    n_sentences: int
    scores: Mapping[str, tuple[Score, ...]]
    against_first: Mapping[str, tuple[PairedScore, ...]]
    groups: tuple[Group, ...]
    sentence_chrf: Mapping[str, tuple[float, ...]]

    def as_json(self) -> dict[str, Any]:
        """All but the numbers of single sentences, for `json.dumps`."""
        fields = asdict(self)
        del fields["sentence_chrf"]
        return fields


def length_group(n_chars: int) -> str:
    """The name of the group of a source of so many characters: ``1-10``, ``11-20`` … ``81-``."""
    first = 1
    for last in LENGTHS:
        if n_chars <= last:
            return f"{first}-{last}"
        first = last + 1
    return f"{first}-"


def evaluate(
    sources: Sequence[str],
    references: Sequence[str],
    systems: Mapping[str, Sequence[str]],
    documents: Sequence[str] | None = None,
) -> Evaluation:
    """Score what one or several systems made of the same sentences.

    The groups are scored as small corpora (BLEU of a few sentences says little), not as means of sentences.

    Args:
        sources: Chinese.
        references: a translation of each by people.
        systems: what each system made of them, by its name; the first is the one that others are compared with.
        documents: the document of each, by name.

    Raises:
        UsageError: there is no sentence or no system, the lists are not of one length, or sacreBLEU is not installed.
    """
    _check(sources, references, systems, documents)
    bleu_class, chrf_class, _ = load_sacrebleu()
    metrics = {"BLEU": bleu_class, "chrF": chrf_class}
    first, *others = systems
    scores = {name: tuple(_scores(metrics, list(texts), list(references))) for name, texts in systems.items()}
    against = {name: paired_scores(systems[first], systems[name], references) for name in others}
    groups = [("length", length_group(len(text))) for text in sources]
    named = [("document", name) for name in documents or ()]
    return Evaluation(
        len(sources),
        scores,
        against,
        (*_groups(named, metrics, references, systems), *_by_length(groups, metrics, references, systems)),
        {name: tuple(_each(chrf_class(), texts, references)) for name, texts in systems.items()},
    )


def _check(
    sources: Sequence[str],
    references: Sequence[str],
    systems: Mapping[str, Sequence[str]],
    documents: Sequence[str] | None,
) -> None:
    if not sources or not systems:
        raise UsageError("there is nothing to score: expected at least one sentence and one system")
    lists = {"references": references, **systems, **({"documents": documents} if documents is not None else {})}
    for name, texts in lists.items():
        if len(texts) != len(sources):
            raise UsageError(f"{name}: {len(texts)}, expected {len(sources)}, one for each sentence of the source")


def _scores(metrics: Mapping[str, Callable[[], Any]], texts: list[str], references: list[str]) -> Iterable[Score]:
    for name, metric_class in metrics.items():
        metric = metric_class()
        # With a single sentence each sample is that sentence.
        found = metric.corpus_score(texts, [references], n_bootstrap=_SAMPLES)
        yield Score(name, float(found.score), float(found._ci), str(metric.get_signature()))  # sacreBLEU's own name


def _each(metric: Any, texts: Sequence[str], references: Sequence[str]) -> Iterable[float]:
    return (round(float(metric.sentence_score(t, [r]).score), 1) for t, r in zip(texts, references, strict=True))


def _by_length(
    labels: Sequence[tuple[str, str]],
    metrics: Mapping[str, Callable[[], Any]],
    references: Sequence[str],
    systems: Mapping[str, Sequence[str]],
) -> list[Group]:
    found = _groups(labels, metrics, references, systems)
    return sorted(found, key=lambda group: int(group.name.split("-")[0]))


def _groups(
    labels: Sequence[tuple[str, str]],
    metrics: Mapping[str, Callable[[], Any]],
    references: Sequence[str],
    systems: Mapping[str, Sequence[str]],
) -> list[Group]:
    """A group for each label, in the order in which they come first."""
    members: dict[tuple[str, str], list[int]] = {}
    for index, label in enumerate(labels):
        members.setdefault(label, []).append(index)
    return [
        Group(
            kind,
            name,
            len(indices),
            *(
                {system: _corpus(metrics[metric], texts, references, indices) for system, texts in systems.items()}
                for metric in ("BLEU", "chrF")
            ),
        )
        for (kind, name), indices in members.items()
    ]


def _corpus(
    metric_class: Callable[[], Any], texts: Sequence[str], references: Sequence[str], indices: Sequence[int]
) -> float:
    chosen, wanted = [texts[i] for i in indices], [references[i] for i in indices]
    return float(metric_class().corpus_score(chosen, [wanted]).score)
