"""The waterfall: what each rule costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.curation.rules import Rule

__all__ = ["Count", "Waterfall"]


@dataclass(slots=True)
class Count:
    """Pairs, and the English words in them."""

    pairs: int = 0
    words: int = 0

    def add(self, n_words: int) -> None:
        """One pair more."""
        self.pairs += 1
        self.words += n_words


@dataclass(slots=True)
class _Cost:
    """Of one rule: what it refuses whatever the others do, what is left for it in order, and what only it refuses."""

    alone: Count = field(default_factory=Count)
    in_order: Count = field(default_factory=Count)
    only: Count = field(default_factory=Count)


class Waterfall:
    """Counts what rules refuse.

    It adds up: ``total`` is ``kept`` and what all rules refused in order. Of no rule ``only`` is more than
    ``in_order``, nor that more than ``alone``.

    Args:
        rules: in the order in which they are asked.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.total = Count()
        self.kept = Count()
        self.costs = [(rule, _Cost()) for rule in rules]

    def add(self, n_words: int, refused_by: Collection[int]) -> None:
        """Count a pair.

        Args:
            n_words: of its target.
            refused_by: the rules that refuse it, by their places, each once and in order.
        """
        self.total.add(n_words)
        if not refused_by:
            self.kept.add(n_words)
        for rank, i in enumerate(refused_by):
            cost = self.costs[i][1]
            cost.alone.add(n_words)
            if rank == 0:
                cost.in_order.add(n_words)
            if len(refused_by) == 1:
                cost.only.add(n_words)

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {
            "total": _json(self.total),
            "kept": _json(self.kept),
            "rules": [
                {
                    "name": rule.name,
                    "rule": str(rule),
                    "alone": _json(cost.alone),
                    "in_order": _json(cost.in_order),
                    "only": _json(cost.only),
                }
                for rule, cost in self.costs
            ],
        }

    def lines(self) -> Iterator[str]:
        """All of it as a table, for a person."""
        names = [rule.name for rule, _ in self.costs]
        width = max(map(len, (*names, "rule")))
        yield f"{'rule':<{width}} {'alone':>18} {'in order':>18} {'only by it':>18}  refuses unless"
        yield f"{'':<{width}} " + " ".join([f"{'pairs':>9}{'words':>9}"] * 3)
        for rule, cost in self.costs:
            counts = " ".join(f"{count.pairs:>9}{count.words:>9}" for count in (cost.alone, cost.in_order, cost.only))
            yield f"{rule.name:<{width}} {counts}  {f'no {rule}' if rule.flag else rule}"
        share = self.kept.pairs / self.total.pairs if self.total.pairs else 1.0
        yield (
            f"kept {self.kept.pairs} of {self.total.pairs} pairs ({share:.1%}), "
            f"{self.kept.words} of {self.total.words} words"
        )


def _json(count: Count) -> dict[str, int]:
    return {"pairs": count.pairs, "words": count.words}
