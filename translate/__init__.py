"""Translate: Chinese text in, English out."""

__version__ = "0.1.0"
