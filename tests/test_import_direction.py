"""The rooms of docs/architecture.md: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "auditor"
VALUES = {"model", "document", "secret", "errors", "lazy"}
FOUNDATION = VALUES | {"safe"}
ALLOWED: dict[str, set[str]] = {
    "model": VALUES,
    "document": VALUES,
    "secret": VALUES,
    "errors": VALUES,
    "lazy": set(),
    "safe": VALUES,
    "intake": FOUNDATION,
    "formats": VALUES,
    "decode": VALUES,
    "detect": FOUNDATION | {"decode"},
    "trace": FOUNDATION | {"formats"},
    "compliance": FOUNDATION,
    "evidence": FOUNDATION | {"compliance"},
    "report": FOUNDATION | {"compliance", "evidence"},
    "redact": FOUNDATION | {"intake", "formats", "decode", "detect"},
}
ALLOWED["audit"] = set(ALLOWED)
ALLOWED["codex"] = set(ALLOWED)
ALLOWED["cli"] = set(ALLOWED)
ALLOWED["__main__"] = {"cli", "errors", "codex", "redact"}
ALLOWED["__init__"] = set()


def _imports(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "auditor" else [node.module]
            )
        rooms |= {name.split(".")[1] for name in names if name.startswith("auditor.")}
    return rooms - {"__version__"}


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_room_imports_only_what_it_may(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    forbidden = _imports(path) - ALLOWED[room] - {room}
    assert not forbidden, f"{room} may not import {sorted(forbidden)}"
