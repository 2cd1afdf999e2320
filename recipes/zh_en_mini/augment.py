"""Makes more pairs of the ones there are, so that the model meets text as documents bring it.

Each kind is a function from a pair and a random generator to a new pair, or None where it does not apply. What the
model must learn from them: digits and Latin names are copied, headings have no full stop, quotes come in many
shapes, Taiwan's words mean the same, spaces between characters mean nothing, signs and emoji stay what they are.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

from recipes.zh_en_mini.sources import Pair
from recipes.zh_en_mini.symbols import with_symbols
from translate.text.marks import HAN
from translate.text.numbers import SCALES

__all__ = ["KINDS", "RATES", "augment", "joined", "number_phrases"]

# Not \b: a Chinese character is a word character too.
_NUMBER = re.compile(
    r"(?<![A-Za-z\d_.,:/-])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![A-Za-z_])(?![\d.,:/-]*\d)"
)
# What a number is part of: a date, a time, an age, an amount in 万.
_BOUND = re.compile(r"\s*[多余几来个]?\s*[年月日号点分时岁世届后万亿千百]")
_SCALED = re.compile(r"(?<![\d.,:/~至到-])(\d{1,9}(?:\.\d+)?)(\s?)([万亿])(?![万亿\d])")
# Not the second of "2 to 3 million", whose first is in millions too.
_TOTAL = re.compile(
    r"(?<![\w.,])(?<!\d to )(?<!\d and )(?<!\d or )(?<!\d[-–])(\d{1,3}(?:,\d{3})+|\d{1,12}(?:\.\d+)?)"
    r"(?:(?:[ -]?)(thousand|million|billion|trillion)\b|(?![\w,]|\.\d))"
)
_NAME = re.compile(r"(?<![A-Za-z\d_.])[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})?(?![A-Za-z\d_(])(?!\.\w)")
_ENDS = re.compile(r"[。！？]\t.*[.!?]$")
_HAN_HAN = re.compile(f"(?<=[{HAN}])(?=[{HAN}])")
_QUOTES = (("“", "”"), ("「", "」"), ("『", "』"), ('"', '"'), ("‘", "’"))
_UNITS = (
    ("美元", "${}", "{} dollars"), ("人", "{} people", "{} people"), ("公里", "{} kilometers", "{} km"),
    ("吨", "{} tons", "{} tons"), ("米", "{} meters", "{} m"), ("%", "{}%", "{} percent"), ("元", "{} yuan", "RMB {}"),
    ("公斤", "{} kilograms", "{} kg"), ("小时", "{} hours", "{} hours"), ("天", "{} days", "{} days"),
    ("平方公里", "{} square kilometers", "{} sq km"), ("欧元", "€{}", "{} euros"), ("", "{}", "{}"),
    ("名学生", "{} students", "{} students"), ("个国家", "{} countries", "{} countries"),
    ("件", "{} pieces", "{} items"), ("家公司", "{} companies", "{} companies"), ("辆车", "{} cars", "{} vehicles"),
    ("次", "{} times", "{} times"), ("名士兵", "{} soldiers", "{} soldiers"), ("所学校", "{} schools", "{} schools"),
    ("岁", "{} years old", "aged {}"), ("座岛屿", "{} islands", "{} islands"),
    ("桶石油", "{} barrels of oil", "{} barrels of oil"),
    ("英里", "{} miles", "{} miles"), ("加仑", "{} gallons", "{} gallons"), ("分钟", "{} minutes", "{} minutes"),
)  # fmt: skip
_FRAMES = (
    ("约{}", "about {}"), ("大约有{}", "about {}"), ("超过{}", "more than {}"), ("近{}", "nearly {}"),
    ("至少{}", "at least {}"), ("不到{}", "less than {}"), ("共{}", "a total of {}"), ("高达{}", "as high as {}"),
    ("达到{}", "reached {}"), ("增加了{}", "an increase of {}"), ("（{}）", "({})"),
)  # fmt: skip
_PAIRED = (
    ("从{}增加到{}", "from {} to {}"), ("{}至{}", "{} to {}"), ("{}和{}", "{} and {}"), ("{}（{}）", "{} ({})"),
    ("在{}和{}之间", "between {} and {}"), ("{}、{}", "{}, {}"),
)  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_ONSETS: tuple[str, ...] = (*"bcdfghjklmnprstvwyz", "br", "ch", "kr", "st", "th", "tr")
_CODAS: tuple[str, ...] = ("", *"nrlstm")

Kind = Callable[[Pair, random.Random], "Pair | None"]


def taiwan(pair: Pair, rng: random.Random) -> Pair | None:
    """Traditional characters with Taiwan's words (OpenCC s2twp) or the plain characters (s2t)."""
    zh = _converter("s2twp" if rng.random() < 0.7 else "s2t").convert(pair.zh)
    return replace(pair, zh=zh) if zh != pair.zh else None


