"""The English words that say a number."""

from __future__ import annotations

from translate.text.numbers.number import Value

__all__ = [
    "ASKING_WORDS", "CARDINALS", "DECADES", "FRACTIONS", "HINTS", "MONTHS", "MONTHS_THAT_ARE_WORDS", "NUMBER_WORDS",
    "ORDINALS", "PLAIN", "PLURAL_SCALES", "SCALE_WORDS", "SHORT_MONTHS", "SHORT_SCALES",
]  # fmt: skip

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_IRREGULAR = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}

CARDINALS: dict[str, int] = (
    {word: value for value, word in enumerate(_ONES)}
    | {word: 10 * i for i, word in enumerate(_TENS, start=1)}
    | {"fourty": 40, "nought": 0}
)
SCALE_WORDS: dict[str, int] = {
    "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "quadrillion": 15, "lakh": 5, "crore": 7,
}  # fmt: skip
"""Word -> power of ten."""
SHORT_SCALES: dict[str, int] = {
    "k": 3, "K": 3, "m": 6, "M": 6, "mn": 6, "mln": 6, "mil": 6, "bn": 9, "b": 9, "B": 9, "tn": 12, "trn": 12, "T": 12,
}  # fmt: skip
"""What may be glued to digits -> power of ten; 10m may be meters too."""

_SCALE_ORDINALS = {"hundredth": 10**2, "thousandth": 10**3, "millionth": 10**6, "billionth": 10**9}
ORDINALS: dict[str, int] = (
    {word + "th": value for word, value in CARDINALS.items() if value and not word.endswith("y")}
    | {word.removesuffix("y") + "ieth": value for word, value in CARDINALS.items() if word.endswith("y")}
    | _IRREGULAR
    | _SCALE_ORDINALS
)
FRACTIONS: dict[str, int] = {word + "s": value for word, value in ORDINALS.items() if value > 2} | {
    "halves": 2, "quarter": 4, "quarters": 4,
}  # fmt: skip
"""What is counted in two thirds, three quarters -> its denominator."""

DECADES: dict[str, int] = {
    word.removesuffix("y") + "ies": value for word, value in CARDINALS.items() if word.endswith("y")
}
"""In her twenties, in the nineties -> 20, 90."""
PLURAL_SCALES: dict[str, tuple[float, float]] = {
    "dozens": (12, 99), "tens": (20, 99), "scores": (20, 199), "hundreds": (100, 999), "thousands": (1000, 9999),
    "millions": (10**6, 9.9e6), "billions": (10**9, 9.9e9), "trillions": (10**12, 9.9e12),
}  # fmt: skip
"""Vague words -> the least and the most they say."""

