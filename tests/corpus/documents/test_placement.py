"""Tags in their places: each opened one closed, none lost, whatever the words tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from corpus.documents.placement import Link, Sentenced, place
from corpus.documents.segments import Segment, Tag, TagSide


def linked(*links: Link):
    return lambda source, target: links


def shown(text: str, tags: Sequence[Tag]) -> str:
    """The text with its tags as ``<1>``, ``</1>`` and ``<1/>``."""
    found, at = "", 0
    for tag in tags:
        mark = {TagSide.OPEN: "<{}>", TagSide.CLOSE: "</{}>", TagSide.ALONE: "<{}/>"}[tag.side].format(tag.pair)
        found, at = found + text[at : tag.at] + mark, tag.at
    return found + text[at:]


def pair(number: int, start: int, end: int) -> list[Tag]:
    return [Tag(start, TagSide.OPEN, 0, number), Tag(end, TagSide.CLOSE, 0, number)]


def test_a_pair_goes_to_the_words_that_translate_those_within_it():
    segment = Segment("我们去公园。", tuple(pair(1, 3, 5)))
    links = linked((0, 2, 0, 2), (2, 3, 3, 5), (3, 5, 13, 17), (5, 6, 17, 18))
    found, unsure = place(segment, [Sentenced(0, 6, "We go to the park.")], links)
    assert shown(found.text, found.tags) == "We go to <1>the park</1>."
    assert unsure == set()
    assert found.sentences == ((0, 6, 0, 18),)


def test_a_pair_around_a_whole_sentence_needs_no_links_and_leaves_the_marks_where_they_were():
    found, unsure = place(Segment("我去。", tuple(pair(1, 0, 2))), [Sentenced(0, 3, "I go.")], None)
    assert shown(found.text, found.tags) == "<1>I go</1>."
    found, unsure = place(Segment("我去。", tuple(pair(1, 0, 3))), [Sentenced(0, 3, "I go.")], None)
    assert shown(found.text, found.tags) == "<1>I go.</1>"
    assert unsure == set()
    # A quotation mark within is none of the full stop outside.
    found, unsure = place(Segment("读“为何？”。", tuple(pair(1, 0, 6))), [Sentenced(0, 7, 'Read "Why?"')], None)
    assert shown(found.text, found.tags) == '<1>Read "Why?"</1>'


def test_a_pair_over_sentences_begins_in_one_and_ends_in_another():
    segment = Segment("我去。你来。", tuple(pair(1, 1, 4)))
    links = linked((0, 1, 0, 1), (1, 2, 2, 4))
    sentences = [Sentenced(0, 3, "I go."), Sentenced(3, 6, "U come.")]
    found, unsure = place(segment, sentences, links)
    assert shown(found.text, found.tags) == "I <1>go. U</1> come."
    assert unsure == set()


def test_where_no_word_tells_the_place_it_is_the_edge_of_the_sentence_and_reported():
    tags = (*pair(1, 0, 2), Tag(2, TagSide.ALONE, 0, 2))
    found, unsure = place(Segment("我们去。", tags), [Sentenced(0, 4, "We go.")], linked())
    assert shown(found.text, found.tags) == "<1>We go.</1><2/>"
    assert unsure == {0}


def test_a_style_of_words_that_are_gone_goes_with_them():
    links = linked((0, 1, 0, 2), (3, 4, 3, 5))
    bold = [Tag(1, TagSide.OPEN, 0, 1, is_style=True), Tag(3, TagSide.CLOSE, 0, 1)]
    found, unsure = place(Segment("我们就去。", tuple(bold)), [Sentenced(0, 5, "We go.")], links)
    assert (shown(found.text, found.tags), unsure) == ("We<1></1> go.", {0})
    # A link stays where it can be seen; around a single character, which is rarely a word, it is as a style.
    found, unsure = place(Segment("我们就去。", tuple(pair(1, 1, 3))), [Sentenced(0, 5, "We go.")], links)
    assert (shown(found.text, found.tags), unsure) == ("<1>We go.</1>", {0})
    found, unsure = place(Segment("我就去去。", tuple(pair(1, 1, 2))), [Sentenced(0, 5, "We go.")], links)
    assert (shown(found.text, found.tags), unsure) == ("We<1></1> go.", set())


def test_a_text_that_a_tag_covers_comes_out_as_it_is():
    segment = Segment("用 foo() 写。", (Tag(2, TagSide.ALONE, 0, 1, 5),))
    for target, expected in (
        ("Write with foo() now.", "Write with <1/> now."),
        ("Write with Foo () now.", "Write with <1/> now."),
        ("Write now.", "Write now <1/>."),
    ):
        found, unsure = place(segment, [Sentenced(0, 10, target)], linked())
        assert shown(found.text, found.tags) == expected
        assert unsure == ({0} if target == "Write now." else set())


def test_a_pair_whose_words_are_not_known_pushes_no_code_away():
    segment = Segment("用 f() 可以定制它。", (Tag(2, TagSide.ALONE, 0, 1, 3), *pair(2, 8, 10)))
    found, unsure = place(segment, [Sentenced(0, 11, "With f() more can be done.")], linked())
    assert shown(found.text, found.tags) == "With <1/><2> more can be done.</2>"
    assert unsure == {0}


def test_a_link_around_code_goes_with_the_code():
    segment = Segment("定制它用 f() 。", (pair(2, 5, 8)[0], Tag(5, TagSide.ALONE, 0, 1, 3), pair(2, 5, 8)[1]))
    found, unsure = place(segment, [Sentenced(0, 10, "With f() more can be done.")], linked())
    assert shown(found.text, found.tags) == "With <2><1/></2> more can be done."
    assert unsure == set()


def test_code_that_was_taken_out_is_not_looked_for_in_the_rest():
    segment = Segment("用 user 设用户。", (Tag(2, TagSide.ALONE, 0, 1, 4), *pair(2, 8, 10)))
    asked = []

    def align(source: str, target: str) -> Sequence[Link]:
        asked.append((source, target))
        return [(8, 10, 8, 12)]

    place(segment, [Sentenced(0, 11, "user sets a user.")], align)
    assert asked == [("用      设用户。", " sets a user.")]


def test_the_same_text_twice_is_found_twice():
    segment = Segment("%s 比 %s 大。", (Tag(0, TagSide.ALONE, 0, 1, 2), Tag(5, TagSide.ALONE, 0, 2, 2)))
    found, unsure = place(segment, [Sentenced(0, 9, "%s is larger than %s.")], linked())
    assert shown(found.text, found.tags) == "<1/> is larger than <2/>."
    assert unsure == set()


@st.composite
def marked(draw: st.DrawFn) -> tuple[Segment, list[Sentenced], Sequence[Link]]:
    """A text with tags, nested and not, of some sentences, with links of any kind."""
    sources = draw(st.lists(st.text("甲乙丙，。a1 ", min_size=1, max_size=8), min_size=1, max_size=3))
    text = "".join(sources)
    sentences, at = [], 0
    for source in sources:
        target = draw(st.text("abc xy.,()", max_size=12))
        sentences.append(Sentenced(at, at + len(source), target.strip()))
        at += len(source)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    tags: list[Tag] = []
    opened: list[int] = []
    for number, place_ in enumerate(places):
        choice = draw(st.sampled_from(["open", "close", "alone", "lost"]))
        if choice == "close" and opened:
            tags.append(Tag(place_, TagSide.CLOSE, number, opened.pop()))
        elif choice == "open":
            opened.append(number)
            tags.append(Tag(place_, TagSide.OPEN, number, number))
        elif choice == "alone":
            later = places[number + 1] if number + 1 < len(places) else len(text)
            end = next(s.end for s in sentences if s.end >= place_)
            covers = draw(st.integers(0, max(0, min(later, end) - place_)))
            tags.append(Tag(place_, TagSide.ALONE, number, number, covers))
        else:
            tags.append(Tag(place_, TagSide.CLOSE, number, 100 + number))
    spans = st.tuples(st.integers(0, 6), st.integers(1, 3), st.integers(0, 8), st.integers(1, 4))
    links = [
        (a, a + n, c, c + m) for a, n, c, m in draw(st.lists(spans, max_size=6)) if a + n <= len(text) and c + m <= 12
    ]
    return Segment(text, tuple(tags)), sentences, links


@given(marked())
def test_no_tag_is_lost_and_each_that_was_opened_is_closed(case):
    segment, sentences, links = case

    def align(source: str, target: str) -> Sequence[Link]:
        return [link for link in links if link[1] <= len(source) and link[3] <= len(target)]

    found, unsure = place(segment, sentences, align)
    assert unsure <= set(range(len(sentences)))
    same = Counter((tag.side, tag.number, tag.pair) for tag in segment.tags)
    assert Counter((tag.side, tag.number, tag.pair) for tag in found.tags) == same
    places = [tag.at for tag in found.tags]
    assert places == sorted(places)
    assert all(0 <= at <= len(found.text) for at in places)
    # Pairs that were nested are nested.
    stack: list[int] = []
    both = {t.pair for t in segment.tags if t.side is TagSide.OPEN} & {
        t.pair for t in segment.tags if t.side is TagSide.CLOSE
    }
    for tag in found.tags:
        if tag.pair in both and tag.side is TagSide.OPEN:
            stack.append(tag.pair)
        elif tag.pair in both:
            assert stack.pop() == tag.pair
    assert stack == []
    # Within a pair is what was within it.
    assert _parents(found.tags, both) == _parents(segment.tags, both)
    ends = [end for _, _, start, end in found.sentences for end in (start, end)]
    assert ends == sorted(ends)
    assert all(0 <= end <= len(found.text) for end in ends)


def _parents(tags: Sequence[Tag], both: set[int]) -> dict[tuple[int, TagSide], tuple[int, ...]]:
    stack: list[int] = []
    found = {}
    for tag in tags:
        if tag.pair in both and tag.side is TagSide.CLOSE:
            stack.pop()
        found[tag.pair, tag.side] = tuple(stack)
        if tag.pair in both and tag.side is TagSide.OPEN:
            stack.append(tag.pair)
    return found
