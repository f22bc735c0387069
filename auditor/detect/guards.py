"""Guards: Hyperscan expressions of rule authors, with macros for what JSON, entities and terminals do to plain text.

`<q>` one quote at any escape depth, `<s>` one blank or line break at any escape depth, `<e>` one `=` or `:`.
"""

from __future__ import annotations

_BACK = r"\\+"
_MACROS = {
    "<q>": rf"(?:\\*[\x22'\x60]|{_BACK}[uU]00(?:22|27|60)|{_BACK}x2[27]|&(?:quot|apos|#0?3[49]|#x2[27]);)",
    "<s>": rf"(?:[ \t\r\n]|{_BACK}[nrt]|{_BACK}u00(?:20|0[9aAdD])|&nbsp;"
    rf"|(?:\x1b|{_BACK}(?:u001[bB]|x1[bB]|033|e))\[[0-9;]*m)",
    "<e>": rf"(?:[:=]|{_BACK}u003[aAdD]|{_BACK}x3[aAdD]|&(?:equals|colon|#61|#58);)",
}


def expand(guard: str) -> str:
    """Return the Hyperscan pattern a guard stands for."""
    for macro, pattern in _MACROS.items():
        guard = guard.replace(macro, pattern)
    return guard
