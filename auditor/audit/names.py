"""Names that come from outside (paths, tables, ids, settings) are shown masked like every other text.

A password stands in a file's name as well as in a command. One pass over the assembled document clears every string
that is not of our own vocabulary, so that a new field is cleared unless somebody says that it is ours. The same string
always becomes the same masked string: paths and ids still join.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.detect.known_mask import Words
from auditor.detect.names import NameMask
from auditor.document import Document, StepDict
from auditor.model import Found
from auditor.safe.packed import Packed

if TYPE_CHECKING:
    from auditor.evidence.suppressions import Acceptance

_OURS = frozenset({
    "action", "cause", "confidence", "counts", "credentials", "digest", "encoding", "environment", "fingerprint",
    "format", "kind", "length_class", "mode", "period", "phase", "reason", "rejected", "rejected_by", "role", "rule",
    "rules", "scheme", "severity", "severity_vector", "status", "title", "tool",
})  # fmt: skip
"""Members that hold words of ours, digests, or what the trace has masked (environment, tool). The `title` of the
document is not meant: titles inside are those of rules and checks."""
_TRACED = _OURS | {"id", "command"}
"""Of a step, also what the trace masked with the same means; these texts are long, and hardly one comes twice."""
_CALLED = _TRACED | {"call_id"}
_PUBLIC = frozenset({"parts", "mask"})
"""What the rules say is public beside a value: a user `postgres` is that, though it is somebody else's password too."""


class Names(NameMask):
    """Masks the names in finds and documents. One per audit."""

    def found(self, found: Found) -> Found:
        """Return a find whose place can be shown."""
        place = found.place
        return found._replace(place=place._replace(path=self.text(place.path), pointer=self.text(place.pointer)))

    def accepted(self, one: Acceptance) -> Acceptance:
        """Return an accepted finding as a document may repeat it: its reason is what somebody wrote of a credential."""
        return replace(one, reason=self.text(one.reason), owner=self.text(one.owner), ticket=self.text(one.ticket))

    def document(self, document: Document) -> Document:
        """Return an assembled document, nothing of ours added to it yet, with every name masked."""
        run = document["run"]
        return {
            **document,
            "title": self.text(document["title"]),
            "scope": self.text(document["scope"]),
            "coverage": self._walked(document["coverage"]),
            "sessions": self._walked(document["sessions"]),
            "steps": self._steps(document["steps"]),
            "runs": self._walked(document["runs"]),
            "checks": self._walked(document["checks"]),
            "incidents": self._walked(document["incidents"]),
            "run": {**run, "arguments": self._walked(run["arguments"])},
        }

    def _steps(self, steps: Any) -> Any:
        return steps.mapped(self._step) if isinstance(steps, Packed) else [self._step(one) for one in steps]

    def _step(self, step: StepDict) -> StepDict:
        """The same step where nothing changes. A call's id stands in the step's, which is masked."""
        masked: StepDict = self._member(step, _CALLED if step["call_id"] in step["id"] else _TRACED, "apart")
        return step if masked == step else masked

    def _walked(self, value: Any, words: Words = "apart") -> Any:
        if isinstance(value, str):
            return self.text(value, words)
        if isinstance(value, list):
            return [self._walked(one, words) for one in value]
        return self._member(value, _OURS, words) if isinstance(value, dict) else value

    def _member(self, value: Any, ours: frozenset[str], words: Words) -> Any:
        return {
            name: one if not one or name in ours else self._walked(one, "never" if name in _PUBLIC else words)
            for name, one in value.items()
        }
