"""The compiled part: MarianMT and its search in C++ (``interface.cpp`` and the headers it names)."""
