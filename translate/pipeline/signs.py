"""How the signs of a sentence come through a model that may not know them.

Two halves. A sign at an edge of the sentence, or beside a mark between its clauses, is not given to the model at all
(`readable`). Afterwards source and translation are laid beside each other, signs that the model copied stay where it
put them, what it broke or changed is set right, and what is not there is put where it belongs (`carry_over`). The
second half needs nothing but the two texts: so it is the same for every engine, is done where a text is delivered, and
a better one costs no decoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from translate.text.signs import (
    BROKEN,
    END_MARKS,
    Sign,
    SignKind,
    find_signs,
    is_bound,
    n_plain,
    numeral,
    plain_pattern,
    skeleton,
    wording,
)

__all__ = ["VERSION", "carry_over", "put_in", "readable"]

VERSION = 2
"""Raised when the same source and hypothesis give another text; part of the signature."""

_MARK = re.compile(r"[，；：、。！？…；;!?]+|,(?!\d)|:(?![\d/])")
_ENGLISH_MARK = re.compile(r"[,;:!?…]+(?=[\s\"”’)]|$)|\.+(?=[\s\"”’)]|$)")
_OPENERS = re.compile(r"\A[\s\"“‘'(\[（《〈「『【]*")
_BESIDE = "，；：、。！？…,;:!?"
_TAIL = re.compile(END_MARKS + r"\Z")
_ONLY_MARKS = re.compile(rf"\A{END_MARKS}")
_NEXT = re.compile(r"(\s?)([A-Za-z]+|\d[\d.,]*)")
_BEFORE = re.compile(r"([A-Za-z]+|\d[\d.,]*%?)(\s?)$")
_PIECES = re.compile("\u200d|\ufe0e|\ufe0f|[\U0001f3fb-\U0001f3ff]")
_EMOJI = re.compile("[\u2ff0-\u2fff\U0001f000-\U0001faff]")
"""What no model may put where the source has no sign; it does so for characters that it does not know."""
_CODE = re.compile(r"`\s+([^`\s][^`]*?)\s+`")
_MOST = 40_000
_NARROW = str.maketrans("￥￡￠￦｜￨丨", "¥£¢₩|||")
"""English has these in one width, and tokenizers make that of them."""


@dataclass(frozen=True, slots=True)
class _SignRun:
    """Signs next to one another.

    Attributes:
        start: of the first.
        end: of the last.
        text: all of them.
        signs: one or more; none where only broken bytes stand.
    """

    start: int
    end: int
    text: str
    signs: tuple[Sign, ...]

    @property
    def kind(self) -> SignKind | None:
        """That of the first sign."""
        return self.signs[0].kind if self.signs else None

    @property
    def is_broken(self) -> bool:
        """Whether bytes of it that are no character."""
        return BROKEN in self.text


# --- what the model reads


def readable(source: str) -> str:
    """What is given to the model: the sentence without the signs that can be put back exactly.

    Those are signs at its edges, and pictures and faces beside a mark between clauses. One that belongs to a number or
    letter (``₩1000``), and one between words (我❤️北京), is a part of what is said, and stays.
    """
    kept, end = [], 0
    for run in _runs(source):
        if _is_loose(run, source):
            kept.append(source[end : run.start])
            end = run.end
    if not end:
        return source
    kept.append(source[end:])
    joined = kept[0].rstrip() if not kept[0].strip() else kept[0]
    for part in kept[1:]:
        joined = joined.rstrip() + part.lstrip() if joined[-1:].isspace() and part[:1].isspace() else joined + part
    return joined.strip()


def _is_loose(run: _SignRun, source: str) -> bool:
    if any(sign.kind is SignKind.IDEOGRAPH or is_bound(sign, source) for sign in run.signs):
        return False
    head, tail = source[: run.start].rstrip(), source[run.end :].lstrip()
    if not _bare(head).strip() or not _ONLY_MARKS.sub("", _bare(tail), count=1):
        return True
    is_picture = all(sign.kind in (SignKind.PICTURE, SignKind.FACE) for sign in run.signs)
    return is_picture and (head[-1] in _BESIDE or tail[0] in _BESIDE)


def _bare(text: str) -> str:
    """A text without its signs."""
    signs = find_signs(text)
    if not signs:
        return text
    ends = [0, *(sign.end for sign in signs)]
    starts = [*(sign.start for sign in signs), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))


def _runs(text: str) -> list[_SignRun]:
    """The signs of a text, those without anything between them together."""
    runs: list[list[Sign]] = []
    for sign in find_signs(text):
        if runs and runs[-1][-1].end == sign.start and SignKind.IDEOGRAPH not in (sign.kind, runs[-1][-1].kind):
            runs[-1].append(sign)
        else:
            runs.append([sign])
    return [_SignRun(run[0].start, run[-1].end, text[run[0].start : run[-1].end], tuple(run)) for run in runs]


# --- what is delivered


def carry_over(source: str, target: str) -> str:
    """A translation with the signs of its source, and without broken bytes.

    Args:
        source: the sentence.
        target: what the decoder said.

    Returns:
        The target as it is where neither has signs. U+FFFD is never in it, nor an emoji where the source has no sign.
    """
    source, broken = source.translate(_NARROW), BROKEN in target
    runs = _runs(source)
    if not runs and not broken and not _EMOJI.search(target):
        return target
    slots = _slots(target)
    matches = _matches(runs, slots, source, target)
    taken = {j for _, j in matches}
    edits = [_Edit(slots[j].start, slots[j].end, runs[i].text) for i, j in matches if slots[j].text != runs[i].text]
    for j, slot in enumerate(slots):
        if j not in taken and (slot.is_broken or (runs and _is_invented(slot)) or _EMOJI.match(slot.text)):
            edits.append(_Edit(slot.start, slot.end, ""))
    edits += _placed(runs, {i: slots[j] for i, j in matches}, source, target)
    carried = _apply(target, edits).replace(BROKEN, "")
    return _CODE.sub(r"`\1`", carried) if "`" in source else carried


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change of the target: ``[start, end)`` becomes ``text``.

    Attributes:
        start: first character.
        end: one past the last; ``start`` for what is put in.
        text: what stands there then.
        before: blank before it, when it is put in; None: where it takes one.
        after: blank after it.
    """

    start: int
    end: int
    text: str
    before: str | None = None
    after: str | None = None


