"""Names of migrations: one migration is `20261201100000`, `20261201100000_tags.sql` and `Tags20261201100000`.

`key` makes such names comparable; `Names` learns the file names that a session shows and gives the richest one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from auditor import lazy

_EXTENSION = lazy.compile(r"\.(?:up|down|deploy|revert)?\.?(?:sql|py|js|cjs|mjs|ts|rb|go|xml|ya?ml|json|edn|php|exs?)$")
_LONG_DIGITS = lazy.compile(r"(?<!\d)\d{8,17}(?!\d)")
_DATED = lazy.compile(r"^(\d{4})-?(\d{2})-?(\d{2})-?(\d{6})")
_REVISION = lazy.compile(r"^([0-9a-f]{8,40})(?=_|$)")
_FLYWAY = lazy.compile(r"^[VUB](\d+(?:[._]\d+)*)__")
_DJANGO = lazy.compile(r"^(?:(\w+)\.)?(\d{4}_\w+)$")
_NUMBERED = lazy.compile(r"^0*(\d+)(?=[_-]|$)")
_FOLDERS = lazy.compile(
    r"(?:^|/)(?:migrations?|migrate|versions|changelogs?|drizzle|sql|deploy|revert|verify|db)/", re.I
)
_ENDING = lazy.compile(r"\.(?:sql|py|js|cjs|mjs|ts|rb|go)(?![\w/])")
_TOKEN = lazy.compile(r"[\w./@-]+\Z")
_SHORTEST, _LONGEST = 8, 512
"""Of a path: `1234_a` needs so many with its ending."""
_FILE = lazy.compile(
    r"^[A-Za-z_.]{0,32}(?:\d{13,14}|\d{8}_?\d{6}|[0-9a-f]{12}|V\d[\d._]{0,32}_|\d{4})[_-][\w.-]{1,160}$"
)
"""A file name that looks like a migration's."""


def basename(path: str) -> str:
    """Return the file name of a path."""
    return path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def looks_like(path: str) -> bool:
    """Tell whether a path is one of a migration file: in a folder of migrations, or named like one."""
    name = basename(path)
    if not _EXTENSION.search(name) and not name.endswith("migration.sql"):
        return False
    return bool(_FILE.match(name)) or bool(_FOLDERS.search(path) and name.endswith((".sql", ".py", ".rb")))


def name_of(path: str) -> str:
    """Return the migration that a path belongs to; Prisma, diesel and sqlx name a folder, Django an app and a file."""
    parts = path.replace("\\", "/").split("/")
    name = parts[-1]
    if name in {"migration.sql", "up.sql", "down.sql"} and len(parts) > 1:
        return parts[-2]
    if re.fullmatch(r"\d{4}_\w+\.py", name) and len(parts) > 2 and parts[-2] == "migrations":
        return f"{parts[-3]}.{name.removesuffix('.py')}"
    return name


@lru_cache(maxsize=8192)
def key(name: str) -> str:
    """Return what all spellings of one migration have in common."""
    stem = _EXTENSION.sub("", basename(name))
    django = _DJANGO.match(stem)
    if django:
        return f"{django[1]}.{django[2]}" if django[1] else django[2]
    flyway = _FLYWAY.match(stem)
    if flyway:
        return flyway[1].replace("_", ".")
    dated = _DATED.match(stem)
    if dated:
        return "".join(dated.groups())
    digits = _LONG_DIGITS.search(stem)
    if digits:
        return digits[0]
    found = _REVISION.match(stem) or _NUMBERED.match(stem)
    return found[1] if found else stem.lower()


def _paths(text: str) -> Iterable[str]:
    """Paths of source files in a text: from their endings, which are few, back to where each begins."""
    found: dict[int, str] = {}
    for ending in _ENDING.finditer(text):
        token = _TOKEN.search(text, max(ending.end() - _LONGEST - 1, 0), ending.end())
        if token is not None and _SHORTEST <= len(token[0]) <= _LONGEST:
            found[token.start()] = token[0]  # of `a.py.sql` the longer one
    return found.values()


class Names:
    """File names of migrations seen in a session, by key."""

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files: dict[str, str] = {}

    def learn(self, text: str) -> None:
        """Take in every path of a text that looks like a migration file (its first 16 KB)."""
        for path in _paths(text[:16384]):
            if _FILE.match(basename(path)) or path.endswith("/migration.sql"):
                self.add(path)

    def add(self, path: str) -> None:
        """Take in one path of a migration file."""
        name = name_of(path)
        self._files.setdefault(key(name), name)

    def best(self, name: str) -> str:
        """Return the file name of a migration where it is known, else the name itself."""
        known = self._files.get(key(name))
        return known if known and name in known else name
