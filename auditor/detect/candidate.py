"""What a check sees, what it may answer, and how a rule's `checks` entry finds its function.

A check is a module `auditor/detect/checks/<name>.py` (dashes of the name become underscores) with

    def check(candidate: Candidate, *arguments: str) -> Verdict | None

`None` lets the candidate pass. `Verdict.HOLD` says "placeholder, mask, template or sample": the match is kept at
confidence low and names the check. `Verdict.DROP` says "not this kind of credential at all": no match. A check module
may also define `facts(candidate) -> Mapping[str, str]`: public parts it learned (issuer, endpoint), never the secret.
Checks are pure, linear in the size of the candidate and never raise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from auditor.errors import UsageProblem

_PACKAGE = "auditor.detect.checks"


class Verdict(Enum):
    """Why a candidate is not an ordinary match."""

    HOLD = "hold"
    DROP = "drop"


class Candidate(NamedTuple):
    """A rule's pattern matched decoded text. `secret` and `groups` are unescaped values (percent, quotes undone)."""

    rule: str
    kind: str
    secret: bytes
    groups: Mapping[str, bytes]
    """Named groups that took part, `secret` among them."""
    text: bytes
    """The decoded fragment; `start:end` of it is the whole match, `secret_start:secret_end` the secret as written."""
    start: int
    end: int
    secret_start: int
    secret_end: int

    def __repr__(self) -> str:
        return f"Candidate({self.rule}, {self.start}:{self.end})"

    def before(self, size: int) -> bytes:
        """Return up to `size` bytes that stand before the match."""
        return self.text[max(0, self.start - size) : self.start]

    def after(self, size: int) -> bytes:
        """Return up to `size` bytes that stand after the match."""
        return self.text[self.end : self.end + size]


class CheckCall(NamedTuple):
    """One entry of a rule's `checks`: `entropy:3.0` is the check `entropy` with the argument `3.0`."""

    name: str
    arguments: tuple[str, ...] = ()

    def __call__(self, candidate: Candidate) -> Verdict | None:
        """Run the check."""
        return _functions(self.name).check(candidate, *self.arguments)

    def facts(self, candidate: Candidate) -> Mapping[str, str]:
        """Return the public parts the check learned, if its module knows any."""
        return _functions(self.name).facts(candidate)

    def value(self, candidate: Candidate) -> bytes | None:
        """Return the credential that is inside the matched text, if the check's module can take it out."""
        return _functions(self.name).value(candidate)


def parse_call(text: str) -> CheckCall:
    """Read `name:argument:argument`. Raises `UsageProblem` if no such check exists."""
    name, *arguments = text.split(":")
    if not _exists(name):
        raise UsageProblem(f"there is no check `{name}`", "checks are modules in auditor/detect/checks/")
    return CheckCall(name, tuple(arguments))


@cache
def _exists(name: str) -> bool:
    return name.replace("-", "").isalnum() and find_spec(f"{_PACKAGE}.{name.replace('-', '_')}") is not None


class _Functions(NamedTuple):
    """What a check's module defines, or nothing in its place."""

    check: Callable[..., Verdict | None]
    facts: Callable[[Candidate], Mapping[str, str]]
    value: Callable[[Candidate], bytes | None]


@cache
def _functions(name: str) -> _Functions:
    module = import_module(f"{_PACKAGE}.{name.replace('-', '_')}")
    none: Mapping[str, str] = {}
    facts = getattr(module, "facts", lambda candidate: none)
    return _Functions(module.check, facts, getattr(module, "value", lambda candidate: None))
