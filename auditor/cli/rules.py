"""`auditor rules`: list, show and prove the rules that find credentials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.cli import options as shared
from auditor.errors import ExitCode, UsageProblem

if TYPE_CHECKING:
    from auditor.detect.rules import Rule, RuleSet

LIST_EXAMPLES = """
\b
Examples:
  auditor rules list
  auditor rules list --kind postgres-password
  auditor rules list --rules ./our-rules --json
"""
TEST_EXAMPLES = """
\b
Examples:
  auditor rules test                           every shipped rule
  auditor rules test postgres-url jwt          two of them
  auditor rules test --rules our-tokens.toml   the rules of this pack only
"""


@click.group()
def command() -> None:
    """List, show and test the rules that find credentials."""


@command.command("list", epilog=LIST_EXAMPLES)
@shared.rule_options
@click.option("--kind", default="", metavar="KIND", help="Only rules of this kind of credential.")
@click.option("--json", "as_json", is_flag=True, help="Packs with versions and digests, and rules, as JSON.")
def list_(rules: tuple[Path, ...], kind: str, as_json: bool) -> int:
    """List the rules: id, kind, severity, confidence, title."""
    from auditor.detect import catalogue
    from auditor.detect.rules import load

    _check_kind(kind)
    loaded = load(rules)
    if as_json:
        value = catalogue.listing(loaded)
        value["rules"] = [one for one in value["rules"] if kind in ("", one["kind"])]
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return ExitCode.CLEAN
    rows = [catalogue.summary(rule) for rule in loaded if kind in ("", rule.kind)]
    for row in rows:
        click.echo(f"{row['id']:30} {row['kind']:19} {row['severity']:9} {row['confidence']:7} {row['title']}")
    packs = {row["pack"] for row in rows}
    click.echo(f"{_count(len(rows), 'rule')} in {_count(len(packs), 'pack')}")
    return ExitCode.CLEAN


@command.command("show")
@click.argument("rule_id", metavar="ID")
@shared.rule_options
@click.option("--json", "as_json", is_flag=True, help="Everything the rule says, as JSON.")
def show(rule_id: str, rules: tuple[Path, ...], as_json: bool) -> int:
    """Show what a rule looks for, what it leaves alone, and why. Secrets of its examples are cut out."""
    from auditor.detect import catalogue
    from auditor.detect.rules import load

    details = catalogue.details(_known(load(rules), rule_id))
    click.echo(json.dumps(details, indent=2, ensure_ascii=False) if as_json else _page(details))
    return ExitCode.CLEAN


@command.command("test", epilog=TEST_EXAMPLES)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@shared.rule_options
@click.option("-q", "--quiet", is_flag=True, help="Only what fails.")
def test(ids: tuple[str, ...], rules: tuple[Path, ...], quiet: bool) -> int:
    """Prove rules by their examples.

    Each example is looked for in every spelling a log may hold (plain, JSON in JSON, percent, base64, hex, Unicode
    escapes, broken by a line wrap) at its exact bytes; no counter-example may match. Exit code 5 when one fails.
    """
    from auditor.detect import selftest
    from auditor.detect.engine import Engine
    from auditor.detect.rules import RuleSet, load

    loaded = load(rules)
    chosen = tuple(_known(loaded, one) for one in ids) or _given(loaded, rules)
    engine = Engine(loaded)
    failed = 0
    for rule in chosen:
        problems = selftest.grouped(selftest.check(RuleSet(loaded.packs, (rule,)), engine))
        failed += bool(problems)
        if problems or not quiet:
            counts = f"{len(rule.examples)} examples, {len(rule.counter_examples)} counter-examples"
            click.echo(f"{'FAIL' if problems else 'ok':4} {rule.id}  ({counts})")
        for problem in problems:
            click.echo(f"     {problem}")
    click.echo(f"{_count(len(chosen), 'rule')}, {failed} with failures")
    return ExitCode.VERIFICATION if failed else ExitCode.CLEAN


def _given(loaded: RuleSet, paths: tuple[Path, ...]) -> tuple[Rule, ...]:
    """The rules of the packs named on the command line, or all when there are none."""
    from auditor.safe import shipped

    if not paths:
        return loaded.rules
    ours = len(shipped.files("credentials"))
    packs = {pack.id for pack in loaded.packs[ours:]}
    return tuple(rule for rule in loaded if rule.pack in packs)


def _check_kind(kind: str) -> None:
    from auditor.model import KINDS

    if kind not in ("", *KINDS):
        raise UsageProblem(f"there is no kind `{_line(kind)}`", f"kinds: {', '.join(KINDS)}")


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _known(loaded: RuleSet, rule_id: str) -> Rule:
    import difflib

    rule = loaded.get(rule_id)
    if rule is None:
        near = difflib.get_close_matches(rule_id, [one.id for one in loaded], 3)
        raise UsageProblem(f"there is no rule `{rule_id}`", f"near: {', '.join(near)}" if near else "see `rules list`")
    return rule


def _page(details: dict[str, Any]) -> str:
    lines = [f"{details['id']}: {details['title']}"]
    lines += [f"  {details['description']}"] if details["description"] else []
    facts = ("pack", "kind", "severity", "confidence", "static", "privileged", "unescape", "playbook")
    lines += [f"  {name:12} {_word(details[name])}" for name in facts if details[name] not in ("", False)]
    for name in ("anchors", "guards", "checks", "references"):
        lines += [f"  {name:12} {', '.join(details[name])}"] if details[name] else []
    lines += ["  pattern", *(f"    {line}" for line in details["pattern"].strip().splitlines())]
    lines += ["  finds", *(f"    {_line(text)}" for text in details["examples"])]
    lines += ["  leaves alone", *(f"    {_line(one['text'])}   ({one['why']})" for one in details["counter_examples"])]
    return "\n".join(lines)


def _word(value: object) -> str:
    return "yes" if value is True else str(value)


def _line(text: str) -> str:
    """A text on one line, inert on a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
