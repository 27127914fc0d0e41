"""What may come in: one Open Data Contract Standard file a family, and what is derived from it."""
