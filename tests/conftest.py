"""Fixtures of more than one part of the tests."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fabricated():
    path = Path(__file__).parent / "fabricated.py"
    spec = importlib.util.spec_from_file_location("fabricated", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fabricated"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def published(fabricated, tmp_path_factory):
    """A home with two fabricated runs, made once."""
    return fabricated.publish(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def screenshots():
    path = Path(__file__).parents[1] / "scripts" / "screenshots.py"
    spec = importlib.util.spec_from_file_location("screenshots", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
