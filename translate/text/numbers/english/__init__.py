"""The numbers of an English text, by value."""

from translate.text.numbers.english.reader import read_english

__all__ = ["read_english"]
