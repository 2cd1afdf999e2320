"""Bytes and disk: encodings, packing, lines, and files that are there whole or not at all."""
