"""The command group: verbs are imported when called, so that start-up costs only what a verb needs."""

from __future__ import annotations

import errno
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence

import click

from auditor import __version__
from auditor.errors import AuditorError, ExitCode, position

VERBS: dict[str, str] = {
    "baseline": "Keep what is known, and tell what is new since.",
    "keys": "Make a key pair to sign reports with.",
    "verify": "Check a report again: digests, signature, inputs.",
    "report": "Render an audit document as HTML, SARIF, OSCAL, Markdown …",
    "schema": "Print the JSON Schema of the audit document.",
    "doctor": "Check hooks, trust, permissions and settings of Codex.",
    "install": "Install hooks, MCP proxy and skill into Codex.",
    "ledger": "List, resolve and accept what hooks saw.",
    "mcp": "Redact between an MCP client and a server.",
    "redact": "Cut credentials out of a stream or out of files.",
    "rules": "List, show and test the rules that find credentials.",
    "run": "Run a command with credentials cut out of its output.",
    "trace": "Draw sessions as a timeline: steps, leaks, where they went.",
    "explain": "Tell one leak in a few sentences.",
    "staged": "Check what git is about to commit.",
    "uninstall": "Take hooks, MCP proxy and skill out of Codex.",
    "hook": "Answer a hook event of Codex (called by Codex).",
    "watch": "Follow CODEX_HOME and tell of a leak while it happens.",
    "scan": "Find leaked credentials in transcripts, databases and logs.",
}
"""Verb → one-line help. The verb's module is `auditor.cli.<verb>` with a click command `command`."""


_OUTSIDE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
"""Faults of the machine, which nobody should report to us."""


class LazyGroup(click.Group):
    """A group that imports a verb's module only when that verb runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"auditor.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="auditor", message="%(prog)s %(version)s")
def group() -> None:
    """Find leaked credentials in Codex and MCP logs, name the step that leaked them, report, redact."""


def invoke(arguments: Sequence[str]) -> int:
    """Run the group and map every ending to an exit code; click's own 1 never leaves here."""
    try:
        result = group.main(args=list(arguments), prog_name="auditor", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough: a second one must not break off the ending
        return ExitCode.INTERRUPTED
    except click.ClickException as problem:
        shown = io.StringIO()
        problem.show(shown)
        click.echo(_harmless(shown.getvalue()), err=True, nl=False)
        return ExitCode.USAGE
    except AuditorError as problem:
        _say(f"auditor: {problem.message}" + (f"\n  {problem.hint}" if problem.hint else ""))
        return problem.exit_code
    except (BrokenPipeError, SystemExit):  # click itself turns a closed pipe into SystemExit(1), our code for findings
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more at exit
        return ExitCode.BROKEN_PIPE
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno in _OUTSIDE:
            _say(f"auditor: reading or writing failed ({os.strerror(problem.errno).lower()})")
            return ExitCode.INTERNAL
        _say(
            f"auditor: internal error: {position(problem)}\n  Please report this; nothing of the input is shown above."
        )
        return ExitCode.INTERNAL
    return result if isinstance(result, int) else ExitCode.CLEAN


def _say(text: str) -> None:
    click.echo(_harmless(text), err=True)


def _harmless(text: str) -> str:
    """Return a message without credentials: it names paths and options, and those hold what people put there."""
    try:
        from auditor.detect.engine import Engine
        from auditor.detect.rules import load

        data = text.encode("utf-8", "replace")
        for match in reversed(Engine(load()).scan(data, confidence="medium")):
            data = data[: match.secret_start] + b"[REDACTED]" + data[match.secret_end :]
        return data.decode("utf-8", "replace")
    except Exception:  # a broken installation: what went wrong must still be told
        return text
