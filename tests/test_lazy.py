"""Patterns that are compiled at their first use: all are sound, and none is compiled before."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys

import pytest

import auditor
from auditor import lazy


def test_every_pattern_compiles() -> None:
    """A mistake would else show only where the pattern is used. In a process of its own, where all are made anew."""
    code = (
        "import importlib, sys\n"
        "from auditor import lazy\n"
        "make, made = lazy.compile, []\n"
        "lazy.compile = lambda *given: made.append(make(*given)) or made[-1]\n"
        "[importlib.import_module(name) for name in sys.argv[1:]]\n"
        "print(len([one.pattern for one in made]))\n"
    )
    names = [one.name for one in pkgutil.walk_packages(auditor.__path__, "auditor.") if "__main__" not in one.name]
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200


def test_it_is_used_like_a_pattern() -> None:
    words = lazy.compile(r"(?P<word>[a-z]+)", re.I)
    assert [match["word"] for match in words.finditer("One, two")] == ["One", "two"]
    assert words.sub("x", "One, two") == "x, x"
    assert words.flags & re.I
    assert words.fullmatch("One")


def test_it_is_compiled_at_the_first_use() -> None:
    wrong = lazy.compile("(")
    with pytest.raises(re.error):
        wrong.match("x")
