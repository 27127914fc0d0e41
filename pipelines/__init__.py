"""Thin orchestration: Dagster definitions and the command line."""
