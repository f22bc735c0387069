"""`identifier[:drop][:bare|:code]`: the value reads like a name of source code or like prose, not like a secret.

`userPassword`, `form.password`, `reset-password`, `AUTH_TOKEN`, `getToken()`, `string | null`, `not set`: words with
the joints of code. Digits inside a word, other punctuation, or letters that do not follow each other in words make it
no name. Words with letters beyond ASCII (`API-Schlüssel`, `Ключ API`) are one: no generator has such letters. With
`bare` only values without quotes are judged, and quoted ones that have a blank in them. With `code` only what can be
nothing else, since weak passwords are words: calls, members, aliases, types, variables beside a quoted name, and what
is said of a password (`missing`), all without quotes.
"""

from __future__ import annotations

from unicodedata import combining

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_TOKEN = lazy.compile(rb"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[-_.:/ ?|]+|[\s\S]")
_PATH = lazy.compile(
    rb"(?:\.{0,2}/|[A-Za-z]:\\|~/)[\w./@\\-]{1,300}"
    rb"|[\w./-]{1,200}\.(?:py|js|ts|tsx|sql|md|json|toml|ya?ml|sh|rb|go|rs|env|pem|key|txt|html|css)"
    rb"|(?:[A-Za-z0-9_-]{1,63}\.){2,8}[A-Za-z]{2,12}\.?"
)
_CALL = lazy.compile(rb"(?:[A-Za-z_][\w.:]{0,80})?[(\[][\s\S]{0,300}|[A-Za-z_][\w.]{0,80}::[\w:.]{1,80}|/\S{0,300}")
_MEMBER = lazy.compile(rb"[A-Za-z_]\w{0,60}(?:\??\.[A-Za-z_]\w{0,60}){1,8}!?")
_CALLED = lazy.compile(
    rb"(?:(?P<dotted>[A-Za-z_]{1,40}(?:\.[A-Za-z_]{1,40}){1,6})|(?P<name>[A-Za-z_]{2,60}))[(\[][\s\S]{0,300}"
)
_ALIAS = lazy.compile(rb"\*[A-Za-z][\w-]{0,60}")
_SAID = frozenset(
    b"absent any bool bytes closed configured connected defined disconnected empty error exists failed found hidden int"
    b" invalid loaded missing needed nil none null ok open option optional present provided redacted refused required"
    b" secret secretstr secretstring set str string timeout true false undefined unset valid yes no".split()
)
_ENDINGS = b"()[]{};,!*"
_JOINTS = "-_.:/ ?|'\u2019"
_MOST = 64
_SENTENCE = 3
"""Blanks in a value that make it a sentence."""
_FOLLOWERS = {
    "a": "bcdgilmnprstuvy", "b": "aeilou", "c": "aehiklortu", "d": "adeiosu", "e": "acdefglmnprstvx", "f": "aefioru",
    "g": "eis", "h": "aeio", "i": "abcdefglmnoprstvz", "k": "e", "l": "adeilostuy", "m": "aeiop", "n": "acdegiostuv",
    "o": "bcdlmnoprstuvw", "p": "aeiloprt", "q": "u", "r": "adegimnorstuy", "s": "acehiopstu", "t": "aehiorstuy",
    "u": "beilmnprst", "v": "aei", "w": "aehir", "x": "t", "y": "pt", "z": "e",
}  # fmt: skip
"""Letter pairs that make up 90 % of the names and words in Python's standard library (counted over its modules)."""
_PAIRS = frozenset(f"{first}{second}".encode() for first, seconds in _FOLLOWERS.items() for second in seconds)
_WORDLIKE = 0.62
"""Share of such pairs: names and prose have more, generated text (0.28 on average) has less."""


def check(candidate: Candidate, *arguments: str) -> Verdict | None:
    """HOLD or DROP names, paths and words."""
    secret = candidate.secret
    quoted = candidate.text[candidate.secret_start - 1 : candidate.secret_start] in (b'"', b"'", b"`")
    if "code" in arguments:
        return Verdict.HOLD if not quoted and _is_code(candidate) else None
    if "bare" in arguments and quoted and b" " not in secret:
        return None
    if is_name(secret) or (not quoted and _CALL.fullmatch(secret)):
        return Verdict.DROP if "drop" in arguments else Verdict.HOLD
    return None


def _is_code(candidate: Candidate) -> bool:
    secret = candidate.secret
    call = _CALLED.fullmatch(secret)
    if secret.lower() in _SAID or _ALIAS.fullmatch(secret) or (call and (call["dotted"] or is_name(call["name"]))):
        return True
    beside = candidate.text[candidate.start : candidate.secret_start]
    coded = b'"' in beside or b"'" in beside or (b" " in beside and _MEMBER.fullmatch(secret))
    return bool(coded) and is_name(secret)


def is_name(value: bytes) -> bool:
    """Return whether a value consists of words joined as in code, a path, a host or prose."""
    if _PATH.fullmatch(value) or value.count(b" ") >= _SENTENCE or (not value.isascii() and _is_foreign(value)):
        return True
    if len(value) > _MOST:
        return False
    words: list[bytes] = []
    digits = False
    for token in _TOKEN.findall(value.strip(_ENDINGS)):
        if token.isalpha():
            if digits:
                return False
            words.append(token.lower())
        elif token.isdigit():
            if len(token) > 3 or not words:
                return False
        elif token[:1] not in b"-_.:/ ?|":
            return False
        digits = token.isdigit()
    return bool(words) and _reads(words)


def _is_foreign(value: bytes) -> bool:
    """Whether a value is of words with letters beyond ASCII: no digit, joints of prose and code only."""
    text = value.decode("utf-8", "replace").strip(_ENDINGS.decode())
    return text != "" and all(one.isalpha() or one in _JOINTS or combining(one) for one in text)


def _reads(words: list[bytes]) -> bool:
    """Whether words are of a common length, and their letters follow each other as letters do."""
    if sum(map(len, words)) < 3 * len(words):
        return False
    pairs = [word[at : at + 2] for word in words for at in range(len(word) - 1)]
    return sum(pair in _PAIRS for pair in pairs) >= _WORDLIKE * len(pairs)
