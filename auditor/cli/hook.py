"""`auditor hook`: called by Codex. The entry point answers it before click is loaded; this is its help."""

from __future__ import annotations

import click


@click.command()
def command() -> int:
    """Answer one hook event of Codex from standard input.

    `auditor install codex` makes Codex call it. The exit status is always 0: a fault of ours never stops a session; it
    is shown by the next `auditor scan` and by `auditor doctor`.
    """
    from auditor.codex.hook import main

    return main()
