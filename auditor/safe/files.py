"""Careful file handling: private outputs, private folders, and the fingerprint key.

What is written is complete or absent (temporary file, fsync, rename), readable by the owner only from birth, and never
reached through a link that somebody put at its place. All work is done relative to a descriptor of the folder, so that
a swapped parent cannot redirect it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from auditor.errors import Refused, UsageProblem

KEY_BYTES = 32
KEY_VARIABLE = "AUDITOR_KEY_FILE"
_APPLICATION = "auditor"
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_private(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file that only the owner can read, replacing an older one in one step.

    Args:
        path: where; its folder must exist.
        data: the whole content.

    Raises:
        Refused: a link, folder or device stands there.
        UsageProblem: the folder cannot be written.
    """
    target = Path(path)
    try:
        with _folder(target.parent) as folder:
            _check_target(target, folder)
            temporary = _write_temporary(folder, data)
            try:
                os.rename(temporary, target.name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=folder)
                raise
            _sync(folder)
    except OSError as problem:
        raise _unwritable(target, problem) from None


def create_private(path: str | os.PathLike[str], data: bytes) -> bool:
    """Write a private file unless there is one already; tell whether it was written. Two callers at once are fine.

    Raises:
        UsageProblem: the folder cannot be written.
    """
    target = Path(path)
    try:
        with _folder(target.parent) as folder:
            temporary = _write_temporary(folder, data)
            try:
                os.link(temporary, target.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            except FileExistsError:
                return False
            finally:
                os.unlink(temporary, dir_fd=folder)
            _sync(folder)
            return True
    except OSError as problem:
        raise _unwritable(target, problem) from None


def private_folder(path: str | os.PathLike[str]) -> Path:
    """Return a folder that only the owner can enter, made if needed (its parents too).

    Raises:
        Refused: something else stands there, or it belongs to somebody else.
        UsageProblem: it cannot be made.
    """
    folder = Path(path)
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise Refused(f"{folder}: not a folder")
        if status.st_uid != os.geteuid():
            raise Refused(f"{folder}: belongs to another user")
        if stat.S_IMODE(status.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as problem:
        raise _unwritable(folder, problem) from None
    return folder


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Keys and cursors: `$XDG_STATE_HOME/auditor` (XDG Base Directory Specification 0.8)."""
    return _xdg(environment, "XDG_STATE_HOME", ".local/state")


def key_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the fingerprint key stands when none is named."""
    return state_folder(environment) / "key"


def load_key(named: str | os.PathLike[str] | None = None, environment: Mapping[str, str] = os.environ) -> bytes:
    """Return the fingerprint key, 32 bytes; the user's own one is made on first use.

    Args:
        named: a key file to share (`--key-file`), else the one that AUDITOR_KEY_FILE names, else the user's own.
        environment: where variables are looked up.

    Raises:
        UsageProblem: a named key is missing, readable by others, or no key.
    """
    chosen = named or environment.get(KEY_VARIABLE)
    if chosen:
        return _read_key(Path(chosen), follow=True)
    path = key_path(environment)
    if not os.path.lexists(path):
        _make_key(path)
    return _read_key(path, follow=False)


def _make_key(path: Path) -> None:
    try:
        private_folder(path.parent)
        create_private(path, os.urandom(KEY_BYTES))
    except UsageProblem as problem:
        hint = (
            "A fingerprint key is kept there. Name one of 32 bytes (`--key-file`), or another folder (XDG_STATE_HOME)."
        )
        raise UsageProblem(problem.message, problem.hint or hint) from None


def _read_key(path: Path, *, follow: bool) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW))
    except OSError as problem:
        hint = "Copy the key you share there, or make one: (umask 077; head -c 32 /dev/urandom > FILE)."
        raise UsageProblem(f"{path}: no readable key ({_reason(problem)})", hint) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UsageProblem(f"{path}: a key is a file")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise UsageProblem(f"{path}: other users can read the key", f"chmod 600 {path}")
        return _key_of(os.read(descriptor, 4 * KEY_BYTES), path)
    finally:
        os.close(descriptor)


def _key_of(data: bytes, path: Path) -> bytes:
    """32 raw bytes, or 64 hexadecimal digits, since secret stores of CI systems hold text."""
    if len(data) == KEY_BYTES:
        return data
    with suppress(ValueError):
        key = bytes.fromhex(data.decode("ascii").strip())
        if len(key) == KEY_BYTES:
            return key
    raise UsageProblem(f"{path}: not a key", f"A key is {KEY_BYTES} bytes, or {2 * KEY_BYTES} hexadecimal digits.")


def _xdg(environment: Mapping[str, str], variable: str, default: str) -> Path:
    base = Path(environment.get(variable) or "")
    return (base if base.is_absolute() else Path.home() / default) / _APPLICATION  # relative ones are to be ignored


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _check_target(target: Path, folder: int) -> None:
    try:
        status = os.stat(target.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(status.st_mode):
        raise Refused(f"{target}: is a symbolic link", "Name the file itself, or remove the link.")
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{target}: not a regular file")


def _write_temporary(folder: int, data: bytes) -> str:
    name = f".auditor-{os.urandom(8).hex()}.tmp"
    descriptor = os.open(name, _CREATE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise
    return name


def _sync(folder: int) -> None:
    with suppress(OSError):  # some file systems cannot sync a folder; the file itself is durable
        os.fsync(folder)


def _unwritable(path: Path, problem: OSError) -> UsageProblem:
    return UsageProblem(f"{path}: cannot be written ({_reason(problem)})")


def _reason(problem: OSError) -> str:
    return os.strerror(problem.errno or 0).lower()
