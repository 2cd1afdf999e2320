"""Documents and sentence pairs, read."""
