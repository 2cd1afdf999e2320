"""A run: planned once, worked on by any number of machines, assembled in the end.

::

    plan       INPUT… -> RUN/rows/…, and RUN/manifest.json last of all; nothing of it changes any more
    work       RUN/rows/… -> RUN/parts/<key>.jsonl, each put there whole or not at all, by whoever comes first
    assemble   RUN/rows/… and RUN/parts/… -> OUT, in the order of the input

Nobody coordinates: what is done is what is there.
"""
