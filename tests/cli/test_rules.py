"""`auditor rules`: list, show, test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli.app import invoke
from auditor.detect.rules import load
from auditor.errors import ExitCode

PACK = """
[pack]
id = "acme"
version = "1.0.0"
title = "Acme"

[[rule]]
id = "acme-token"
title = "Acme token"
kind = "bearer-token"
anchors = ["acme_"]
pattern = '(?<![A-Za-z0-9_])(?P<secret>acme_[A-Za-z0-9]{16})(?![A-Za-z0-9])'
checks = ["mask", "template", "sample"]
confidence = "high"
severity = "high"
examples = [
  { text = "ACME=acme_FakeQ2w8Lm4Zv7k1", secret = "acme_FakeQ2w8Lm4Zv7k1" },
  { text = "acme_FakeV7k1Tn9Bx3c6 ok", secret = "acme_FakeV7k1Tn9Bx3c6" },
  { text = "'acme_FakeX3c6Hj8Dq2w8'", secret = "acme_FakeX3c6Hj8Dq2w8" },
]
counter_examples = [
  { text = "acme_xxxxxxxxxxxxxxxx", why = "masked" },
  { text = "acme_short", why = "too short" },
  { text = "xacme_FakeQ2w8Lm4Zv7k1", why = "no left boundary" },
]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(PACK)
    return path


def test_list_names_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["rules", "list"]) == ExitCode.CLEAN
    out = capsys.readouterr().out
    assert all(rule.id in out for rule in load())
    assert f"{len(load())} rules in {len(load().packs)} packs" in out


def test_an_unknown_kind_is_a_usage_problem(capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--json"]):
        assert invoke(["rules", "list", "--kind", "bogus", *more]) == ExitCode.USAGE
        told = capsys.readouterr()
        assert "bogus" in told.err
        assert "postgres-url, neon-password" in told.err
        assert not told.out


def test_one_rule_of_one_pack(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [rule.kind for rule in load()]
    single = next(kind for kind in kinds if kinds.count(kind) == 1)
    assert invoke(["rules", "list", "--kind", single]) == ExitCode.CLEAN
    assert capsys.readouterr().out.endswith("\n1 rule in 1 pack\n")


def test_list_json_has_packs_with_digests(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["rules", "list", "--json", "--rules", str(pack), "--kind", "bearer-token"]) == ExitCode.CLEAN
    value = json.loads(capsys.readouterr().out)
    assert {"acme", "neon", "postgres"} <= {one["id"] for one in value["packs"]}
    assert all(one["digest"].startswith("sha256:") for one in value["packs"])
    assert {one["kind"] for one in value["rules"]} == {"bearer-token"}
    assert value["overridden"] == []


def test_show_cuts_secrets_out_of_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["rules", "show", "postgres-url"]) == ExitCode.CLEAN
    page = capsys.readouterr().out
    rule = load().get("postgres-url")
    assert rule is not None
    assert "postgresql://neondb_owner:" in page
    assert not any(example.secret.decode() in page for example in rule.examples)
    assert invoke(["rules", "show", "postgres-url", "--json"]) == ExitCode.CLEAN
    assert json.loads(capsys.readouterr().out)["checks"] == ["url", "sample", "mask", "template"]


def test_an_unknown_rule_is_a_usage_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["rules", "show", "postgres-ulr"]) == ExitCode.USAGE
    assert "postgres-url" in capsys.readouterr().err
    assert invoke(["rules", "test", "nothing-like-it"]) == ExitCode.USAGE


def test_test_proves_the_given_pack_only(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["rules", "test", "--rules", str(pack)]) == ExitCode.CLEAN
    assert capsys.readouterr().out.splitlines() == [
        "ok   acme-token  (3 examples, 3 counter-examples)",
        "1 rule, 0 with failures",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{16})(?![A-Za-z0-9])", "{5,16})", "counter-example 2: matches (plain)"),
        (
            '"acme_FakeX3c6Hj8Dq2w8" },',
            '"acme_FakeX3c6Hj8Dq2w9" },',
            "example 3: is not found by the rule alone (plain)",
        ),
        ("FakeV7k1Tn9Bx3c6", "xxxxxxxxxxxxxxxx", "example 2: is held back by the check `mask` (plain)"),
        ('anchors = ["acme_"]', 'anchors = ["ACME="]', "example 2: is not found by the rule alone (plain)"),
    ],
)
def test_test_tells_what_fails(pack: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str) -> None:
    pack.write_text(PACK.replace(old, new))
    assert invoke(["rules", "test", "-q", "--rules", str(pack)]) == ExitCode.VERIFICATION
    out = capsys.readouterr().out
    assert f"     {told}" in out.splitlines()
    assert "1 rule, 1 with failures" in out


def test_the_documented_pack_proves_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs/rules.md").read_text()
    path = tmp_path / "acme.toml"
    path.write_text(page.split("```toml\n")[1].split("```")[0])
    assert invoke(["rules", "test", "--rules", str(path)]) == ExitCode.CLEAN
    assert all(line in page for line in capsys.readouterr().out.splitlines())
