"""Corpora, written."""
