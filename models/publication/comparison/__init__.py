"""Two published runs beside one another: what differs in them, and what moved every score."""

from models.publication.comparison.compare import Comparison, Note, compare
from models.publication.comparison.reading import Run, read_run

__all__ = ["Comparison", "Note", "Run", "compare", "read_run"]
