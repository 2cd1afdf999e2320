"""How many terms of a glossary are kept, what that does to BLEU, and how many spans come out as they went in.

    python -m benchmarks.terms glossary --source flores/dev.zh --reference flores/dev.en [--terms 300] [--engine native]
    python -m benchmarks.terms spans [--sentences 5000] [--engine native]

``glossary`` takes terms from the references: Chinese words that `corpus.words` links to a noun or a name of the
reference, one to one, drawn with a fixed seed. So what it asks for is what a person wrote, in some of the
sentences that it is asked of.
``spans`` makes sentences of frames with URLs, code, placeholders and so on in them.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from corpus.words.model import align_words
from translate.pipeline.translation import Translation
from translate.pipeline.translator import Translator
from translate.text.glossary import Glossary
from translate.text.keep import PATTERNS, Keep
from translate.text.terminology import Terminology, has_term, lost

_SEED = 19
_HAN = re.compile("[\u4e00-\u9fff]{2,8}")
_WORD = re.compile(r"\b[a-z][a-z\-]{3,}\b")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][A-Za-z\-]{2,}(?: (?:of |the )*[A-Z][A-Za-z\-]+)*")
_DETERMINED = r"\b(?:the|an?|this|these|its|their|his|her|many|several)\s+"


def linked_terms(source: str, target: str) -> Iterator[tuple[str, str]]:
    """Chinese words of a source, and the name or word of its reference that they are linked to and to nothing else."""
    links = align_words(source, target)
    for pattern in (_NAME, _WORD):
        for match in pattern.finditer(target):
            places = links.source_of(*match.span())
            if len(places) == 1 and links.target_of(*places[0]) == (match.span(),):
                chinese = source[slice(*places[0])]
                if _HAN.fullmatch(chinese):
                    yield chinese, match[0]


@cache
def _is_noun(word: str, references: str) -> bool:
    """Whether a word is a noun, as far as can be told: it stands behind a determiner and never behind "to"."""
    if word.endswith(("ed", "ing", "ly", "est", "er", "al", "ive", "ous")) or re.search(rf"\bto {word}\b", references):
        return False
    return bool(re.search(rf"{_DETERMINED}{word}(?:[,.;]| (?:of|in|and|is|was|are|were|for|that)\b)", references))


def draw_terms(sources: Sequence[str], references: Sequence[str], n: int) -> Glossary:
    """A glossary of so many terms: names and nouns; each is that in most references."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for source, reference in zip(sources, references, strict=True):
        for chinese, english in set(linked_terms(source, reference)):
            found[chinese][english] += 1
    everything = "\n".join(references)
    sure = []
    for chinese, counts in sorted(found.items()):
        english, times = counts.most_common(1)[0]
        n_there = sum(chinese in source for source in sources)
        is_term = english[0].isupper() or _is_noun(english, everything)
        if is_term and 3 * times >= 2 * n_there and len(counts) == 1:
            sure.append((chinese, english))
    return Glossary.of(random.Random(_SEED).sample(sure, min(n, len(sure))))