@cache
def _converter(name: str) -> Any:
    try:
        import opencc
    except ImportError as error:
        raise SystemExit("OpenCC is not installed: pip install 'duizhao[script]', or use --rate taiwan=0") from error
    return opencc.OpenCC(name)


def other_numbers(pair: Pair, rng: random.Random) -> Pair | None:
    """Other numbers wherever one stands once on both sides; those of people and things may be longer or shorter."""
    zh, en = pair.zh, pair.en
    n_zh, n_en = (Counter(match[0] for match in _NUMBER.finditer(text)) for text in (zh, en))
    shared = sorted(number for number, n in n_zh.items() if n == 1 == n_en[number] and len(number) > 1)
    others = {}
    for number in shared:
        after = zh[zh.index(number) + len(number) :]
        free = number.isdecimal() and not _is_year(number) and not _BOUND.match(after)
        others[number] = _of_any_length(rng) if free and rng.random() < 0.5 else _of_same_shape(number, rng)
    zh, en = (_NUMBER.sub(lambda match: others.get(match[0], match[0]), text) for text in (zh, en))
    return replace(pair, zh=zh, en=en) if shared else None


def _of_same_shape(number: str, rng: random.Random) -> str:
    digits = "".join(rng.choice("0123456789") if char.isdigit() else char for char in number[1:])
    return (number[0] if _is_year(number) else rng.choice("123456789")) + digits


def _of_any_length(rng: random.Random) -> str:
    """Two to five digits, half of the time round ones: 40, 700, 1300, 25,000."""
    length = rng.choice([2, 3, 3, 4, 4, 5])
    zeros = rng.choice([0, length - 2, length - 1])
    value = rng.randrange(10 ** (length - zeros - 1), 10 ** (length - zeros)) * 10**zeros
    return f"{value:,}" if length == 5 or rng.random() < 0.3 else f"{value}"


