"""`prompt`: what was typed counts only where the last output before it ends with a prompt for a password; else DROP.

Prompts: libpq's `Password for user app: `, sudo's `[sudo] password for dev: `, OpenSSL's `Enter PEM pass phrase:`,
psql's `Enter new password for user "app": ` and `Enter it again: `.
"""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_OUTPUT = b"call_output"
_REACH, _TAIL = 65_536, 400
"""Bytes before the typing in which the output begins, and bytes of its record's end that hold the prompt."""
_PROMPT = lazy.compile(
    rb"(?i)(?:pass(?:word|wd|code|[ _-]?phrase)(?:[^\"\\\n]|\\[^\n]){0,100}?|enter it again):[ ]?"
    rb"(?:\\+[nr]|\\+u001b\[[0-9;?]{0,12}[a-z]){0,9}\\*\""
)


def check(candidate: Candidate) -> Verdict | None:
    """DROP what no prompt asked for."""
    text, typed = candidate.text, candidate.start
    output = text.rfind(_OUTPUT, max(0, typed - _REACH), typed)
    end = text.find(b"\n", output, typed)
    asked = output >= 0 and _PROMPT.search(text, max(output, end - _TAIL), end)
    return None if asked else Verdict.DROP