def kept(terminology: Terminology, pairs: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """How many terms of how many are kept."""
    n_asked = n_kept = 0
    for source, target in pairs:
        asked = dict.fromkeys((each.target, each.inflected) for each in terminology.asked(source))
        n_asked += len(asked)
        n_kept += sum(has_term(target, term, inflected=inflected) for term, inflected in asked)
    return n_kept, n_asked


def _without(said: Translation) -> str:
    """What a sentence would be without anything asked of it, as far as its first attempt is that."""
    return replace(said, attempts=said.attempts[:1], kept=0).text


def scores(hypotheses: Sequence[str], references: Sequence[str]) -> str:
    """BLEU and chrF as sacreBLEU computes them."""
    from sacrebleu.metrics import BLEU, CHRF

    bleu, chrf = BLEU().corpus_score(hypotheses, [references]), CHRF().corpus_score(hypotheses, [references])
    return f"BLEU {bleu.score:.2f}  chrF {chrf.score:.2f}"


def glossary(args: argparse.Namespace) -> None:
    """Measure a glossary."""
    sources = Path(args.source).read_text("utf-8").splitlines()[: args.limit]
    references = Path(args.reference).read_text("utf-8").splitlines()[: args.limit]
    terms = draw_terms(sources, references, args.terms)
    if args.show:
        print(terms.to_tsv())
    wanted = Terminology(terms, inflected=not args.exact)
    with Translator.load(args.model, engine=args.engine, beam_size=args.beam_size) as translator:
        began = time.perf_counter()
        if args.time:
            translator.translate_sentences(sources)
        between = time.perf_counter()
        after = translator.using(wanted).translate_sentences(sources)
        ended = time.perf_counter()
        print(translator.using(wanted).signature)
    touched = [i for i, source in enumerate(sources) if wanted.asked(source)]
    print(f"{len(terms.terms)} terms, asked of {len(touched)} of {len(sources)} sentences")
    kinds = Counter(after[i].best.kind.value for i in touched if after[i].best)
    print("kept attempts of those: " + ", ".join(f"{name} {n}" for name, n in kinds.most_common()))
    for name, texts in (("without", [_without(each) for each in after]), ("with", [each.text for each in after])):
        n_kept, n_asked = kept(wanted, [(sources[i], texts[i]) for i in touched])
        own = scores([texts[i] for i in touched], [references[i] for i in touched])
        print(
            f"{name:8} kept {n_kept}/{n_asked} = {n_kept / n_asked:.2%}  "
            f"all: {scores(texts, references)}  touched: {own}"
        )
    if args.time:
        print(f"time with / without: {(ended - between) / (between - began):.2f}")
    if args.show:
        for i in touched:
            missing = lost(wanted.asked(sources[i]), sources[i], after[i].text)
            if missing:
                print([each.target for each in missing], "|", sources[i], "|", after[i].text)


_FRAMES = (
    "请访问{}了解更多信息。", "他在{}的演讲中提到了这个问题。", "本月{}的销量超过了去年同期。",
    "请点击{}按钮，然后输入密码。",
    "如果{}不能用，请联系我们的客服。", "会议结束后，{}将发布新的公告。", "我们昨天收到了{}，谢谢你的帮助。",
    "根据{}的说明，先安装{}，再重新启动电脑。", "{}和{}有什么区别？", "昨天，{}引起了很多人的讨论。",
    "把文件发到{}，并在标题里写上{}。", "专家认为，{}可能会在明年进入市场，价格还没有公布。",
    "您好{}，您的订单{}已经发货。",
    "{}：这是今年最好的消息之一。", "更多细节见{}，或者询问{}。", "为了保证安全，系统会在{}之后自动关闭。",
)  # fmt: skip


def _span(kind: str, draw: random.Random) -> str:
    """A span of a kind."""
    word = "".join(draw.choice("abcdefghijklmnoprstuvwxyz") for _ in range(draw.randint(3, 8)))
    other = draw.choice(["data", "user", "count", "name", "total", "item", "page", "用户"])
    n = draw.randint(1, 9999)
    upper = word[: draw.randint(1, 3)].upper()
    han = draw.choice(["今天天气", "双十一", "人工智能", "旅行日记", "新年快乐", "读书"])
    return draw.choice({
        "url": [f"https://{word}.com/{other}?id={n}&x={word}#a", f"http://www.{word}.cn/{n}.html", f"www.{word}.org",
                f"{word}.com/{word}"],
        "email": [f"{word}.{n}@{word}.com", f"{word}@mail.{word}.com.cn"],
        "code": [f"`{word} --{word}={n}`", f"`import {word}`", f"`{word}({other})`"],
        "tag": [f'<x id="{n}"/>', f"<x id={n % 10}/>", f'<a href="{word}">', "</b>", "<br/>"],
        "placeholder": [f"{{{word}}}", f"{{{n % 10}}}", f"{{{{ {word} }}}}", "%s", f"%{n % 9 + 1}$s", f"${{{upper}}}",
                        f"%({word})s", "%d"],
        "hashtag": [f"#{han}#", f"#{word}{n % 100}", f"#{han}{word}#"],
        "mention": [f"@{word}_{n}", f"@{word}", f"@{word}.{word}"],
        "model": [f"{upper}-{n}", f"{upper}{n}", f"{upper}{n % 100}-{word[:2].upper()}", f"{upper}{n % 100}{word[0]}"],
    }[kind])  # fmt: skip


def spans_in_sentences(n: int) -> Iterator[str]:
    """Sentences with spans of every kind, the same each time."""
    draw = random.Random(_SEED)
    kinds = tuple(PATTERNS)
    for i in range(n):
        frame = _FRAMES[draw.randrange(len(_FRAMES))]
        own = [_span(kinds[(i + k) % len(kinds)], draw) for k in range(frame.count("{}"))]
        # A blank where the span would go on: Chinese in a hashtag or after a name.
        yield frame.format(*(f"{span} " if span[-1].isalnum() and span[:1] in "#@" else span for span in own))


def spans(args: argparse.Namespace) -> None:
    """Measure spans that stay."""
    wanted = Terminology.of(None, Keep.named("default"))
    texts = list(spans_in_sentences(args.sentences))
    with Translator.load(args.model, engine=args.engine, beam_size=args.beam_size) as translator:
        said = translator.using(wanted).translate_sentences(texts)
        print(translator.using(wanted).signature)
    n_asked = sum(len(wanted.asked(text)) for text in texts)
    for name, found in (("without --keep", map(_without, said)), ("with --keep", (one.text for one in said))):
        both = zip(said, found, strict=True)
        missing = [(each, one) for one, text in both for each in lost(wanted.asked(one.source), one.source, text)]
        print(
            f"{name:16}{1 - len(missing) / n_asked:.3%} of {n_asked} spans in {len(texts)} sentences "
            "come out as they went in"
        )
    if args.show:
        for each, one in missing:
            print(repr(each.target), "|", one.source, "|", one.text)
        for one in said[:40]:
            print(one.source, "|", one.text)
    kinds = Counter(one.best.kind.value for one in said if one.best)
    print("kept attempts: " + ", ".join(f"{name} {n}" for name, n in kinds.most_common()))


def main() -> None:
    """Measure either."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(required=True)
    first, second = parts.add_parser("glossary"), parts.add_parser("spans")
    first.add_argument("--source", required=True, help="Chinese, a sentence a line")
    first.add_argument("--reference", required=True, help="its translation by people")
    first.add_argument("--terms", type=int, default=300)
    first.add_argument("--exact", action="store_true", help="endings are not free")
    first.add_argument("--limit", type=int)
    first.add_argument("--time", action="store_true", help="how much longer it takes than without")
    first.set_defaults(run=glossary)
    second.add_argument("--sentences", type=int, default=5000)
    second.set_defaults(run=spans)
    for part in (first, second):
        part.add_argument("--model", default="zh-en-mini")
        part.add_argument("--engine", default="native")
        part.add_argument("--beam-size", type=int)
        part.add_argument("--show", action="store_true", help="print what is asked for, and what is lost")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
