"""The numbers of a sentence by value, on both sides, and what a translation made of them."""

from translate.text.numbers.chinese import read_chinese
from translate.text.numbers.compare import Comparison, compare_numbers, numbers_kept
from translate.text.numbers.english import read_english
from translate.text.numbers.number import SCALES, Number
from translate.text.numbers.rewrite import find_numbers, write_amounts

__all__ = [
    "SCALES", "Comparison", "Number", "compare_numbers", "find_numbers", "numbers_kept", "read_chinese",
    "read_english", "write_amounts",
]  # fmt: skip
