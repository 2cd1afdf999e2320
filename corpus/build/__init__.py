"""Documents to a corpus: planned, decoded, kept in parts, put together."""
