"""Errors that tell the reader, in Chinese and English, what happened and what to do."""

from __future__ import annotations


class FengqingError(Exception):
    """A failure the user can act on.

    `code` is stable for machines; `zh` and `en` each say what happened and what to do next.
    """

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")
        self.code = code
        self.zh = zh
        self.en = en

    def __reduce__(self) -> tuple[type[FengqingError], tuple[str, str, str]]:
        """Whole, when it comes from another process."""
        return type(self), (self.code, self.zh, self.en)

    def text(self, lang: str) -> str:
        """The message in `zh` or `en`."""
        return self.en if lang == "en" else self.zh
