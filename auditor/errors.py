"""The exception tree and the exit codes. Messages are built from positions and names, never from input text.

AuditorError                 exit 70
├── UsageProblem             exit 2   wrong option, file, rule, document or key
├── VerificationFailed       exit 5   signature, digest or published bytes do not hold
└── Refused                  exit 2   an action that would be unsafe (live file, symlink, output = input)
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes; the one truth for every command."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    CHANGED = 4
    VERIFICATION = 5
    INTERNAL = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class AuditorError(Exception):
    """Base of our errors: `message` says what is wrong and where, `hint` what to do."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageProblem(AuditorError):
    """The caller can fix it: option, path, rule pack, document, key."""

    exit_code = ExitCode.USAGE


class Refused(AuditorError):
    """We could, but it would be unsafe."""

    exit_code = ExitCode.USAGE


class VerificationFailed(AuditorError):
    """Something does not hold that should."""

    exit_code = ExitCode.VERIFICATION


def position(problem: BaseException) -> str:
    """Return type and innermost place of an exception, `TypeError at extract.py:12`: its own text may quote input."""
    frame = problem.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    name = frame.tb_frame.f_code.co_filename.rpartition("/")[2] if frame else "?"
    return f"{type(problem).__name__} at {name}:{frame.tb_lineno if frame else 0}"
