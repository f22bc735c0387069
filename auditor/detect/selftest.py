"""Rules proved by their own examples: found in every spelling at the exact bytes, counter-examples left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor import lazy
from auditor.detect.engine import Engine
from auditor.detect.rules import Example, Rule, RuleSet
from auditor.detect.spellings import SPELLINGS, Spelled
from auditor.model import Match

_ENTRY = lazy.compile(rb"[\w.-]{1,64}[\"']?[ \t]{0,4}[:=]")


@dataclass(frozen=True, slots=True)
class Problem:
    """An example that does not hold; `example` is its number from 1, names only, never its text."""

    rule: str
    example: str
    spelling: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.example} ({self.spelling}): {self.what}"


def grouped(problems: Iterable[Problem]) -> list[str]:
    """Return problems as lines, one for all spellings that fail alike."""
    spellings: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        spellings.setdefault((problem.example, problem.what), []).append(problem.spelling)
    return [f"{example}: {what} ({', '.join(names)})" for (example, what), names in spellings.items()]


def check(rules: RuleSet, engine: Engine) -> Iterator[Problem]:
    """Yield what does not hold; `engine` has these rules, and may have more."""
    for rule in rules:
        alone = Engine(RuleSet(rules.packs, (rule,)), cache=False)
        for number, example in enumerate(rule.examples, 1):
            for spelling, what in _example(rule, example, alone, engine):
                yield Problem(rule.id, f"example {number}", spelling, what)
        for number, counter in enumerate(rule.counter_examples, 1):
            if any(match.rule == rule.id for match in alone.scan(counter.text, confidence="medium")):
                yield Problem(rule.id, f"counter-example {number}", "plain", "matches")


def _example(rule: Rule, example: Example, alone: Engine, engine: Engine) -> Iterator[tuple[str, str]]:
    plain = _found(alone.scan(example.text), example)
    if plain is None:
        yield "plain", "is not found by the rule alone"
        return
    if plain.rejected_by:
        yield "plain", f"is held back by the check `{plain.rejected_by}`"
    for name, value in example.parts.items():
        if plain.parts.get(name) != value:
            yield "plain", f"the part `{name}` is wrong or missing"
    for name, spell in SPELLINGS.items():
        if name == "wrap" and _unbreakable(rule, example.text, plain):
            continue
        spelled = spell(example.text, plain.secret_start, plain.secret_end)
        if not any(_holds(match, spelled, example) for match in engine.scan(spelled.text)):
            yield name, "is not found at its bytes"


def _found(matches: list[Match], example: Example) -> Match | None:
    return next((match for match in matches if match.secret.reveal() == example.secret), None)


def _holds(match: Match, spelled: Spelled, example: Example) -> bool:
    return (
        (match.secret_start, match.secret_end) == (spelled.start, spelled.end)
        and match.secret.reveal() == example.secret
        and not match.rejected_by
    )


def _unbreakable(rule: Rule, text: bytes, match: Match) -> bool:
    """Whether no terminal breaks this secret, or nobody could tell that it did.

    Secrets with blanks, short ones, and ones in the short lines of a block are not broken; a rest that reads like a new
    entry is not joined; and a search begins at an anchor, so one must stand before the break.
    """
    start, end = match.secret_start, match.secret_end
    written, middle = text[start:end], (start + end) // 2
    return (
        len(written.split()) > 1
        or len(written) < 8
        or b"\n" in text[:start]
        or _ENTRY.match(text, middle) is not None
        or not _anchored(rule, text[:middle])
    )


def _anchored(rule: Rule, text: bytes) -> bool:
    return any(anchor.lower() in text.lower() for anchor in rule.anchors)
