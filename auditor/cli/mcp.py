"""`auditor mcp -- SERVER COMMAND`: a redacting proxy between an MCP client and a server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from auditor.errors import UsageProblem

if TYPE_CHECKING:
    from auditor.redact.pump import Filter
    from auditor.redact.vault import Vault


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--vault", is_flag=True, help="Put real values back where the client sends their markers in arguments.")
@click.option("--url", metavar="URL", help="A streamable HTTP server instead of a command (needs auditor[mcp]).")
@click.option("--token-env", metavar="NAME", help="With --url: environment variable that holds the bearer token.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="-- SERVER [ARGUMENT]...")
def command(vault: bool, url: str | None, token_env: str | None, words: tuple[str, ...]) -> int:
    """Run an MCP server with credentials cut out of its results, notifications and logs.

    \b
    Example (config.toml of Codex):
      [mcp_servers.neon]
      command = "auditor"
      args = ["mcp", "--vault", "--url", "https://mcp.example.com/mcp", "--token-env", "NEON_API_KEY"]
    """
    from auditor.redact.vault import Vault

    if bool(words) == bool(url):
        raise UsageProblem("give a server command or --url", "e.g. auditor mcp -- npx -y some-server")
    if token_env and not url:
        raise UsageProblem("--token-env belongs to --url")
    held = Vault() if vault else None
    if url:
        return _http(url, _token(token_env), held)
    from auditor.redact.mcp_stdio import serve

    return serve(words, _filter, held)


def _filter(vault: Vault | None) -> Filter:
    from auditor.detect.engine import Engine
    from auditor.detect.rules import load
    from auditor.redact.stream import Redactor
    from auditor.safe.files import load_key

    return Redactor(Engine(load()), load_key(), on_cut=vault.keep if vault else None)


def _http(url: str, token: str, vault: Vault | None) -> int:
    try:
        from auditor.redact.mcp_http import serve
    except ImportError:
        raise UsageProblem("--url needs the MCP client library", "pip install 'auditor[mcp]'") from None
    return serve(url, token, _filter(vault), vault)


def _token(name: str | None) -> str:
    token = os.environ.pop(name, "") if name else ""
    if name and not token:
        raise UsageProblem("the variable named by --token-env is not set")
    return token
