"""Cells of a CSV file that a spreadsheet will not evaluate (CWE-1236)."""

from __future__ import annotations

from auditor.safe.text import visible

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")  # noqa: RUF001 (full width on purpose)


def cell(value: str | int | bool | None) -> str:
    """Return one cell; text that could be a formula, also behind blanks, gets an apostrophe in front.

    Numbers are ours and stay numbers.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    shown = visible(value)
    return "'" + shown if shown.lstrip().startswith(_FORMULA) or value.startswith(_FORMULA) else shown
