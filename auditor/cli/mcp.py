"""`auditor mcp -- SERVER COMMAND`: a redacting proxy between an MCP client and a server."""

from __future__ import annotations

import click

from auditor.errors import UsageProblem


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--vault", is_flag=True, help="Put real values back where the client sends their markers in arguments.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="-- SERVER [ARGUMENT]...")
def command(vault: bool, words: tuple[str, ...]) -> int:
    """Run an MCP server with credentials cut out of its results, notifications and logs.

    \b
    Example (config.toml of Codex):
      [mcp_servers.neon]
      command = "auditor"
      args = ["mcp", "--vault", "--", "npx", "-y", "mcp-remote", "https://mcp.example.com/mcp"]
    """
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.redact.mcp_stdio import serve
    from auditor.redact.stream import Redactor
    from auditor.redact.vault import Vault
    from auditor.safe.files import load_key

    if not words:
        raise UsageProblem("no server command", "Give it after --, e.g. auditor mcp -- npx -y some-server")
    rules, key, held = load(), load_key(), Vault() if vault else None
    return serve(words, lambda: Redactor(Engine(rules), key, on_cut=held.keep if held else None), held)
