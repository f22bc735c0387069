"""Who made a report, with what, where: the part of custody that changes from machine to machine, kept in `run`.

Rule packs, control maps and inputs are content and have their digests there. The host is named by a keyed hash, so that
two reports of one machine can be told to be so without naming it.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from auditor.document import Custody
from auditor.evidence.digest import sha256
from auditor.secret import Secret

PACKAGES = ("blake3", "hyperscan", "orjson", "regex", "tree-sitter", "tree-sitter-bash", "zstandard")
"""Those whose version could change what is found."""
HOST_HEX = 12


def custody(key: bytes, configuration: Mapping[str, Path] | None = None) -> Custody:
    """Return the custody record of this process.

    Args:
        key: fingerprint key.
        configuration: option → file that the operator named; only its digest is kept.
    """
    installed = _installed()
    return {
        "python": platform.python_version(),
        "system": f"{sys.platform} {platform.machine()}",
        "host": Secret(b"host\x00" + platform.node().encode("utf-8", "replace")).fingerprint(key)[:HOST_HEX],
        "packages": {name: installed[name] for name in PACKAGES if name in installed},
        "configuration": {option: _digest(path) for option, path in sorted((configuration or {}).items())},
    }


def _installed() -> dict[str, str]:
    """Versions of what is installed, the first on the path, by the names of the folders (PyPA, "Recording installed
    projects"); to import `importlib.metadata` takes as long as to scan 30 MB."""
    found: dict[str, str] = {}
    for folder in sys.path:
        for entry in Path(folder).glob("*.dist-info"):
            name, _, version = entry.stem.partition("-")
            found.setdefault(name.replace("_", "-").lower(), version)
    return found


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes())
    except OSError:
        return ""
