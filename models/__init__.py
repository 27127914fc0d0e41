"""The domain: plain functions and SQL, free of orchestration and of screens."""
