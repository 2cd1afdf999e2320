"""The version of duizhao: a leaf, so that every room can name it."""

__version__ = "0.1.0"
