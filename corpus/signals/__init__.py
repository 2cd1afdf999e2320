"""Signals: what can be said of a sentence pair, each by a named and versioned function in a file of its own.

They are computed when a corpus is written, from the two texts and from what the decoder said (which is kept in the
parts): a better one costs no decoding. Nothing is dropped here: a pair is judged, and the judgement is written beside
it. A function whose answers change gets a higher ``VERSION``; the versions stand in the sidecar of the corpus.
"""
