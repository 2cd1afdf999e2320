"""How the embedded model zh-en-mini is made: prepare, vocab, train, evaluate, export.

Nothing here is part of the package that is installed. Every step is a module with a ``main``; ``run`` does them all.
"""
