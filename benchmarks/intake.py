"""Reading alone and with the engine, per core: GB of input per second of processor time, for several block sizes.

Run: `python benchmarks/intake.py [MEGABYTES]`. Processor time, best of several rounds: a busy machine hardly shows.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from auditor.detect.engine import Engine
from auditor.detect.rules import load
from auditor.intake import FileSource, lines, stored

BLOCKS = tuple(1 << power for power in (17, 18, 19, 20, 21, 22, 23))
ROUNDS = 8


def corpus(path: Path, megabytes: int) -> None:
    """Lines of 300 bytes to 20 KB, as a session has them."""
    source = random.Random(1)
    words = ["".join(source.choices("abcdefghijklmnop/-_=", k=source.randint(2, 12))) for _ in range(5000)]
    with path.open("wb") as file:
        while file.tell() < megabytes << 20:
            text = " ".join(source.choices(words, k=source.choice((40, 40, 40, 200, 2500))))
            file.write(b'{"timestamp":"2026-11-23T15:15:42.526Z","payload":{"text":"' + text.encode() + b'"}}\n')


def seconds(path: Path, engine: Engine | None) -> float:
    """Processor time of one pass."""
    began = time.process_time()
    for chunk in FileSource(str(path)).chunks():
        if engine:
            engine.scan(chunk.data)
    return time.process_time() - began


def main() -> None:
    """Print a table."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    engine = Engine(load(()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "corpus.jsonl")
        corpus(path, megabytes)
        size = path.stat().st_size
        best: dict[tuple[int, bool], float] = {}
        for _round in range(ROUNDS):  # interleaved: noise meets every variant alike
            for block in BLOCKS:
                lines.BLOCK = stored.BLOCK = block
                for scanned in (False, True):
                    taken = seconds(path, engine if scanned else None)
                    best[block, scanned] = min(taken, best.get((block, scanned), taken))
    print("block KiB   read+digest   with engine   (GB/s per core)")
    for block in BLOCKS:
        print(f"{block >> 10:9}   {size / best[block, False] / 1e9:11.2f}   {size / best[block, True] / 1e9:11.2f}")


if __name__ == "__main__":
    main()
