"""The numbers of a Chinese text, by value."""

from translate.text.numbers.chinese.amount import amount
from translate.text.numbers.chinese.reader import read_chinese

__all__ = ["amount", "read_chinese"]
