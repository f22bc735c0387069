"""`auditor schema`: the JSON Schema of the audit document."""

from __future__ import annotations

import sys

import click


@click.command()
def command() -> None:
    """Print the JSON Schema of the audit document (`auditor scan -f json=FILE`)."""
    import orjson

    from auditor.report.schema import schema

    sys.stdout.buffer.write(orjson.dumps(schema(), option=orjson.OPT_INDENT_2) + b"\n")
