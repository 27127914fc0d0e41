"""The screens; they read published snapshots only."""
