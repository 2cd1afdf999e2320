from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.align.anchors import coarse_band, find_chain
from corpus.align.english import english_sentences
from corpus.align.evidence import Bags, Evidence
from corpus.align.links import Link
from corpus.align.sentences import align_sentences
from corpus.lexicon.model1 import Lexicon
from corpus.lexicon.word_table import WordTable, packaged_table, parse_table
from translate.text.paragraphs import split_paragraphs
from translate.text.segment import segment_text

# A sentence, its machine translation, and the translation that a person made, in one or more sentences.
STORY = [
    ("那天晚上下了很大的雨。", "It rained a lot that night.", ["It rained heavily that night."]),
    ("他问：“你来吗？”", 'He asked, "Are you coming?"', ['"Are you coming?"', "That was what he asked."]),
    ("她没有回答，只是看着窗外的月亮。", "She did not answer, but looked at the moon outside the window.",
     ["She gave no answer.", "She was looking at the moon outside."]),
    ("第二天早上，他们去了北京。", "The next morning they went to Beijing.", ["Next morning they left for Beijing."]),
    ("火车走了12个小时。", "The train went for 12 hours.", ["The train took 12 hours."]),
    ("车上有许多士兵和几个老人。", "There were many soldiers and a few old people in the car.",
     ["There were many soldiers aboard, and a few old people."]),
    ("一个孩子在哭。", "A child is crying.", ["A child was crying."]),
    ("母亲给了他一块糖。", "Mother gave him a piece of sugar.", ["His mother gave him a piece of candy."]),
    ("到了车站，天已经黑了。", "By the station it was dark.", ["It was already dark when they reached the station."]),
    ("他们在一家小饭馆里吃了面条。", "They ate noodles in a small restaurant.",
     ["They had noodles at a small restaurant."]),
]  # fmt: skip


def story() -> tuple[list[str], list[str], list[str], list[tuple[list[int], list[int]]]]:
    sources, translations, targets, gold = [], [], [], []
    for index, (source, translation, english) in enumerate(STORY):
        gold.append(([index], list(range(len(targets), len(targets) + len(english)))))
        sources.append(source)
        translations.append(translation)
        targets += english
    return sources, translations, targets, gold


def plain(links: list[Link]) -> list[tuple[list[int], list[int]]]:
    return [(list(link.source), list(link.target)) for link in links]


def test_a_story_and_its_translation() -> None:
    sources, translations, targets, gold = story()
    links = align_sentences(sources, targets, translations)
    assert plain(links) == gold
    assert all(0.3 < link.score <= 1 for link in links)


def test_two_sentences_in_one() -> None:
    sources, translations, targets, _ = story()
    joined = [*targets[:5], targets[5] + " " + targets[6], *targets[7:]]
    assert ([3, 4], [5]) in plain(align_sentences(sources, joined, translations))


def test_sentences_that_are_not_translated_do_not_drag_the_rest_along() -> None:
    sources, translations, targets, gold = story()
    links = plain(align_sentences(sources, targets[:5] + targets[8:], translations))
    alone = [([i], []) for i in (3, 4, 5)]
    assert links == gold[:3] + alone + [([i], [j - 3 for j in js]) for (i,), js in gold[6:]]


def test_sentences_that_the_translator_added_do_not_drag_the_rest_along() -> None:
    sources, translations, targets, gold = story()
    links = plain(align_sentences(sources[:3] + sources[6:], targets, translations[:3] + translations[6:]))
    # Of the added ones the link before may take some, as if it had been translated at length.
    assert links[:2] == gold[:2]
    assert links[-4:] == [([i - 3], js) for (i,), js in gold[6:]]


def test_the_story_of_the_examples() -> None:
    """By a translator who joined, cut, and left out a sentence; docs/alignment.md reads the links one by one."""
    folder = Path(__file__).parents[3] / "examples"
    sources = [s.text for s in segment_text((folder / "kong-yiji.zh.txt").read_text("utf-8"))]
    english = split_paragraphs((folder / "kong-yiji.en.txt").read_text("utf-8"), "en")
    targets = [s.text for s in english_sentences(english)]
    links = align_sentences(sources, targets, [""] * len(sources))
    (alone,) = [sources[link.source.start] for link in links if not link.target]
    assert alone.startswith("因为他姓孔")
    heads = {
        sources[link.source.start][:4]: targets[link.target.start] for link in links if link.source and link.target
    }
    assert heads["做工的人"].startswith("Workmen")
    assert heads["所以过了"].startswith("So after a few days")
    assert heads["孔乙己是"].startswith("Kong Yiji was the only man")
    assert heads["孔乙己一"].startswith("Whenever he came in")
    assert heads["孔乙己便"].startswith("Then Kong Yiji flushed")


