"""`when` expressions of control maps: `A+B/C` holds when A holds and (B or C) holds. There is no more to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import NamedTuple

from auditor import lazy

_CODE = lazy.compile(r"[A-Z][A-Z0-9_]*|(?:CHECK|CHECKED):[a-z0-9-]+")


class Expression(NamedTuple):
    """All of `terms` must hold; a term holds when one of its codes does."""

    terms: tuple[frozenset[str], ...]

    @property
    def codes(self) -> frozenset[str]:
        """Every code that is named."""
        return frozenset().union(*self.terms)

    def holds(self, codes: Collection[str]) -> bool:
        """Tell whether it is true of these codes."""
        return all(not term.isdisjoint(codes) for term in self.terms)


@cache
def parse(text: str) -> Expression:
    """Return the expression of a text.

    Raises:
        ValueError: empty, or something that is no code between `+` and `/`.
    """
    terms = [[code.strip() for code in term.split("/")] for term in text.split("+")]
    if not all(_CODE.fullmatch(code) for term in terms for code in term):
        raise ValueError("not a condition expression")
    return Expression(tuple(frozenset(term) for term in terms))


def named(expressions: Iterable[Expression]) -> frozenset[str]:
    """Return every code that a list of expressions names."""
    return frozenset().union(*(one.codes for one in expressions))
