"""Ways in which pairs of a corpus go wrong, done to good ones.

Each takes a pair, one of its neighbours and a source of chance, and gives the pair corrupted, or None where that
cannot be done to this pair: no number can be swapped where there is none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from corpus.signals.keys import key
from translate.text.marks import HAN

__all__ = ["CORRUPTIONS", "Texts", "corrupted"]

Texts = tuple[str, str]
"""Source and target."""

_Corruption = Callable[[Texts, Texts, random.Random], Texts | None]

_CLAUSE = re.compile(r"(?<=[,;:.!?])\s+")
_CHINESE_CLAUSE = re.compile("(?<=[，；：。！？])")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: [A-Z][a-z]+)*")
_LATIN = re.compile(r"[A-Za-z]{4,}")
_HAN_RUN = re.compile(f"[{HAN}]{{2,4}}")
_FEWEST = 5
"""Words of a target below which nothing is cut out of it, or put in another order."""

_FOREIGN = tuple(Path(__file__).with_name("foreign.txt").read_text(encoding="utf-8").splitlines())


def corrupted(kind: str, pair: Texts, neighbour: Texts, chance: random.Random) -> Texts | None:
    """A pair corrupted, None where it cannot be, or would be the same as before.

    Args:
        kind: one of `CORRUPTIONS`.
        pair: a good one.
        neighbour: another pair of the same text.
        chance: what is chosen by chance is chosen by it.
    """
    made = CORRUPTIONS[kind](pair, neighbour, chance)
    if made is None or not made[0].strip() or not made[1].strip():
        return None
    return None if (key(made[0]), key(made[1])) == (key(pair[0]), key(pair[1])) and made[1] in pair[1] else made


def _dropped_clause(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """A clause of four words or more is missing in the target."""
    clauses = _CLAUSE.split(pair[1])
    long = [place for place, clause in enumerate(clauses) if len(clause.split()) >= 4]
    if len(clauses) < 2 or not long:
        return None
    place = chance.choice(long)
    return pair[0], " ".join(clauses[:place] + clauses[place + 1 :])


def _dropped_source(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """A clause of six characters or more is missing in the source: the target says more."""
    clauses = [clause for clause in _CHINESE_CLAUSE.split(pair[0]) if clause]
    long = [place for place, clause in enumerate(clauses) if len(clause) >= 6]
    if len(clauses) < 2 or not long:
        return None
    place = chance.choice(long)
    return "".join(clauses[:place] + clauses[place + 1 :]), pair[1]


def _truncated(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """The target stops after 40 to 80 % of its words."""
    words = pair[1].split()
    if len(words) < _FEWEST:
        return None
    return pair[0], " ".join(words[: max(1, int(len(words) * chance.uniform(0.4, 0.8)))])


def _added(pair: Texts, neighbour: Texts, chance: random.Random) -> Texts | None:
    """A clause of the neighbour stands in the target as well."""
    clauses = [clause for clause in _CLAUSE.split(neighbour[1]) if len(clause.split()) >= 4]
    return (pair[0], f"{pair[1]} {chance.choice(clauses)}") if clauses else None


def _swapped_number(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """A figure of the target is another one."""
    found = list(_NUMBER.finditer(pair[1]))
    if not found:
        return None
    number = chance.choice(found)
    digits = list(number[0])
    place = chance.choice([place for place, digit in enumerate(digits) if digit.isdigit()])
    digits[place] = chance.choice([digit for digit in "123456789" if digit != digits[place]])
    return pair[0], pair[1][: number.start()] + "".join(digits) + pair[1][number.end() :]


def _neighbour(pair: Texts, neighbour: Texts, _: random.Random) -> Texts | None:
    """The target is that of a neighbour."""
    return (pair[0], neighbour[1]) if key(neighbour[1]) != key(pair[1]) else None


def _loop(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """Some words are said three to ten times more."""
    words = pair[1].split()
    if len(words) < _FEWEST:
        return None
    size = chance.randint(1, 5)
    start = chance.randrange(len(words) - size + 1)
    group = words[start : start + size]
    rest = words[start + size :] if chance.random() < 0.5 else []
    return pair[0], " ".join(words[:start] + group * chance.randint(4, 11) + rest)


def _untranslated_name(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """A name in the target is left in Chinese characters."""
    names, runs = list(_NAME.finditer(pair[1])), _HAN_RUN.findall(pair[0])
    if not names or not runs:
        return None
    name = chance.choice(names)
    return pair[0], pair[1][: name.start()] + chance.choice(runs) + pair[1][name.end() :]


def _misspelt_name(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """A Latin word of the source has another letter in the target."""
    there = [word for word in _LATIN.findall(pair[0]) if word in pair[1]]
    if not there:
        return None
    word = chance.choice(there)
    place = chance.randrange(len(word))
    other = chance.choice([letter for letter in "aeioutnsrl" if letter != word[place].lower()])
    return pair[0], pair[1].replace(word, word[:place] + other + word[place + 1 :])


def _wrong_language(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """The target is in another European language."""
    return pair[0], chance.choice(_FOREIGN)


def _copied(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """The target is the source, or its end is left as it was."""
    if chance.random() < 0.5:
        return pair[0], pair[0]
    words, half = pair[1].split(), len(pair[0]) // 2
    return pair[0], " ".join(words[: len(words) // 2]) + " " + pair[0][half:]


def _shuffled(pair: Texts, _: Texts, chance: random.Random) -> Texts | None:
    """The words of the target are in no order."""
    words = pair[1].split()
    if len(words) < _FEWEST:
        return None
    chance.shuffle(words)
    return pair[0], " ".join(words)


CORRUPTIONS: Mapping[str, _Corruption] = {
    "neighbour": _neighbour,
    "dropped_clause": _dropped_clause,
    "dropped_source": _dropped_source,
    "truncated": _truncated,
    "added": _added,
    "swapped_number": _swapped_number,
    "loop": _loop,
    "untranslated_name": _untranslated_name,
    "misspelt_name": _misspelt_name,
    "wrong_language": _wrong_language,
    "copied": _copied,
    "shuffled": _shuffled,
}
"""By name, in the order of the tables."""
