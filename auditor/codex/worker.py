"""The worker: audits sessions after they ended, apart from Codex and from the hook that asked for it.

One at a time (a lock that the kernel drops with the process). A job stays queued until its report is written, so that
`kill -9` costs time only; a note that comes while a worker ends is seen by its last look or by its own worker.
`python -m auditor.codex.worker [--sweep CODEX_HOME | --prompts]`.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from auditor.codex import family, gate, history, ledger, place
from auditor.codex.ledger import Job, Ledger

LOCK_WAIT_SECONDS = 120.0
"""How long a session may keep its writer lock after it told us that it ended; then it is audited as it stands."""

SWEEP_DAYS = 14
SWEEP_SESSIONS = 50
"""What one sweep looks at: the newest sessions that nobody audited as they are."""


def main(arguments: Sequence[str]) -> int:
    """Do all queued jobs; with `--sweep HOME` queue first what was missed there; with `--prompts` only stopped ones."""
    history.work()
    if arguments[:1] == ["--prompts"]:
        return 0
    home = arguments[1] if arguments[:1] == ["--sweep"] and len(arguments) > 1 else ""
    while True:
        with _alone() as alone:
            if not alone:
                return 0
            with Ledger(check=True) as book:
                _work(book, home)
        home = ""
        if not any(name.endswith(".json") for name in os.listdir(place.spool())):
            return 0


def _work(book: Ledger, home: str) -> None:
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load

    ledger.absorb(book)
    if home:
        _sweep(book, Path(home))
    gate.remember(Engine(load()))
    while job := book.next_job():
        try:
            report = _audit(book, job)
        except Exception as problem:  # its text may quote a transcript
            with book.change():
                book.add_gap("SessionEnd", type(problem).__name__, f"job {job.id}", note=f"job-{job.id}")
                book.end_job(job.id, "failed")
        else:
            book.end_job(job.id, "done", report)
        ledger.absorb(book)


def _audit(book: Ledger, job: Job) -> str:
    """Audit one session with its sub-agents; return the path of its report."""
    transcript, home = Path(job.transcript), Path(job.home)
    if not job.transcript or not transcript.is_file():
        own = family.by_id(home, job.session)
        if own is None and not job.transcript:
            return ""  # an ephemeral session leaves nothing
        if own is None:
            raise FileNotFoundError
        transcript = own
    _wait(transcript)
    files = family.of(transcript, home)
    states = [(str(path), path.stat()) for path in files if path.is_file()]
    report, found = _report(book, job, [path for path, _status in states])
    with book.change():
        book.see(found, time.time())
        for path, status in states:
            book.set_audited(path, status.st_size, status.st_mtime_ns)
    if job.redact:
        _redact(home, files)
        with book.change():
            for path, _status in states:
                book.set_audited(path, *_state(Path(path)))
    return report


def _report(book: Ledger, job: Job, paths: Sequence[str]) -> tuple[str, list[tuple[str, str]]]:
    from auditor.audit.pipeline import audit
    from auditor.audit.request import ScanRequest
    from auditor.codex.failures import gaps
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.report.publish import Target, publish
    from auditor.safe.files import load_key, private_folder

    request = ScanRequest(
        paths=paths,
        key=load_key(),
        title=f"Session {job.session or 'without id'}",
        generated=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        arguments=("hook",),
        gaps=gaps(book),
    )
    document = audit(request)
    base = private_folder(Path(place.state()) / "reports") / (job.session or f"job-{job.id}")
    wanted = [Target("json", f"{base}.json"), Target("markdown", f"{base}.md")]
    publish(document, wanted, Engine(load()), sys.stdout.buffer)
    return f"{base}.md", [(one["fingerprint"], one["kind"]) for one in document["incidents"]]


def _redact(home: Path, files: Sequence[Path]) -> None:
    """Redact in place: everything of CODEX_HOME when no session runs, else the session's own files."""
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.intake import FileSource, discover
    from auditor.redact.inplace import InPlace, Options
    from auditor.redact.locks import any_held
    from auditor.redact.overwrite import Journal
    from auditor.safe.files import load_key

    found = discover([str(path) for path in files]) if any_held(home) else discover((), home)
    key = load_key()
    journal = Journal(Path(place.state()) / "journal", key)
    manifest = InPlace(Engine(load()), key, journal, Options()).run(
        [one for one in found if isinstance(one, FileSource)]
    )
    if any(one.action == "failed" for one in manifest.files):
        raise RuntimeError("redaction failed")


def _wait(transcript: Path) -> None:
    """Wait until the session's writer is gone."""
    from auditor.redact.locks import held

    until = time.monotonic() + LOCK_WAIT_SECONDS
    while held(transcript) and time.monotonic() < until:
        time.sleep(0.2)


def _sweep(book: Ledger, home: Path) -> None:
    from auditor.redact.locks import held

    since = time.time() - SWEEP_DAYS * 86400
    fresh = [(path.stat().st_mtime, path) for path in family.rollouts(home) if path.stat().st_mtime >= since]
    missed = [
        path
        for _time, path in sorted(fresh, reverse=True)
        if not family.parent(path) and not held(path) and not book.was_audited(str(path), *_state(path))
    ]
    for path in missed[:SWEEP_SESSIONS]:
        size, mtime = _state(path)
        content = {"session": family.thread(path), "transcript": str(path), "home": str(home), "at": time.time()}
        book.add_job(f"sweep-{path.name}-{size}-{mtime}", content)


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@contextmanager
def _alone() -> Iterator[bool]:
    descriptor = os.open(
        os.path.join(place.state(), "worker.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
