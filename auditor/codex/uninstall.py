"""`auditor uninstall codex`: everything as it was, byte for byte where only we changed it since.

A file whose content without our part says what one of our copies says becomes that copy, and the copies go; else our
part is taken out of it, and a copy is kept as with every change.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from auditor.codex import config_file, hooks_file, place, trust
from auditor.codex.install import BACKUP, Change, Target, shipped_skill


def plan_removal(where: Target) -> list[Change]:
    """Return what taking an installation away changes.

    Raises:
        UsageProblem: a file that is there cannot be understood.
    """
    content = hooks_file.read(where.hooks)
    ours = list(hooks_file.ours(content))
    found = [_hooks(where, content)] if ours else []
    reviews = [trust.key(str(where.hooks), one.event, one.group, one.index) for one in ours]
    noted = where.config if where.scope == "user" else Path(place.codex_home()) / "config.toml"
    for path in dict.fromkeys((where.config, noted)):  # Codex notes reviews in the user's configuration alone
        found += _config(path, reviews if path == noted else [], mine=path == where.config)
    document = where.skill / "SKILL.md"
    if document.is_file() and document.read_bytes() == shipped_skill():
        found.append(Change(document, None, "agent skill"))
    return found


def _hooks(where: Target, content: dict[str, object]) -> Change:
    left = hooks_file.removed(content)
    if not left.get("hooks") and set(left) <= {"hooks"}:
        return Change(where.hooks, None, "our hooks")
    return _restored(where.hooks, hooks_file.text(left), json.loads, "our hooks")


def _config(path: Path, reviews: list[str], *, mine: bool) -> Iterator[Change]:
    """Proxies and environment policy where the scope keeps its own, and what Codex noted of our hooks' review."""
    config = config_file.read(path)
    what = [f"MCP proxy of {', '.join(names)}"] if mine and (names := config_file.unwrap_servers(config)) else []
    if mine and config_file.unprotect_environment(config, _policy_before(path)):
        what.append("shell_environment_policy")
    what += ["review of our hooks"] if config_file.forget_reviews(config, reviews) else []
    if not what:
        return
    text = config_file.text(config)
    if not text.strip() and not _copies(path):
        yield Change(path, None, " and ".join(what))
    else:
        yield _restored(path, text, lambda data: tomllib.loads(data.decode()), " and ".join(what))


def _policy_before(path: Path) -> dict[str, object]:
    """The environment policy of the newest copy that is not ours; there is none where the file was new."""
    for copy in _copies(path):
        policy = config_file.read(copy).unwrap().get("shell_environment_policy", {})
        if isinstance(policy, dict) and not config_file.protects(policy):
            return policy
    return {}


def _restored(path: Path, text: bytes, read: Callable[[bytes], object], what: str) -> Change:
    copies = _copies(path)
    for copy in copies:
        if read(copy.read_bytes()) == read(text):
            return Change(path, copy.read_bytes(), what, obsolete=tuple(copies))
    return Change(path, text, what)


def _copies(path: Path) -> list[Path]:
    """Our copies of a file, newest first; links are nobody's copies."""
    found = sorted(path.parent.glob(f"{path.name}{BACKUP}*"), reverse=True)
    return [one for one in found if one.is_file() and not one.is_symlink()]