def test_paragraphs_count_as_far_as_they_go_together() -> None:
    sources, translations, targets, gold = story()
    own = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    theirs = [own[i] for (i,), js in gold for _ in js]
    alike = Evidence.of(sources, targets, translations, packaged_table(), (own, theirs))
    path = [(range(i, i + 1), range(js[0], js[-1] + 1)) for (i,), js in gold]
    alike.learn_from(path)
    assert alike.teaching.edges is not None
    begins = alike.teaching.edges.begins
    first, other = alike.source.begins[3], alike.source.begins[4]
    assert begins[first, alike.target.begins[gold[3][1][0]]] > 0.5
    assert begins[first, alike.target.begins[gold[4][1][0]]] < 0
    assert begins[other, alike.target.begins[gold[3][1][0]]] < 0


def test_without_translations_the_table_and_the_lengths_are_left() -> None:
    sources, _, targets, gold = story()
    links = plain(align_sentences(sources, targets, [""] * len(sources)))
    assert sum(link in gold for link in links) >= len(gold) - 2


def test_nothing_to_link() -> None:
    assert align_sentences([], [], []) == []
    assert plain(align_sentences(["好。"], [], ["Good."])) == [([0], [])]
    assert plain(align_sentences([], ["Good.", "Bad."], [])) == [([], [0]), ([], [1])]
    with pytest.raises(ValueError, match="1 translations for 2 sentences"):
        align_sentences(["好。", "坏。"], ["Good."], ["Good."])


TEXTS = st.lists(st.text(alphabet="好坏人大，。“”？aB1 ", max_size=12), max_size=12)
ENGLISH = st.lists(st.text(alphabet="good bad MAN.,?\"'12", max_size=24), max_size=12)


@settings(max_examples=25)
@given(TEXTS, ENGLISH, st.randoms(use_true_random=False))
def test_links_tile_both_sides_and_are_the_same_each_time(
    sources: list[str], targets: list[str], random: Random
) -> None:
    translations = [random.choice(targets) if targets else "" for _ in sources]
    links = align_sentences(sources, targets, translations)
    assert [i for link in links for i in link.source] == list(range(len(sources)))
    assert [j for link in links for j in link.target] == list(range(len(targets)))
    assert all(0 <= link.score <= 1 for link in links)
    assert align_sentences(sources, targets, translations) == links


def test_a_long_text_is_aligned_in_a_band() -> None:
    """With chapters missing on either side, and a passage that stands elsewhere."""
    rng = np.random.default_rng(7)
    words = [f"w{'abcdefghij'[i % 10]}{'klmnopqrst'[i // 10 % 10]}{'uvwxyzabcd'[i // 100]}" for i in range(1000)]
    texts = [" ".join(rng.choice(words, 8)) + "." for _ in range(600)]
    left = list(range(150)) + list(range(250, 600))  # 150 to 249 are on the right only, 460 to 499 on the left only
    right = list(range(450)) + list(range(500, 600)) + list(range(450, 460))
    links = align_sentences(["好。" for _ in left], [texts[k] for k in right], [texts[k] for k in left])
    found = {(left[i], right[j]) for link in links for i in link.source for j in link.target if link.score}
    common = (set(left) & set(right)) - set(range(450, 460))
    assert len({a for a, b in found if a == b} & common) > 0.99 * len(common)
    assert sum(a != b for a, b in found) < 0.01 * len(common)


def test_the_chain_rises_and_passes_over_what_is_out_of_order() -> None:
    numbers: dict[str, int] = {}
    target = Bags.of([["a", "the"], ["b", "the"], ["x", "y", "the"], ["c"], ["d"]], numbers)
    queries = [np.array([numbers[word] for word in words], np.int32) for words in (["a"], ["x", "y"], ["b"], ["c"], [])]
    chain = find_chain(queries, target, len(numbers))
    assert chain.tolist() in ([[0, 0], [1, 2], [3, 3]], [[0, 0], [2, 1], [3, 3]])


def test_short_texts_are_looked_at_as_a_whole() -> None:
    sources, translations, targets, _ = story()
    band = coarse_band(Evidence.of(sources, targets, translations, packaged_table()))
    assert band.n_places == (len(sources) + 1) * (len(targets) + 1)


def test_the_table_comes_back_as_it_was_written() -> None:
    lexicon = Lexicon(np.array([0, 0, 1], np.int32), np.array([1, 0, 1], np.int32), np.array([7.0, 3.0, 5.0]))
    table = WordTable(["好", "坏人"], np.array([10.0, 5.0]), ["good", "well"], lexicon)
    assert table.render() == "好\t10\twell 7 good 3\n坏人\t5\twell 5\n"
    assert parse_table(table.render().splitlines()).render() == table.render()


def test_chinese_is_cut_into_the_terms_of_the_table() -> None:
    table = packaged_table()
    assert "".join(table.cut("我们在北京，下雨了。")) == "我们在北京下雨了"
    assert "北京" in table.cut("我们在北京。")
    assert table.cut("龘") == ["龘"]
    assert table.cut("no Chinese") == []
