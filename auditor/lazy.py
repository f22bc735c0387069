"""Regular expressions that are compiled when they are first used.

A start imports a hundred and fifty of ours and uses twenty; compiling all took a sixth of it.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

_METHODS = ("match", "fullmatch", "search", "finditer", "findall", "split", "sub", "subn")


class _Pattern:
    """Stands for a `re.Pattern`; after the first use its methods are those of the compiled one."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)


def compile(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what may be used like `re.compile(source, flags)`; a mistake in it is raised at the first use."""
    return cast("re.Pattern[AnyStr]", _Pattern(source, flags))
