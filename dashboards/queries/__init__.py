"""Every query of the pages, a module a page: a session's connection (access.py) → a frame or values."""
