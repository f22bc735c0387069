"""`encoded`: the value is a text in base64, which is judged like any other, and is the credential."""

from __future__ import annotations

import base64

from auditor.detect.candidate import Candidate, Verdict
from auditor.detect.checks import mask, sample, template

_LEAST = 4


def check(candidate: Candidate) -> Verdict | None:
    """DROP what does not decode to one line of text, HOLD placeholders."""
    text = value(candidate)
    if text is None:
        return Verdict.DROP
    inner = candidate._replace(secret=text, groups={"secret": text})
    return mask.check(inner) or template.check(inner) or sample.check(inner)


def value(candidate: Candidate) -> bytes | None:
    """Return the text, without the line break that `echo` adds."""
    try:
        text = base64.b64decode(candidate.secret, validate=True).removesuffix(b"\n")
        return text if len(text) >= _LEAST and text.decode().isprintable() else None
    except ValueError:
        return None
