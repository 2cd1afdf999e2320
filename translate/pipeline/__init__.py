"""The way of a sentence through an engine: batching, cutting, judging, joining."""
