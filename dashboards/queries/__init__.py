"""Every query of the pages, one module a page: a session's connection (access.py) → a frame or values."""