_SLOT_GAP = re.compile("[\ufffd\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]+")


def _slots(target: str) -> list[_SignRun]:
    """The places of the target where a sign stands, or what was to be one."""
    spans: list[tuple[int, int, tuple[Sign, ...]]] = [(each.start, each.end, (each,)) for each in find_signs(target)]
    covered = {at for start, end, _ in spans for at in range(start, end)}
    spans += [
        (match.start(), match.end(), ())
        for match in _SLOT_GAP.finditer(target)
        if not covered.intersection(range(*match.span()))
    ]
    slots: list[_SignRun] = []
    for start, end, signs in sorted(spans):
        if slots and slots[-1].end == start and SignKind.IDEOGRAPH not in {sign.kind for sign in signs}:
            last = slots.pop()
            slots.append(_SignRun(last.start, end, target[last.start : end], (*last.signs, *signs)))
        else:
            slots.append(_SignRun(start, end, target[start:end], signs))
    return slots


def _is_invented(slot: _SignRun) -> bool:
    """Whether what is matched by nothing has to go: not € and °, which are ways to write a word."""
    return not slot.signs or slot.kind in (SignKind.PICTURE, SignKind.FACE)


def _matches(runs: Sequence[_SignRun], slots: Sequence[_SignRun], source: str, target: str) -> list[tuple[int, int]]:
    """Which run of the source stands in which slot: in order as far as can be, then what is the same elsewhere."""
    if not slots:
        return []
    matches = _in_order(runs, slots, _Sides(source, target))
    found, taken = {i for i, _ in matches}, {j for _, j in matches}
    for i, run in enumerate(runs):
        if i not in found:
            same = (j for j, slot in enumerate(slots) if j not in taken and _is_same(run, slot))
            if (j := next(same, None)) is not None:
                taken.add(j)
                matches.append((i, j))
    return sorted(matches)


