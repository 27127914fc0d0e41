"""What shows only beside other rows, other societies or last year; after rows are judged by themselves."""

from models.intake.crosscheck.channels import register_lines, two_channels
from models.intake.crosscheck.fingerprints import Fingerprints
from models.intake.crosscheck.holdings import Holdings
from models.intake.crosscheck.warnings import warnings

__all__ = ["Fingerprints", "Holdings", "register_lines", "two_channels", "warnings"]
