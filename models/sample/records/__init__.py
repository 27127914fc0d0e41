"""What the fictitious societies do and file in a year: one frame a family."""
