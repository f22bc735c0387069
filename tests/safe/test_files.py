"""Private outputs, private folders and the key."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from auditor.errors import Refused, UsageProblem
from auditor.safe import files

UMASKS = (0o000, 0o022, 0o077)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("umask", UMASKS)
def test_outputs_are_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        (tmp_path / "old").write_bytes(b"old")
        (tmp_path / "old").chmod(0o644)
        for name in ("new", "old"):
            files.write_private(tmp_path / name, b"data")
    finally:
        os.umask(before)
    for name in ("new", "old"):
        assert (tmp_path / name).read_bytes() == b"data"
        assert mode(tmp_path / name) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["new", "old"]


def test_an_output_is_never_written_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / "report.json").symlink_to(victim)
    with pytest.raises(Refused, match="symbolic link"):
        files.write_private(tmp_path / "report.json", b"data")
    assert victim.read_bytes() == b"mine"
    assert sorted(os.listdir(tmp_path)) == ["report.json", "victim"]


def test_an_output_that_cannot_be_written_is_a_usage_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, error in (("none/x", UsageProblem), ("pipe", Refused), (".", Refused)):
        with pytest.raises(error):
            files.write_private(tmp_path / name, b"data")
    assert os.listdir(tmp_path) == ["pipe"]


def test_an_older_output_survives_a_failed_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write_private(tmp_path / "x", b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageProblem, match="no space"):
        files.write_private(tmp_path / "x", b"new")
    assert os.listdir(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


def test_private_folders(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "open")
    assert mode(files.private_folder(tmp_path / "a" / "b")) == 0o700
    assert mode(files.private_folder(tmp_path / "open")) == 0o700
    for name in ("file", "link"):
        with pytest.raises(Refused):
            files.private_folder(tmp_path / name)


def test_the_state_folder_follows_the_xdg_specification() -> None:
    assert files.state_folder({"XDG_STATE_HOME": "/x"}) == Path("/x/auditor")
    for environment in ({"XDG_STATE_HOME": "relative"}, {}):
        assert files.state_folder(environment) == Path.home() / ".local/state/auditor"


def test_without_a_place_for_the_key_another_one_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageProblem) as caught:
        files.load_key(None, {"XDG_STATE_HOME": str(tmp_path / "file")})
    assert "--key-file" in caught.value.hint


def test_the_own_key_is_made_once(tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    key = files.load_key(None, environment)
    assert len(key) == files.KEY_BYTES
    assert files.load_key(None, environment) == key
    assert mode(tmp_path / "auditor" / "key") == 0o600
    assert mode(tmp_path / "auditor") == 0o700
    assert not files.create_private(tmp_path / "auditor" / "key", b"other")
    assert os.listdir(tmp_path / "auditor") == ["key"]


def test_a_named_key_wins_and_may_be_text(tmp_path: Path) -> None:
    raw, text = bytes(range(32)), tmp_path / "text"
    (tmp_path / "raw").write_bytes(raw)
    text.write_text(raw.hex() + "\n")
    (tmp_path / "link").symlink_to(text)
    for path in tmp_path.iterdir():
        path.chmod(0o600)
    for name in ("raw", "text", "link"):
        assert files.load_key(tmp_path / name, {}) == raw
        assert files.load_key(None, {files.KEY_VARIABLE: str(tmp_path / name)}) == raw


@pytest.mark.parametrize(
    ("content", "permissions", "message"),
    [
        (None, 0o600, "no readable key"),
        (bytes(32), 0o640, "other users can read"),
        (bytes(32), 0o604, "other users can read"),
        (bytes(31), 0o600, "not a key"),
        (b"z" * 64, 0o600, "not a key"),
        (b"", 0o600, "not a key"),
    ],
)
def test_a_key_that_is_none_is_refused(tmp_path: Path, content: bytes | None, permissions: int, message: str) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(permissions)
    with pytest.raises(UsageProblem, match=message) as caught:
        files.load_key(path, {})
    assert caught.value.hint
