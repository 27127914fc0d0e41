"""The return workbook 退回补正: what was returned or set aside, marked in the sender's own workbook."""

from models.publication.returns.writing import write_return

__all__ = ["write_return"]
