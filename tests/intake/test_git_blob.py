"""The index of a real repository: what will be committed is what is read, whatever its name."""

from __future__ import annotations

import os
import pickle
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from auditor.errors import UsageProblem
from auditor.intake import Source
from auditor.intake.git_blob import GitBlobSource, indexed, staged
from auditor.model import Gap


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.email", "dev@example.test")
    git(folder, "config", "user.name", "dev")
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def contents(items: Iterable[Source | Gap]) -> dict[str, bytes]:
    found = {}
    for item in items:
        assert not isinstance(item, Gap)
        found[item.path] = b"".join(chunk.data[chunk.overlap :] for chunk in item.chunks())
        assert item.gaps == ()
        assert item.reports()[0].status == "examined"
    return found


def test_the_index_is_read_not_the_working_tree(repository: Path) -> None:
    (repository / "a.log").write_text("staged\n")
    (repository / "b.log").write_text("unstaged\n")
    git(repository, "add", "a.log")
    (repository / "a.log").write_text("changed afterwards\n")
    assert contents(staged(str(repository))) == {"a.log": b"staged\n"}
    git(repository, "commit", "-qm", "first")
    assert contents(staged(str(repository))) == {}
    git(repository, "add", "a.log", "b.log")
    git(repository, "rm", "-q", "--cached", "b.log")
    assert contents(staged(str(repository))) == {"a.log": b"changed afterwards\n"}
    names = ["a.log", "b.log"]
    (repository / "a.log").write_text("changed again\n")
    found = contents(indexed(names, str(repository)))
    assert found == {"a.log": b"changed afterwards\n", f"{repository}/b.log": b"unstaged\n"}


def test_odd_names_links_and_submodules(repository: Path) -> None:
    names = ["new\nline.log", "tab\t.log", ":(glob)*", "-n", "sp ace.log", '"quoted".log', "*.log"]
    for name in names:
        (repository / name).write_text(name)
    with open(os.fsencode(repository) + b"/\xff.log", "wb") as file:
        file.write(b"bytes")
    (repository / "link").symlink_to("/etc/passwd")
    git(repository, "add", "-A")
    expected = {name: name.encode() for name in names} | {"\\xff.log": b"bytes", "link": b"/etc/passwd"}
    inner = repository / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    git(inner, "-c", "user.email=a@b.test", "-c", "user.name=x", "commit", "-q", "--allow-empty", "-m", "x")
    git(repository, "-c", "advice.addEmbeddedRepo=false", "add", "inner")
    assert contents(staged(str(repository))) == expected
    assert contents(indexed(["*.log", ":(glob)*", "-n"], str(repository))) == {
        name: name.encode() for name in ("*.log", ":(glob)*", "-n")
    }


def test_large_and_many_blobs_and_a_pass_left_early(repository: Path) -> None:
    big = b"".join(b"%d some line of text\n" % number for number in range(200_000))
    (repository / "a-big.log").write_bytes(big)
    for number in range(300):
        (repository / f"n{number:03}.log").write_text(f"{number}\n")
    git(repository, "add", "-A")
    sources = [item for item in staged(str(repository)) if isinstance(item, GitBlobSource)]
    next(sources[0].chunks())  # left in the middle of an object
    assert contents(sources)["n299.log"] == b"299\n"
    assert contents(sources)["a-big.log"] == big
    copy = pickle.loads(pickle.dumps(sources[0]))
    assert contents([copy])["a-big.log"] == big
    assert len(contents(indexed(sorted(os.listdir(repository)), str(repository)))) > 300


def test_no_repository_is_a_usage_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(UsageProblem, match="git"):
        list(staged(str(tmp_path)))
    with pytest.raises(UsageProblem, match="git"):
        list(indexed(["x"], str(tmp_path / "none")))


def test_a_missing_object_is_a_gap(repository: Path) -> None:
    (repository / "a.log").write_text("x\n")
    git(repository, "add", "a.log")
    (source,) = staged(str(repository))
    assert isinstance(source, GitBlobSource)
    stored = repository / ".git" / "objects" / source.object[:2] / source.object[2:]
    stored.unlink()
    assert list(source.chunks()) == []
    assert [gap.reason for gap in source.gaps] == ["unreadable"]
    assert source.reports()[0].status == "failed"
