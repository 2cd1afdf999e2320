"""Corpus: documents in, an aligned Chinese-English corpus out."""
