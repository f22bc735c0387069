"""The stream filter: MB of input per second of processor time on clean text and on text with 1 % dirty lines, and the
memory it takes, side by side with peers that can filter where their programs are given.

Run: `python benchmarks/redact.py [MEGABYTES] [PEER_BIN_FOLDER]`. Processor time (of the process and its children), best
of a few rounds: a busy machine hardly shows. Peers get a smaller input; they are slower by orders of magnitude.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.corpus import write

ROUNDS = 9
PEER_MEGABYTES = 2
KINDS = ("clean", "same value", "new values")
PEERS = {
    "agentscrub watch-text": ("agentscrub", "watch-text"),
    "dataclaw secrets.redact_text": ("python", "-c", "DATACLAW"),
    "redact-transcripts": ("redact-transcripts", "-f", "jsonl", "-"),
    "entire redact.JSONLBytes": ("entire-redact",),
}
"""Those in the folder are run. `entire-redact` is a Go program of our own making around the package `redact` of
github.com/entireio/cli: it calls `JSONLBytes` with each line of its input."""
_DATACLAW = (
    "import sys; from dataclaw.secrets import redact_text\n"
    "for line in sys.stdin:\n    sys.stdout.write(redact_text(line)[0])"
)


def corpus(folder: Path, megabytes: float, kind: str) -> Path:
    """One rollout like real ones; every hundredth line holds a database URL unless clean."""
    write(folder / kind, total=int(megabytes * (1 << 20)), files=1, every=0)
    plain = next((folder / kind).rglob("*.jsonl"))
    path = folder / "corpus.jsonl"
    with plain.open("rb") as source, path.open("wb") as file:
        for number, line in enumerate(source):
            if kind != "clean" and number % 100 == 50:
                value = f"{number:06d}" if kind == "new values" else "000000"
                url = f"postgresql://app:npg_FakeQ7w8e9{value}@ep-fake-1a2b3c4d.us-east-2.aws.neon.tech/shop"
                line = b'{"type":"event_msg","payload":{"text":"see ' + url.encode() + b'"}}\n' + line
            file.write(line)
    shutil.rmtree(folder / kind)
    return path


def own(path: Path) -> float:
    """Processor seconds of the filter in this process, reads as large as a file gives them."""
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.redact.pump import pump
    from auditor.redact.stream import Redactor

    redactor = Redactor(Engine(load()), b"k" * 32)
    with path.open("rb") as source, open(os.devnull, "wb") as target:
        began = time.process_time()
        pump(source.fileno(), target.fileno(), redactor)
        return time.process_time() - began


def copied(path: Path) -> float:
    """Processor seconds of moving the bytes alone, as `cat` does: the floor."""
    return _timed(path, lambda data: data)


def prefiltered(path: Path) -> float:
    """Processor seconds of moving them and one prefilter pass over each read: the floor of any filter of ours."""
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load

    engine = Engine(load())

    def step(data: bytes) -> bytes:
        engine.clean(data)
        return data

    return _timed(path, step)


def _timed(path: Path, step: Callable[[bytes], bytes]) -> float:
    from auditor.redact.pump import READ_SIZE, write_all

    with path.open("rb") as source, open(os.devnull, "wb") as target:
        began = time.process_time()
        while data := os.read(source.fileno(), READ_SIZE):
            write_all(target.fileno(), step(data))
        return time.process_time() - began


def peer(command: Sequence[str]) -> Callable[[Path], float]:
    """Processor seconds of another program that filters stdin to stdout, its start included."""

    def measure(path: Path) -> float:
        before = _children()
        with path.open("rb") as source:
            subprocess.run(command, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return _children() - before

    return measure


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def speed(folder: Path, megabytes: float, kind: str, measure: Callable[[Path], float]) -> float:
    """MB (10**6 bytes) per second, the best of a few rounds."""
    path = corpus(folder, megabytes, kind)
    rounds = ROUNDS if megabytes > PEER_MEGABYTES else 1
    return path.stat().st_size / min(measure(path) for _ in range(rounds)) / 1e6


def memory(folder: Path, megabytes: int) -> int:
    """Peak resident MiB of `auditor redact FILE` over one line of that size."""
    path = folder / "line.txt"
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(b"some clean words 1" * 58_254)
    code = (
        "import resource, sys; from auditor.cli import run; run(['redact', sys.argv[1]]);"
        "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
    )
    return int(done.stderr.split()[-1])


def main() -> None:
    """Print the tables."""
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 100
    peers = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'MB/s':32}{''.join(f'{kind:>12}' for kind in KINDS)}")
        rows = [
            ("read and write only", megabytes, copied),
            ("and one prefilter pass", megabytes, prefiltered),
            ("auditor redact", megabytes, own),
        ]
        for title, (program, *rest) in PEERS.items() if peers else ():
            command = [str(peers / program), *(_DATACLAW if word == "DATACLAW" else word for word in rest)]
            if (peers / program).exists():
                rows.append((title, PEER_MEGABYTES, peer(command)))
        for title, size, measure in rows:
            print(f"{title:32}{''.join(f'{speed(folder, size, kind, measure):12.2f}' for kind in KINDS)}", flush=True)
        print(f"\none line of 50 MB: {memory(folder, 50)} MiB, of 500 MB: {memory(folder, 500)} MiB")


if __name__ == "__main__":
    main()
