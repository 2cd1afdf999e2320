"""Strings only: repair, splitting, offsets and numbers. Imports nothing else of duizhao but its errors."""
