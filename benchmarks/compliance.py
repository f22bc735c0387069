"""Cost of judging a document: many incidents and steps in one session. By hand: python -m benchmarks.compliance

Growth must be linear: twice the incidents and steps, twice the time.
"""

from __future__ import annotations

import time

from auditor.compliance import enrich
from auditor.document import Document
from tests.compliance.documents import document, incident, occurrence, session, step

SIZES = (500, 1000, 2000, 4000)


def build(size: int) -> Document:
    """Return a document with `size` incidents and five times as many steps, all in one session."""
    targets = [{"host": f"ep-{n}.neon.tech", "branch": f"br-{n}"} for n in range(50)]
    steps = [step(f"s1/c{n}", target=targets[n % 50]) for n in range(size * 5)]
    incidents = [
        incident(
            id=f"inc-{n:012x}",
            kind="postgres-url",
            fingerprint=f"{n:032x}",
            parts={"host": [f"ep-{n % 50}.neon.tech"], "user": ["neondb_owner"]},
            occurrences=[occurrence(session="s1", step=f"s1/c{n * 5}", role="tool")],
        )
        for n in range(size)
    ]
    return document(*incidents, steps=steps, sessions=[session()])


def main() -> None:
    """Print seconds for each size."""
    for size in SIZES:
        made = build(size)
        start = time.perf_counter()
        enrich(made)
        print(f"{size:6} incidents {size * 5:6} steps  {time.perf_counter() - start:6.2f} s")


if __name__ == "__main__":
    main()
