"""Translate: Chinese text in, English out."""
