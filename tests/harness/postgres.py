"""A PostgreSQL cluster of our own from Debian's packages: temporary folder, loopback, no root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

OWNER_PASSWORD = "clusterOwnerFake0"
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
synchronous_commit = off
log_statement = '{log}'
"""


def binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres` of the newest installed version, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    path = shutil.which("initdb")
    return Path(path).resolve().parent if path else None


def free_port() -> int:
    """Return a TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged() -> list[str]:
    """Return the prefix that runs a command as a user other than root; initdb and postgres refuse root."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    raise RuntimeError("no unprivileged user for PostgreSQL")


@dataclass
class Cluster:
    """A running server; use as a context manager. The superuser is `postgres`."""

    bin: Path
    port: int = 0
    log_statement: str = "none"
    folder: Path = field(default_factory=Path)

    def __enter__(self) -> Self:
        self.port = self.port or free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="auditor-pg-"))
        prefix = _unprivileged()
        if prefix:
            os.chown(self.folder, int(prefix[1].split("=")[1]), int(prefix[2].split("=")[1]))
        password = self.folder / "pw"
        password.write_text(OWNER_PASSWORD)
        password.chmod(0o644)
        data = self.folder / "data"
        self._run(*prefix, str(self.bin / "initdb"), "-D", str(data), "-U", "postgres", "-A", "scram-sha-256",
                  f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8", "-N")  # fmt: skip
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS.format(folder=self.folder, log=self.log_statement))
        self._run(*prefix, str(self.bin / "pg_ctl"), "-D", str(data), "-o", f"-p {self.port}", "-l",
                  str(self.folder / "log"), "-w", "start")  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._run(
            *_unprivileged(), str(self.bin / "pg_ctl"), "-D", str(self.folder / "data"), "-m", "immediate", "stop"
        )
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """URL of the superuser's own database."""
        return f"postgresql://postgres:{OWNER_PASSWORD}@127.0.0.1:{self.port}/postgres"

    @property
    def log(self) -> str:
        """The server log so far."""
        return (self.folder / "log").read_text()

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements as the superuser, each in its own transaction; return psql's unaligned output."""
        arguments = [argument for statement in statements for argument in ("-c", statement)]
        address = self.url.rsplit("/", 1)[0] + f"/{database}"
        done = subprocess.run(
            [str(self.bin / "psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", address, *arguments],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def _run(self, *argv: str) -> None:
        subprocess.run(
            argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", stdin=subprocess.DEVNULL
        )
