"""The second pass over one session: time and peak memory of the trace at several sizes, to show linear growth.

    python benchmarks/trace.py [--megabytes 10 50 250] [--rounds 3]

Each size is measured in processes of its own, in seconds of CPU, since the trace is one thread. `session` is the
session model (turns, calls, positions), `story` what the reconstruction adds (shell text, steps, runs, checks,
masking). As in an audit, positions are kept of lines with finds only (one line in a thousand stands for them), and
every text that is shown goes through the engine's mask. Budget: 50 MB in at most 1 s and 200 MB. Nothing here is a
test.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import corpus

MIGRATIONS = (
    "atlas migrate lint --env dev --latest 1",
    "DATABASE_URL=\"$URL\" atlas migrate apply --env dev --dry-run",
    "cd app && npx drizzle-kit migrate 2>&1 | tail -20",
    "uv run alembic upgrade head",
    "for f in migrations/*.sql; do psql \"$DATABASE_URL\" -f $f; done",
)  # fmt: skip
"""One command in ten is a migration step; the rest are the corpus's own."""


def write(path: Path, megabytes: int) -> None:
    """Write one rollout of about that size."""
    generator = corpus.Generator(every=0)
    with path.open("wb") as file:
        for number, line in enumerate(generator.lines(megabytes * 1_000_000)):
            if b'"exec_command"' in line and number % 40 < 4:
                record = json.loads(line)
                command = MIGRATIONS[number % len(MIGRATIONS)]
                record["payload"]["arguments"] = json.dumps({"cmd": command, "workdir": "/home/dev/shop"})
                line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
            file.write(line)


def one(path: Path) -> dict[str, float]:
    """Trace one rollout in this process."""
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.formats.registry import DIALECTS
    from auditor.intake import discover
    from auditor.model import Gap
    from auditor.trace.families import link
    from auditor.trace.reconstruct import reconstruct
    from auditor.trace.sessions import read

    source = next(item for item in discover([str(path)]) if not isinstance(item, Gap))
    engine = Engine(load())
    start = time.process_time()
    transcript = read(source, DIALECTS["codex-rollout"], range(0, 10_000_000, 1000))
    link([transcript])
    session = time.process_time() - start
    calls = len(transcript.calls)
    start = time.process_time()
    story = reconstruct([transcript], [], lambda text: engine.mask(text.encode(), b"k" * 32).decode())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "session": session,
        "story": time.process_time() - start,
        "peak": peak,
        "records": transcript.records,
        "calls": calls,
        "steps": len(story.steps),
    }


def measure(path: Path, rounds: int) -> dict[str, float]:
    """Return the median of the rounds, each in a fresh process."""
    command = [sys.executable, __file__, "--one", str(path)]
    results = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(rounds)]
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def report(sizes: Sequence[int], rounds: int) -> None:
    """Print one line per size."""
    heads = ("MB", "records", "calls", "steps", "session", "story", "s", "MB/s", "peak MB")
    print("{:>6} {:>8} {:>7} {:>7} {:>8} {:>8} {:>6} {:>7} {:>8}".format(*heads))
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"rollout-{size}.jsonl"
            write(path, size)
            got = measure(path, rounds)
            total = got["session"] + got["story"]
            print(
                f"{size:>6} {got['records']:>8.0f} {got['calls']:>7.0f} {got['steps']:>7.0f} {got['session']:>8.2f} "
                f"{got['story']:>8.2f} {total:>6.2f} {size / total:>7.1f} {got['peak']:>8.0f}"
            )
            path.unlink()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[10, 50, 250])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one)))
    else:
        report(options.megabytes, options.rounds)


if __name__ == "__main__":
    main()
