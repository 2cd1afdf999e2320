"""Where the tags of a text go in its translation.

The range of a pair of tags goes to the words that translate those within it; a lone tag goes behind the word that
translates the one before it. Pairs stay within pairs, none is lost, and each that is opened is closed. Where the words
do not tell, a tag goes to the edge of its sentence, and the sentence is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from corpus.documents.segments import Rendering, Segment, Tag, TagSide

__all__ = ["Aligner", "Link", "Sentenced", "place"]

Link = tuple[int, int, int, int]
"""A range of the source and the range of the target that translates it: ``(start, end, start, end)``."""

Aligner = Callable[[str, str], Sequence[Link]]
"""Links between the words of a sentence and those of its translation."""


@dataclass(frozen=True, slots=True)
class Sentenced:
    """A sentence of a segment and its translation.

    Attributes:
        start: its first character in the text of the segment.
        end: one past the last.
        target: the translation.
    """

    start: int
    end: int
    target: str


@dataclass(slots=True)
class _Node:
    """A pair of tags with what is in it, or one tag alone.

    Attributes:
        tag: the one that opens, or the one alone.
        close: the one that closes; None for a tag alone.
        start: of its range in the source.
        end: one past the last.
        inner: what stands within it.
        lo: of its range in the target.
        hi: one past the last.
    """

    tag: Tag
    close: Tag | None
    start: int
    end: int
    inner: list[_Node] = field(default_factory=list)
    lo: int = 0
    hi: int = 0


@dataclass(slots=True)
class _Level:
    """Nodes of one parent that are being laid out.

    Attributes:
        nodes: those that are left, in order.
        at: where the next may begin.
        hi: where the parent ends.
        close: the tag that closes it.
    """

    nodes: Iterator[_Node]
    at: int
    hi: int
    close: Tag | None = None


def place(segment: Segment, sentences: Sequence[Sentenced], align: Aligner | None) -> tuple[Rendering, set[int]]:
    """Put a segment together again in the other language.

    Args:
        segment: the text and its tags.
        sentences: all sentences of it, in order.
        align: finds which words translate which; None where nothing can.

    Returns:
        The translation with every tag of the segment, and which of the sentences have one whose place is unsure.
    """
    if not segment.tags:
        text, ranges = _joined(segment.text, sentences)
        return Rendering(text, (), _both(sentences, ranges)), set()
    own = list(sentences)
    unsure: set[int] = set()
    kept = _take_out(segment, own, unsure)
    text, ranges = _joined(segment.text, own)
    finder = _Finder(segment.text, own, ranges, align, kept, unsure, segment.tags)
    forest = _forest(segment.tags)
    for node in _walk(forest):
        node.lo, node.hi = finder.range_of(node)
    strangers = {tag.pair for tag in segment.tags if tag.covers and tag.pair not in kept}
    tags: list[Tag] = []
    _lay_out(forest, 0, len(text), tags)
    return _apart(Rendering(text, tuple(tags), _both(sentences, ranges), not unsure), strangers), unsure


def _both(sentences: Sequence[Sentenced], ranges: Sequence[tuple[int, int]]) -> tuple[Link, ...]:
    return tuple((s.start, s.end, lo, hi) for s, (lo, hi) in zip(sentences, ranges, strict=True))


def _joined(source: str, sentences: Sequence[Sentenced]) -> tuple[str, list[tuple[int, int]]]:
    """The translations as one text, and where each stands in it."""
    text = ""
    ranges: list[tuple[int, int]] = []
    for sentence in sentences:
        start = len(text) + bool(text and sentence.target)
        text = f"{text} {sentence.target}" if text and sentence.target else text + sentence.target
        ranges.append((min(start, len(text)), len(text)))
    return text, ranges


# -- what is kept as it is -------------------------------------------------------------------------------------------


def _take_out(segment: Segment, sentences: list[Sentenced], unsure: set[int]) -> dict[int, tuple[int, int]]:
    """Take the texts that tags cover out of the translations, as the tags bring them along.

    Returns:
        By the pair of the tag, the sentence and the place in its translation where the text stood.
    """
    found: dict[int, tuple[int, int]] = {}
    for number, sentence in enumerate(sentences):
        covering = [t for t in segment.tags if t.covers and sentence.start <= t.at < sentence.end]
        target = sentence.target
        places: dict[int, int] = {}
        for tag in covering:
            content = segment.text[tag.at : tag.at + tag.covers]
            # Where the same comes twice, the second is looked for behind the first.
            same = [places[t.pair] for t in covering if t.pair in places and _text_of(segment, t) == content]
            spot = _find(content, target, max(same, default=0))
            if spot is None:
                unsure.add(number)
                continue
            start, end = spot
            target = target[:start] + target[end:]
            places = {pair: at - (end - start) if at >= end else at for pair, at in places.items()}
            places[tag.pair] = start
        sentences[number] = replace(sentence, target=target)
        found |= {pair: (number, at) for pair, at in places.items()}
    return found


def _text_of(segment: Segment, tag: Tag) -> str:
    return segment.text[tag.at : tag.at + tag.covers]


def _find(content: str, text: str, start: int) -> tuple[int, int] | None:
    """Where a text stands as it was, else but for case and spaces."""
    at = text.find(content, start)
    if at >= 0:
        return at, at + len(content)
    loose = r"\s*".join(map(re.escape, "".join(content.split())))
    if not loose or not re.search(r"\w", content):
        return None
    edges = (r"\b" if content[0].isalnum() else "", r"\b" if content[-1].isalnum() else "")
    match = re.compile(f"{edges[0]}{loose}{edges[1]}", re.IGNORECASE).search(text, start)
    return match.span() if match else None


# -- the tree of tags ------------------------------------------------------------------------------------------------


def _forest(tags: Sequence[Tag]) -> list[_Node]:
    """Tags as trees; one whose partner is not in the segment, or crosses another pair, stands alone."""
    paired = _nested(tags)
    top: list[_Node] = []
    stack: list[_Node] = []
    for tag in tags:
        if tag.side is TagSide.CLOSE and tag.pair in paired:
            node = stack.pop()
            node.close, node.end = tag, tag.at
            continue
        node = _Node(tag, None, tag.at, tag.at)
        (stack[-1].inner if stack else top).append(node)
        if tag.side is TagSide.OPEN and tag.pair in paired:
            stack.append(node)
    return top


def _nested(tags: Sequence[Tag]) -> set[int]:
    """The pairs that are opened and closed in the segment, each within whatever it was opened in."""
    closed = {tag.pair for tag in tags if tag.side is TagSide.CLOSE}
    found: set[int] = set()
    stack: list[int] = []
    for tag in tags:
        if tag.side is TagSide.OPEN and tag.pair in closed:
            stack.append(tag.pair)
        elif tag.side is TagSide.CLOSE and tag.pair in stack:
            while stack.pop() != tag.pair:
                pass
            found.add(tag.pair)
    return found


def _walk(nodes: Sequence[_Node]) -> Iterable[_Node]:
    waiting = [*reversed(nodes)]  # a page may nest a thousand tags, more than calls may stand within calls
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.inner)


def _lay_out(nodes: Sequence[_Node], lo: int, hi: int, tags: list[Tag]) -> None:
    """Give each node its final range, within that of what it stands in and behind its elder neighbours."""
    levels = [_Level(iter(sorted(nodes, key=lambda node: node.lo)), lo, hi)]
    while levels:
        level = levels[-1]
        node = next(level.nodes, None)
        if node is None:
            levels.pop()
            if level.close is not None:
                tags.append(replace(level.close, at=level.hi, covers=0))
            continue
        start = min(max(node.lo, level.at), level.hi)
        level.at = min(max(node.hi, start), level.hi)
        tags.append(replace(node.tag, at=start, covers=0))
        if node.close is not None:
            levels.append(_Level(iter(sorted(node.inner, key=lambda node: node.lo)), start, level.at, node.close))


# -- places ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Finder:
    """Finds the ranges of tags in one translation."""

    source: str
    sentences: Sequence[Sentenced]
    ranges: Sequence[tuple[int, int]]
    align: Aligner | None
    kept: dict[int, tuple[int, int]]
    unsure: set[int]
    tags: Sequence[Tag]
    _links: dict[int, Sequence[Link]] = field(default_factory=dict)

    def range_of(self, node: _Node) -> tuple[int, int]:
        """The range in the target; an empty one for a tag alone, and for a pair around nothing."""
        if node.tag.pair in self.kept:
            number, at = self.kept[node.tag.pair]
            spot = self.ranges[number][0] + at
            return spot, spot
        start, end = self._without_space(node.start, node.end)
        if start >= end:
            spot = self._spot(node)
            return spot, spot
        spots = self._kept_alone(start, end)
        if spots:
            return min(spots), max(spots)
        first = next((n for n, s in enumerate(self.sentences) if s.end > start), len(self.sentences) - 1)
        last = next((n for n in reversed(range(len(self.sentences))) if self.sentences[n].start < end), 0)
        if first == last:
            return self._within(first, start, end, node.tag)
        return (
            self._within(first, start, self.sentences[first].end, node.tag)[0],
            self._within(last, self.sentences[last].start, end, node.tag)[1],
        )

    def _kept_alone(self, start: int, end: int) -> list[int]:
        """Where that stands of which a pair has nothing but it: a link around code goes with the code."""
        inside = [tag for tag in self.tags if tag.covers and start <= tag.at < end]
        rest = list(self.source[start:end])
        for tag in inside:
            rest[tag.at - start : tag.at - start + tag.covers] = " " * tag.covers
        if not inside or _has_word("".join(rest)) or any(tag.pair not in self.kept for tag in inside):
            return []
        return [self.ranges[number][0] + at for number, at in (self.kept[tag.pair] for tag in inside)]

    def _without_space(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self.source[start].isspace():
            start += 1
        while end > start and self.source[end - 1].isspace():
            end -= 1
        return start, end

    def _within(self, number: int, start: int, end: int, tag: Tag) -> tuple[int, int]:
        """The range of what translates ``[start, end)`` of one sentence."""
        sentence, (lo, hi) = self.sentences[number], self.ranges[number]
        before, behind = self.source[sentence.start : start], self.source[end : sentence.end]
        if not _has_word(before) and not _has_word(behind):
            # All its words; a mark that is outside of the pair stays outside.
            return lo + _leading(before, sentence.target), hi - _trailing(behind, sentence.target)
        links = self.links(number)
        own = [link for link in links if link[0] < end and link[1] > start]
        found = _cover(own, links)
        is_word = sum(map(str.isalnum, self.source[start:end])) > 1  # a single character is rarely one that is missed
        if found is None and not own and (tag.is_style or not is_word):
            if is_word:
                self.unsure.add(number)
            spot = lo + self._nearest(number, start, end)[0]
            return spot, spot
        if found is None:
            self.unsure.add(number)
            return self._free(number, start, end)
        first, last = found
        if not _has_word(before) and not any(link[3] <= first for link in links):
            first = 0
        elif article := _ARTICLE.search(sentence.target, 0, first):
            first = first if any(link[3] > article.start() and link[2] < first for link in links) else article.start()
        if not _has_word(behind) and not any(link[2] >= last for link in links):
            last = len(sentence.target) - _trailing(behind, sentence.target)
        return lo + first, lo + max(first, last)

    def _free(self, number: int, start: int, end: int) -> tuple[int, int]:
        """For a pair whose words are not known the longest stretch of the sentence without what is kept outside of it.

        Else it would push that behind itself.
        """
        lo, hi = self.ranges[number]
        inside = {tag.pair for tag in self.tags if start <= tag.at < end}
        spots = sorted(lo + at for pair, (own, at) in self.kept.items() if own == number and pair not in inside)
        edges = [lo, *spots, hi]
        return max(pairwise(edges), key=lambda edge: edge[1] - edge[0])

    def _spot(self, node: _Node) -> int:
        """The place of what has no text of its own."""
        at, covered = node.start, node.start + node.tag.covers
        opens = node.tag.side is TagSide.OPEN and node.close is None
        for number, sentence in enumerate(self.sentences):
            lo, hi = self.ranges[number]
            if at <= sentence.start and not node.tag.covers:
                # Between two sentences: with the one that it follows closely, unless it opens what comes.
                follows = number > 0 and not opens and at <= self.sentences[number - 1].end
                return self.ranges[number - 1][1] if follows else lo
            if at < sentence.end:
                if not _has_word(self.source[sentence.start : at]):
                    return lo
                behind = self.source[covered : sentence.end]
                if not _has_word(behind):
                    return max(lo, hi - _trailing(behind, sentence.target))
                return lo + self._inside(number, at, covered)
        return self.ranges[-1][1] if self.ranges else 0

    def _inside(self, number: int, at: int, covered: int) -> int:
        """Behind the word that translates the one before; before the one that translates the next; else the end."""
        spot, is_sure = self._nearest(number, at, covered)
        if not is_sure:
            self.unsure.add(number)
            target = self.sentences[number].target
            return len(target) - _trailing("。", target)
        return spot

    def _nearest(self, number: int, at: int, covered: int) -> tuple[int, bool]:
        """The place next to what translates the words around ``[at, covered)``, and whether these stand next to it."""
        links = self.links(number)
        before = max((link[1] for link in links if link[1] <= at), default=-1)
        if before >= 0 and not _has_word(self.source[before:at]):
            return max(link[3] for link in links if link[1] == before), True
        after = min((link[0] for link in links if link[0] >= covered), default=-1)
        if after >= 0 and not _has_word(self.source[covered:after]):
            return min(link[2] for link in links if link[0] == after), True
        return max((link[3] for link in links if link[1] == before), default=0), False

    def _read(self, sentence: Sentenced) -> str:
        """The source without what was taken out of its translation, whose words would look for others; as long."""
        read = list(self.source[sentence.start : sentence.end])
        for tag in self.tags:
            if tag.pair in self.kept and sentence.start <= tag.at and tag.at + tag.covers <= sentence.end:
                at = tag.at - sentence.start
                read[at : at + tag.covers] = " " * tag.covers
        return "".join(read)

    def links(self, number: int) -> Sequence[Link]:
        """The links of a sentence; the source ranges are of the segment, the target ranges of the sentence."""
        if number not in self._links:
            sentence = self.sentences[number]
            found = self.align(self._read(sentence), sentence.target) if self.align else ()
            off = sentence.start
            self._links[number] = [(a + off, b + off, c, d) for a, b, c, d in found]
        return self._links[number]


def _has_word(text: str) -> bool:
    return any(map(str.isalnum, text))


_ARTICLE = re.compile(r"\b(?:the|an?) $", re.IGNORECASE)


def _cover(own: Sequence[Link], links: Sequence[Link]) -> tuple[int, int] | None:
    """The stretch of the target that has most of what some links lead to and least of what the others do.

    Returns:
        Its first character and one past its last; None where less than half of what they lead to is in it, or more
        than a third of it translates something else.
    """
    worth = dict.fromkeys(((c, d) for _, _, c, d in links), -1)
    worth |= dict.fromkeys(((c, d) for _, _, c, d in own), 1)
    words = sorted(worth)
    best, first, last = 0, 0, -1
    total, start = 0, 0
    for at, word in enumerate(words):  # the stretch with the largest sum (Bentley 1984, "Algorithm design techniques")
        if total <= 0:
            total, start = 0, at
        total += worth[word]
        if total > best:
            best, first, last = total, start, at
    inside = [worth[word] for word in words[first : last + 1]]
    n_own = inside.count(1)
    if not n_own or 2 * n_own < list(worth.values()).count(1) or 2 * inside.count(-1) > n_own:
        return None
    return words[first][0], max(end for _, end in words[first : last + 1])


_LAST_MARKS = re.compile(r"[^\w\s]*$")
_QUOTING = frozenset("\"'“”‘’「」『』()（）[]【】《》〈〉«»")
"""Marks that come in pairs; all others are points."""


def _leading(marks: str, target: str) -> int:
    """How many of the marks at the beginning of a translation stand for those at the beginning of the source."""
    return _trailing(marks[::-1], target[::-1])


def _trailing(marks: str, target: str) -> int:
    """How many of the marks at the end of a translation stand for those at the end of the source."""
    found = _LAST_MARKS.search(target)
    n = 0
    for mark, own in zip(reversed("".join(marks.split())), reversed(found[0] if found else ""), strict=False):
        if (mark in _QUOTING) is not (own in _QUOTING):
            break
        n += 1
    return n


def _apart(rendering: Rendering, strangers: set[int]) -> Rendering:
    """Put a blank between a word and the text that a tag brings along, where the translation did not have it."""
    text, moved = rendering.text, 0
    tags: list[Tag] = []
    blanks: list[int] = []
    for tag in rendering.tags:
        own = replace(tag, at=tag.at + moved)
        if tag.pair in strangers:
            if text[own.at - 1 : own.at].isalnum():
                text = f"{text[: own.at]} {text[own.at :]}"
                blanks.append(tag.at)
                own = replace(own, at=own.at + 1)
                moved += 1
            if text[own.at : own.at + 1].isalnum():
                text = f"{text[: own.at]} {text[own.at :]}"
                blanks.append(tag.at + 1)
                moved += 1
        tags.append(own)

    def behind(at: int) -> int:
        return at + sum(blank < at for blank in blanks)

    ranges = tuple((a, b, behind(c), behind(d)) for a, b, c, d in rendering.sentences)
    return replace(rendering, text=text, tags=tuple(tags), sentences=ranges)
