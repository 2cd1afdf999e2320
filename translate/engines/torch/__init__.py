"""MarianMT and beam search on torch."""
