"""Indicators, scores, ranks with their uncertainty, and exemplars."""