def other_amounts(pair: Pair, rng: random.Random) -> Pair | None:
    """Another amount wherever one in 万 or 亿 stands on both sides: 280万桶 becomes 45万桶, 2.8 million 450,000."""
    zh, en, changed = pair.zh, pair.en, False
    for number, blank, mark in sorted(set(_SCALED.findall(zh))):
        total = round(float(number) * SCALES[mark])
        there = [match for match in _TOTAL.finditer(en) if _value(match) == total]
        if zh.count(number) != 1 or len(there) != 1:
            continue
        other_mark = rng.choice("万万亿")
        other = _tenths(rng)
        zh = zh.replace(f"{number}{blank}{mark}", f"{_decimal(other)}{blank}{other_mark}")
        spoken = _spoken(other * SCALES[other_mark] // 10)
        en = en[: there[0].start()] + spoken + en[there[0].end() :]
        changed = True
    return replace(pair, zh=zh, en=en) if changed else None


def _value(match: re.Match[str]) -> int:
    return round(float(match[1].replace(",", "")) * (SCALES[match[2]] if match[2] else 1))


def _is_year(number: str) -> bool:
    return len(number) == 4 and number.isdecimal() and number[:2] in ("19", "20")


def other_names(pair: Pair, rng: random.Random) -> Pair | None:
    """Other Latin names wherever one stands on both sides; made of syllables, so they can only be copied."""
    names = sorted({match[0] for match in _NAME.finditer(pair.zh)} & {match[0] for match in _NAME.finditer(pair.en)})
    zh, en = pair.zh, pair.en
    for name in names:
        other = " ".join(_invent(rng) for _ in name.split())
        whole = rf"(?<![A-Za-z]){name}(?![A-Za-z])"
        zh, en = re.sub(whole, other, zh), re.sub(whole, other, en)
    return replace(pair, zh=zh, en=en) if names else None


def _invent(rng: random.Random) -> str:
    syllables = (rng.choice(_ONSETS) + rng.choice("aeiou") for _ in range(rng.randint(1, 3)))
    return ("".join(syllables) + rng.choice(_CODAS)).capitalize()


def heading(pair: Pair, rng: random.Random) -> Pair | None:
    """A short sentence as a heading: no full stop, perhaps a number before it."""
    if len(pair.zh) > 24 or not pair.zh.endswith("。") or not pair.en.endswith("."):
        return None
    number = str(rng.randint(1, 20))
    before = rng.choice(["", "", "{}. ", "{}、", "({}) ", "（{}）"])
    english = {"": "", "{}. ": "{}. ", "{}、": "{}. "}.get(before, "({}) ")
    return replace(pair, zh=before.format(number) + pair.zh[:-1], en=english.format(number) + pair.en[:-1])


def quoted(pair: Pair, rng: random.Random) -> Pair | None:
    """The whole sentence in quotes of one of the shapes in use."""
    if len(pair.zh) > 60 or any(mark in pair.zh + pair.en for quotes in _QUOTES for mark in quotes if mark not in "’'"):
        return None
    opening, closing = rng.choice(_QUOTES)
    return replace(pair, zh=f"{opening}{pair.zh}{closing}", en=f'"{pair.en}"')


def spaced(pair: Pair, rng: random.Random) -> Pair | None:
    """Blanks, ordinary or ideographic, between some or all characters of the Chinese."""
    blank, share = rng.choice([" ", "\u3000"]), rng.choice([0.1, 0.5, 1.0])
    zh = _HAN_HAN.sub(lambda _: blank if rng.random() < share else "", pair.zh)
    return replace(pair, zh=zh) if zh != pair.zh else None


KINDS: Mapping[str, Kind] = {
    "taiwan": taiwan,
    "numbers": other_numbers,
    "amounts": other_amounts,
    "amounts again": other_amounts,
    "names": other_names,
    "heading": heading,
    "quoted": quoted,
    "spaced": spaced,
    "symbols": with_symbols,
}
"""Name of a kind -> its function."""

RATES: Mapping[str, float] = {
    "taiwan": 0.03, "numbers": 0.25, "amounts": 1.0, "amounts again": 1.0, "names": 0.05, "heading": 0.08,
    "quoted": 0.01, "spaced": 0.01, "symbols": 0.04,
}  # fmt: skip
"""Share of the pairs that each kind is tried on."""


def augment(pairs: Iterable[Pair], rates: Mapping[str, float], seed: int) -> Iterator[tuple[str, Pair]]:
    """New pairs with the name of their kind; the originals are not among them."""
    rng = random.Random(seed)
    for pair in pairs:
        for name, kind in KINDS.items():
            if rng.random() < rates.get(name, 0.0) and (made := kind(pair, rng)) is not None:
                yield name, made


def joined(pairs: Sequence[Pair], n: int, seed: int, longest: int = 120) -> Iterator[Pair]:
    """Two or three sentences as one source, so that none is left out when a line holds several.

    Args:
        pairs: those to join; only those that end as a sentence does on both sides are.
        n: how many to make.
        seed: of the random generator.
        longest: Chinese characters of what is made, at most.
    """
    rng = random.Random(seed)
    whole = [pair for pair in pairs if 8 <= len(pair.zh) <= longest // 2 and _ENDS.search(pair.zh + "\t" + pair.en)]
    drawn = (rng.sample(whole, rng.choice([2, 2, 3])) for _ in range(4 * n if len(whole) > 2 else 0))
    long = (parts for parts in drawn if sum(len(part.zh) for part in parts) <= longest)
    for parts in islice(long, n):
        yield Pair("".join(part.zh for part in parts), " ".join(part.en for part in parts), parts[0].source)


def number_phrases(n: int, seed: int, source: str = "numbers") -> Iterator[Pair]:
    """Short phrases with amounts, a date, a time or a score, for which the translation is a rule.

    Args:
        n: how many.
        seed: of the random generator.
        source: name that the pairs carry.
    """
    rng = random.Random(seed)
    for _ in range(n):
        zh, en = rng.choice([_framed, _framed, _paired, _date, _era, _clock, _score])(rng)
        yield Pair(zh, en, source)


def _framed(rng: random.Random) -> tuple[str, str]:
    """One amount, half of the time with what stands before one in a sentence."""
    zh, en = rng.choice([_amount, _amount, _scaled])(rng)
    before, english = rng.choice(_FRAMES) if rng.random() < 0.5 else ("{}", "{}")
    return before.format(zh), english.format(en)


def _paired(rng: random.Random) -> tuple[str, str]:
    """Two amounts: which digits belong to which is what a small model loses first."""
    (zh, en), (other_zh, other_en) = (rng.choice([_amount, _amount, _scaled])(rng) for _ in range(2))
    both, english = rng.choice(_PAIRED)
    return both.format(zh, other_zh), english.format(en, other_en)


def _amount(rng: random.Random) -> tuple[str, str]:
    round_ = rng.choice([10, 100, 1000]) * rng.randint(1, 99)
    value = rng.choice([rng.randint(2, 99), rng.randint(100, 9999), round_, rng.randint(10_000, 9_999_999)])
    text = rng.choice([f"{value}", f"{value:,}", f"{value / 100:,.2f}", f"{value / 10:.1f}"])
    zh, *english = rng.choice(_UNITS)
    blank = rng.choice(["", "", " "])
    return f"{blank}{text}{blank}{zh}", rng.choice(english).format(text)


def _scaled(rng: random.Random) -> tuple[str, str]:
    """``3.5万`` is 35,000; ``1.2亿`` is 120 million; ``30亿`` is 3 billion."""
    zh, *english = rng.choice([unit for unit in _UNITS if unit[0] not in ("%", "岁", "天", "小时", "分钟")])
    mark, tenths = rng.choice("万万亿"), _tenths(rng)
    total = _spoken(tenths * SCALES[mark] // 10)
    blank = rng.choice(["", "", " "])
    return f"{blank}{_decimal(tenths)}{blank}{mark}{zh}", rng.choice(english).format(total)


def _tenths(rng: random.Random) -> int:
    """What stands before 万 or 亿, times ten: 1.1 to 999.9, whole or round more often than not."""
    unit, most = rng.choice([(1, 999), (10, 99), (100, 99), (1000, 9)])
    return unit * rng.randint(1 if unit > 1 else 11, most)


def _decimal(tenths: int) -> str:
    return f"{tenths / 10:.1f}".removesuffix(".0")


def _spoken(total: int) -> str:
    for unit, name in ((10**9, "billion"), (10**6, "million")):
        if total >= unit:
            return f"{total / unit:,.4f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{total:,}"


def _date(rng: random.Random) -> tuple[str, str]:
    year, month, day = rng.randint(1850, 2030), rng.randint(1, 12), rng.randint(1, 28)
    name = _MONTHS[month - 1]
    return rng.choice([
        (f"{year}年{month}月{day}日", f"{name} {day}, {year}"),
        (f"{month}月{day}日", f"{name} {day}"),
        (f"{year}年{month}月", f"{name} {year}"),
        (f"{year}年", f"{year}"),
        (f"从{year}年到{year + day}年", f"from {year} to {year + day}"),
    ])  # fmt: skip


def _era(rng: random.Random) -> tuple[str, str]:
    """Centuries, decades, months and years from … to."""
    century, decade = rng.randint(12, 20), 10 * rng.randint(1, 9)
    blank = rng.choice(["", " "])
    first, last = rng.sample(range(12), 2)
    age = f"{century}th"
    year = rng.randint(1000, 2020)
    return rng.choice([
        (f"{century}{blank}世纪{blank}{decade}{blank}年代", f"the {century - 1}{decade}s"),
        (f"在{century}{blank}世纪{blank}{decade}{blank}年代", f"in the {century - 1}{decade}s"),
        (f"自{century}{blank}世纪{blank}{decade}{blank}年代以来", f"since the {century - 1}{decade}s"),
        (f"{century}{blank}世纪初", f"the early {age} century"),
        (f"{century}{blank}世纪末", f"the late {age} century"),
        (f"{first + 1}{blank}月至{blank}{last + 1}{blank}月", f"{_MONTHS[first]} to {_MONTHS[last]}"),
        (f"（{year} - {year + decade}）", f"({year}-{year + decade})"),
        (f"公元前{blank}{year * 10}{blank}年", f"{year * 10} BC"),
        (f"{blank}{year}{blank}年{blank}{first + 1}{blank}月", f"{_MONTHS[first]} {year}"),
    ])  # fmt: skip


def _clock(rng: random.Random) -> tuple[str, str]:
    half, english, first, last = rng.choice([
        ("上午", "a.m.", 6, 11), ("凌晨", "a.m.", 1, 5), ("下午", "p.m.", 1, 6), ("晚上", "p.m.", 7, 11),
        ("", "", 1, 11),
    ])  # fmt: skip
    hour, minute = rng.randint(first, last), rng.randint(0, 59)
    written = rng.choice([f"{hour}:{minute:02}", f"{hour}点{minute:02}分", f" {hour} 点 {minute:02} 分"])
    return f"{half}{written}", f"{hour}:{minute:02} {english}".strip()


def _score(rng: random.Random) -> tuple[str, str]:
    right, left = sorted((rng.randint(0, 120), rng.randint(0, 120)))
    return rng.choice([(f"{left}比{right}", f"{left}-{right}"), (f"以{left}比{right}获胜", f"won {left}-{right}")])