PLAIN: dict[str, tuple[Value, ...]] = {
    "once": (1.0,), "single": (1.0,), "firstly": (1.0,), "another": (1.0,), "sole": (1.0,), "only": (1.0,),
    "champion": (1.0,), "champions": (1.0,), "championship": (1.0,), "unilateral": (1.0,), "solo": (1.0,),
    "twice": (2.0,), "double": (2.0, 100.0), "doubled": (2.0, 1.0, 100.0), "doubles": (2.0,), "doubling": (2.0, 1.0),
    "both": (2.0,), "pair": (2.0,), "pairs": (2.0,), "couple": (2.0,), "couples": (2.0,), "dual": (2.0,),
    "twin": (2.0,), "twins": (2.0,), "duo": (2.0,), "secondly": (2.0,), "either": (2.0,), "neither": (2.0,),
    "bilateral": (2.0,), "secondary": (2.0,), "fortnight": (2.0, 14.0), "biennial": (2.0,),
    "triennial": (3.0,), "quadrennial": (4.0,), "binary": (2.0,),
    "triple": (3.0,), "tripled": (3.0, 2.0, 200.0), "triples": (3.0, 2.0), "tripling": (3.0, 2.0), "trio": (3.0,),
    "treble": (3.0,), "trebled": (3.0, 2.0), "triplets": (3.0,), "trilogy": (3.0,), "thirdly": (3.0,),
    "trilateral": (3.0,), "tripartite": (3.0,), "triangle": (3.0,), "threefold": (3.0,), "tertiary": (3.0,),
    "quarterfinal": (4.0,), "quarterfinals": (4.0,), "quarterly": (4.0, 3.0), "quadruple": (4.0,),
    "quadrupled": (4.0, 3.0, 300.0), "quadrupling": (4.0, 3.0), "quartet": (4.0,), "triad": (3.0,), "trinity": (3.0,),
    "twosome": (2.0,), "threesome": (3.0,), "foursome": (4.0, 2.0), "foursomes": (4.0, 2.0), "fourball": (4.0,),
    "fourballs": (4.0,), "twos": (2.0,), "threes": (3.0,), "fours": (4.0,), "fives": (5.0,), "sixes": (6.0,),
    "sevens": (7.0,), "eights": (8.0,), "nines": (9.0,), "fourfold": (4.0,), "quadrilateral": (4.0,),
    "fourthly": (4.0,), "quintuple": (5.0,), "quintupled": (5.0, 4.0), "quintet": (5.0,), "fivefold": (5.0,),
    "pentagon": (5.0,), "hexagon": (6.0,), "sixfold": (6.0,), "sextet": (6.0,), "heptathlon": (7.0,),
    "tenfold": (10.0,), "decathlon": (10.0,), "decade": (10.0,), "decades": (10.0,), "century": (100.0,),
    "centuries": (100.0,), "centennial": (100.0,), "centenary": (100.0,), "centenarian": (100.0,),
    "hundredfold": (100.0,), "millennium": (1000.0,), "millennia": (1000.0,), "thousandfold": (1000.0,),
    "dozen": (12.0,), "noon": (12.0,), "midday": (12.0,), "midnight": (0.0, 24.0, 12.0), "nil": (0.0,),
    "null": (0.0,), "none": (0.0,), "nothing": (0.0,), "millionaire": (1e6,), "millionaires": (1e6,),
    "billionaire": (1e9, 1e8), "billionaires": (1e9, 1e8), "fortieth": (40.0,), "golden": (50.0,),
    "semiannual": (0.5,), "semi": (0.5,), "octogenarian": (80.0,), "nonagenarian": (90.0,),
}  # fmt: skip
"""Words that imply a number without naming one -> its values. They answer to a number and never ask for one."""

_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
MONTHS: dict[str, int] = {name: value for value, name in enumerate(_MONTH_NAMES, start=1)}
SHORT_MONTHS: dict[str, int] = {word[:3]: value for word, value in MONTHS.items() if word != "May"} | {"Sept": 9}
MONTHS_THAT_ARE_WORDS = frozenset({"May", "March", "Mar", "Dec", "Jan", "Sep"})

HINTS: dict[str, str] = {
    "ARTICLE": r"\b(?:an?|another|one|each|every|per|single|sole|the|any)\b",
    "TOP": r"\b(?:top\w*|best|leading|initial\w*|earliest|prim\w+|premier|foremost|maiden|debut|original\w*|No\.|ahead"
    r"|inaugural|last|gold|title|wins?|won|lead\w*|chief|earlier|tops|winner\w*|front|new|begin\w*|start\w*)\b",
    "NEXT": r"\b(?:next|following|morrow|later|after|runner-?up|another|silver|other|again|more|further|subsequent\w*"
    r"|II|bi\w+)\b",
    "FEW": r"\b(?:few|several|some|handful|couple|number)\b",
    "HOUR": r"\bhour|60\b|\bsixty\b",
    "MINUTE": r"\bminute|60\b|\bsixty\b|\bmoment",
    "KILOMETRE": r"kilomet|\bkm\b|\bkph\b|1,?000",
    "KILOGRAM": r"\bkilo|\bkg\b|1,?000",
    "TONNE": r"\bton(?:ne)?s?\b|\bt\b|1,?000",
    "MILE": r"\bmile",
    "ALONE": r"\b(?:alone|single|lone|individual|oneself|himself|herself)\b",
}
"""What a number may have become that no value tells -> where it is looked for."""

NUMBER_WORDS = frozenset(
    {*CARDINALS, *SCALE_WORDS, *ORDINALS, *FRACTIONS, *DECADES, *PLURAL_SCALES, *PLAIN, "half", "teen", "teens"}
    | {"teenager", "teenagers", "teenage", "dozen", "score"}
    | {word.lower() for word in (*MONTHS, *SHORT_MONTHS)}
)
"""In lower case; where a text has none of these and no digit, there is no number in it."""
ASKING_WORDS = NUMBER_WORDS - PLAIN.keys() - {"one", "first", "second", "zero", "half", "quarter", "quarters"}
"""Those of them that a number of the source must answer to."""
