"""What leaves a run: the immutable snapshot and the exports."""
