"""A home with two fabricated runs, made once."""

import pytest


@pytest.fixture
def con(published):
    from models.publication.snapshot import open_snapshot

    found = open_snapshot(published)
    yield found
    found.close()