def _is_same(run: _SignRun, slot: _SignRun) -> bool:
    return skeleton(run.text) == skeleton(slot.text)


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both texts, to see how much a run of the one is like a slot of the other."""

    source: str
    target: str

    def likeness(self, run: _SignRun, slot: _SignRun) -> float:
        """From 0, where a slot cannot be what became of a run, to 10; of two that are alike the nearer one is more."""
        likeness = self._kinship(run, slot)
        distance = abs(run.start / len(self.source) - slot.start / len(self.target))
        return likeness and likeness - distance + 1.5 * (not _is_loose(run, self.source))

    def _kinship(self, run: _SignRun, slot: _SignRun) -> int:
        if _is_same(run, slot):
            return 8
        are_terms = SignKind.TERM in (run.kind, slot.kind)
        if not are_terms and set(skeleton(run.text)) & set(slot.text):
            return 4
        if slot.is_broken or not slot.signs:
            return 2
        if are_terms:
            return 3 if run.kind is slot.kind and self._have_one_number(run, slot) else 0
        return 0 if SignKind.IDEOGRAPH in (run.kind, slot.kind) else 2

    def _have_one_number(self, run: _SignRun, slot: _SignRun) -> bool:
        ours, theirs = _NEXT.match(self.source, run.end), _NEXT.match(self.target, slot.end)
        return bool(ours and theirs and ours[2][0].isdigit() and _digits(ours[2]) == _digits(theirs[2]))


def _digits(number: str) -> str:
    return number.rstrip(".,").replace(",", "")


def _in_order(runs: Sequence[_SignRun], slots: Sequence[_SignRun], sides: _Sides) -> list[tuple[int, int]]:
    """The best pairs in ascending order, by dynamic programming; where there are too many for that, in turn."""
    if len(runs) * len(slots) > _MOST:
        return [(k, k) for k in range(min(len(runs), len(slots))) if sides.likeness(runs[k], slots[k])]
    best = [[0.0] * (len(slots) + 1) for _ in range(len(runs) + 1)]
    for i, run in enumerate(runs):
        for j, slot in enumerate(slots):
            both = best[i][j] + sides.likeness(run, slot)
            best[i + 1][j + 1] = max(best[i][j + 1], best[i + 1][j], both)
    pairs = []
    i, j = len(runs), len(slots)
    while i and j:
        if best[i][j] == best[i - 1][j]:
            i -= 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


# --- where a sign is put that the model left out


def _placed(runs: Sequence[_SignRun], matched: dict[int, _SignRun], source: str, target: str) -> Iterator[_Edit]:
    floor = 0
    for i, run in enumerate(runs):
        if i in matched:
            floor = max(floor, matched[i].end)
            continue
        if run.kind is SignKind.IDEOGRAPH or all(wording(sign, source, target) for sign in run.signs):
            continue
        if (edit := _written_plainly(run, source, target)) and edit.start >= floor:
            floor = edit.end
            yield edit
            continue
        ceiling = min((matched[k].start for k in range(i + 1, len(runs)) if k in matched), default=len(target))
        edit = _place(run, source, target)
        if edit.start < floor or edit.start > max(floor, ceiling):
            at = floor if edit.start < floor else max(floor, ceiling)
            edit = _Edit(at, at, run.text)
        floor = edit.start
        yield edit


def put_in(source: str, target: str, spans: Sequence[tuple[int, int, str]]) -> str:
    """A translation with what it lacks of its source, each where it belongs as far as that shows.

    Args:
        source: the sentence.
        target: its translation, without any of them.
        spans: start and end in the source, and what is to stand in the target.
    """
    edits = []
    floor = 0
    for start, end, text in spans:
        edit = _place(_SignRun(start, end, text, ()), source, target)
        at = max(floor, edit.start)
        edits.append(edit if at == edit.start else _Edit(at, at, text))
        floor = at
    return _apply(target, edits)


def _written_plainly(run: _SignRun, source: str, target: str) -> _Edit | None:
    """A ① that the tokenizer made 1 of: in the place of that number, where the source has no such number itself."""
    plain = numeral(run.text)
    if not plain or n_plain(plain, target) <= n_plain(plain, source):
        return None
    match = plain_pattern(plain).search(target)
    return match and _Edit(match.start(), match.end(), run.text)


def _place(run: _SignRun, source: str, target: str) -> _Edit:
    head, tail = source[: run.start], source[run.end :]
    if not _OPENERS.sub("", _bare(head), count=1):
        at = len(target) - len(_OPENERS.sub("", target, count=1)) if _bare(head).strip() else 0
        return _Edit(at, at, run.text)
    if not _ONLY_MARKS.sub("", _bare(tail), count=1):
        return _at_end(run, _bare(head).rstrip(), _bare(tail), target)
    return _beside_token(run, source, target) or _beside_mark(run, source, target) or _somewhere(run, source, target)


def _at_end(run: _SignRun, head: str, tail: str, target: str) -> _Edit:
    """Behind everything, or before the last marks where it stands before those of the source."""
    at = len(target)
    if tail.strip() and not _ONLY_MARKS.fullmatch(head[-1:]):
        at = len(_TAIL.sub("", target, count=1))
    return _Edit(at, at, run.text)


def _beside_token(run: _SignRun, source: str, target: str) -> _Edit | None:
    """At the number or Latin word that it stands at, where that is in the target."""
    head, tail = source[: run.start], source[run.end :]
    if after := _NEXT.match(tail):
        place = _find_token(after[2], head, target)
        if place:
            return _Edit(place[0], place[0], run.text, after=after[1])
    if before := _BEFORE.search(head):
        place = _find_token(before[1], head[: before.start()], target)
        if place:
            return _Edit(place[1], place[1], run.text, before=before[2])
    return None


def _find_token(token: str, head: str, target: str) -> tuple[int, int] | None:
    """Where a token stands in the target, as many before it as there are in the source."""
    token = token.rstrip(".,")
    digits = token.replace(",", "")
    if digits[:1].isdigit():
        pattern = re.compile(rf"(?<![\d.,]){',?'.join(map(re.escape, digits))}(?!\d|[.,]\d)")
    else:
        pattern = re.compile(rf"(?<![A-Za-z]){re.escape(token)}(?![A-Za-z])", re.IGNORECASE)
    places = [match.span() for match in pattern.finditer(target)]
    k = len(pattern.findall(head))
    return places[k] if k < len(places) else None


def _beside_mark(run: _SignRun, source: str, target: str) -> _Edit | None:
    """At the mark between clauses that it stands at, where both sides have as many."""
    marks = [match.span() for match in _MARK.finditer(source)]
    places = [match.span() for match in _ENGLISH_MARK.finditer(target)]
    start, end = _around(run, source)
    before = next((k for k, (first, _) in enumerate(marks) if first == end), None)
    after = next((k for k, (_, last) in enumerate(marks) if last == start), None)
    k = before if before is not None else after
    if k is None or not places:
        return None
    if len(marks) != len(places):
        share = marks[k][0] / len(source)
        inner = [n for n, (first, _) in enumerate(places) if first < len(target) - 1] or [0]
        k = min(inner, key=lambda n: abs(places[n][0] / len(target) - share))
        if abs(places[k][0] / len(target) - share) > 0.2:
            return None
    at = places[k][0] if before is not None else places[k][1]
    return _Edit(at, at, run.text)


def _around(run: _SignRun, source: str) -> tuple[int, int]:
    """Where the blanks and other signs around a run end."""
    runs = _runs(source)
    start, end = run.start, run.end
    while True:
        start_then, end_then = start, end
        start = len(source[:start].rstrip())
        start = next((other.start for other in runs if other.end == start), start)
        end = len(source) - len(source[end:].lstrip())
        end = next((other.end for other in runs if other.start == end), end)
        if (start, end) == (start_then, end_then):
            return start, end


def _somewhere(run: _SignRun, source: str, target: str) -> _Edit:
    """Between the two words that stand about where it does in its clause."""
    clauses = _clauses(source, [match.end() for match in _MARK.finditer(source)])
    others = _clauses(target, [match.end() for match in _ENGLISH_MARK.finditer(target)])
    k = next(k for k, (_, end) in enumerate(clauses) if run.start < end)
    (first, last), (low, high) = clauses[k], (0, len(target))
    if len(clauses) == len(others):
        low, high = others[k]
    else:
        first, last = 0, len(source)
    wanted = low + (run.start - first) / max(1, last - first) * (high - low)
    blanks = [match.start() for match in re.finditer(r"\s", target) if low < match.start() < high]
    at = min(blanks or [high], key=lambda place: abs(place - wanted))
    return _Edit(at, at, run.text)


def _clauses(text: str, ends: Sequence[int]) -> list[tuple[int, int]]:
    edges = sorted({0, *ends, len(text)})
    return list(pairwise(edges)) or [(0, 0)]


# --- the changes made


def _apply(target: str, edits: Sequence[_Edit]) -> str:
    out, end = "", 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        out += target[end : edit.start]
        end = edit.end
        rest = target[end:]
        if not edit.text:
            out, end = _closed(out, rest, end)
        elif edit.start < edit.end:
            out += edit.text
        else:
            before = edit.before if edit.before is not None else _blank_before(out, edit)
            after = edit.after if edit.after is not None else _blank_after(rest)
            out += before + edit.text + after
    return out + target[end:]


def _closed(out: str, rest: str, end: int) -> tuple[str, int]:
    """Nothing is left of a slot: nor are two blanks, or one before a mark."""
    if out[-1:].isspace() or not out:
        if not rest or rest[0] in ",.;:!?)":
            out = out.rstrip()
        elif rest[0].isspace():
            end += 1
    return out, end


def _blank_before(out: str, edit: _Edit) -> str:
    if edit.after == "" and out and not out[-1].isspace():
        return ""
    return "" if not out or out[-1].isspace() or out[-1] in '(["“‘' else " "


def _blank_after(rest: str) -> str:
    return " " if rest and not rest[0].isspace() and rest[0] not in ',.;:!?…)]"”’' else ""
