"""Repairs, each logged: text answers to typed values.

`clean` works on the distinct answers of a batch: a spelling met ten thousand times is repaired once.
"""

from models.intake.cleaning.clean import Cleaned, clean, clean_distinct

__all__ = ["Cleaned", "clean", "clean_distinct"]
