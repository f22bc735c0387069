"""Guards: Hyperscan expressions of rule authors, with macros for what JSON, entities and terminals do to plain text.

`<q>` a quote, `<s>` a blank or line break, `<e>` an equals sign or colon, each at any escape depth; `<is>` what stands
between a name and its value (`=`, `": "`, `'] => `); `<each>` the same, as one pattern for each character that may come
first; `<next>` that, and the first character of a value that is no shell variable (`=$NAME`, `=${NAME:?}`); `<beside>`
what stands between a name and its value where both are values (`"name": "X", "value": "…"`, `| X | … |`); `<value>`
how a value begins that is worth a look: quoted, or with something in it that names of source code have not (a digit,
punctuation, many letters, an end after few).

A guard costs time wherever its word stands, so rules share the same text where they can (the database holds each
pattern once). With `<each>` and `<next>` a word is looked for with what follows it: `token` stands in every session a
thousand times, `token=` does not.
"""

from __future__ import annotations

_Q = r"(?:\\*(?:[\x22'\x60]|[uU]00(?:22|27|60)|x2[27])|&(?:quot|apos|#0?3[49]|#x2[27]);)"
_S = r"(?:[ \t\r\n]|\\+(?:[nrt]|u00(?:20|0[9aAdD]))|&nbsp;|(?:\x1b|\\+(?:u001[bB]|x1[bB]|033|e))\[[0-9;]*m)"
_E = r"(?:[:=]|\\+(?:u003[aAdD]|x3[aAdD])|&(?:equals|colon|#61|#58);)"
_ARROW = rf"[:=]?(?:>|\\+u003[eE]|&gt;)?{_S}*"
_IS = rf"{_Q}?\]?{_S}*{_E}{_ARROW}"
_VALUE = (
    rf"(?:{_Q}[^\s\x22'\x60<\\]|{_Q}\\+[^\s\x22'\x60nrt\\]"
    r"|[A-Za-z_.]{0,8}(?:[0-9!@#%^*+~=/\x80-\xff]|\\+u[0-9a-fA-F]{4})"
    r"|[A-Za-z_.]{1,8}[?-]|[?-](?:[^}]|$)|[A-Za-z_]{9}|[A-Za-z_]{5,8}(?:[ \t\r\n\x22'\x60;&\\]|$))"
)
_MACROS = {"<q>": _Q, "<s>": _S, "<e>": _E, "<is>": _IS, "<value>": _VALUE}
_EACH = (
    *(rf"{mark}{_ARROW}" for mark in "=:"),
    *(rf"{mark}\]?{_S}*{_E}{_ARROW}" for mark in (r"\x22", "'", r"\x60")),
    *(rf"{mark}{_S}*{_E}{_ARROW}" for mark in (r"\]", " ", r"\t", r"\r", r"\n", r"\x1b\[[0-9;]{0,12}m")),
    rf"\\+(?:(?:[\x22'\x60]|[uU]00(?:22|27|60)|x2[27])\]?{_S}*{_E}|(?:u003[aAdD]|x3[aAdD])"
    rf"|(?:[nrt]|u00(?:20|0[9aAdD])|(?:u001[bB]|x1[bB]|033|e)\[[0-9;]*m){_S}*{_E}){_ARROW}",
    rf"&(?:(?:(?:quot|apos|#0?3[49]|#x2[27]);\]?|nbsp;){_S}*{_E}|(?:equals|colon|#61|#58);){_ARROW}",
)
"""`<is>`, by its first character."""
_NEXT = (
    *(rf"{mark}[ \t]*[^$?}} \t-]" for mark in ("=", ":", r" [ \t]*[:=]", r"\t[ \t]*[:=]")),
    *(rf"{mark}\]?{_S}*{_E}" for mark in (r"\x22", "'", r"\x60")),
    rf"\\+(?:[\x22'\x60]\]?{_S}*{_E}|[^\\\x22'\x60])",
    *(r"\]", "&", r"\x1b", "%"),
)
_VALUED = rf"{_S}*{_Q}?[vV]alue"
_PAIR = rf"(?:[ \t]*,{_S}*{_Q}|[ \t]*,?{_VALUED})"
_BESIDE = (
    *(rf"{mark}{_PAIR}" for mark in (r"\x22", "'", r"\x60")),
    *(rf"{mark}{_VALUED}" for mark in (r"\r", r"\n", ",")),
    *(rf"{blank}[ \t]*(?:\||\xe2\x94\x82|\xe2\x95\x91|\\+u25(?:02|51)|,?{_VALUED})" for blank in (" ", r"\t")),
    rf"\\+(?:(?:[\x22'\x60]|[uU]00(?:22|27|60)|x2[27]){_PAIR}|[nr]{_VALUED}|t[ \t]*\|)",
    rf"&(?:quot|apos|#0?3[49]|#x2[27]);{_PAIR}",
)
_FANS = {"<each>": _EACH, "<next>": _NEXT, "<beside>": _BESIDE}


def expand(guard: str) -> list[str]:
    """Return the Hyperscan patterns a guard stands for."""
    for macro, pattern in _MACROS.items():
        guard = guard.replace(macro, pattern)
    for macro, patterns in _FANS.items():
        if macro in guard:
            return [guard.replace(macro, pattern) for pattern in patterns]
    return [guard]
