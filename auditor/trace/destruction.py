"""Destructive parts of one SQL statement, by its syntax tree (sqlglot, PostgreSQL dialect)."""

from __future__ import annotations

import logging
import re

from auditor import lazy

_FALLBACK = (
    ("drop table", lazy.compile(r"\bdrop\s+table\b", re.I)),
    ("drop column", lazy.compile(r"\bdrop\s+column\b", re.I)),
    ("drop schema", lazy.compile(r"\bdrop\s+schema\b", re.I)),
    ("drop database", lazy.compile(r"\bdrop\s+database\b", re.I)),
    ("drop object", lazy.compile(r"\bdrop\s+(?:view|materialized|type|sequence|extension|role|user|owned)\b", re.I)),
    ("truncate", lazy.compile(r"\btruncate\b", re.I)),
    ("change type", lazy.compile(r"\balter\s+column\s+\S+\s+(?:set\s+data\s+)?type\b", re.I)),
)
_DELETE_ALL = lazy.compile(r"^\s*delete\s+from\s+[^;]*$", re.I)


def kinds(statement: str) -> set[str]:
    """Return the kinds of destruction of one statement; keywords decide where sqlglot cannot read it."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it logs the text it cannot parse
    try:
        trees = sqlglot.parse(statement, read="postgres")
    except (SqlglotError, RecursionError, ValueError):
        return _by_keyword(statement)
    found: set[str] = set()
    for tree in trees:
        if tree is None or isinstance(tree, sqlglot.exp.Command):
            found |= _by_keyword(statement)
            continue
        found |= _by_tree(tree)
    return found


def _by_tree(tree: object) -> set[str]:
    from sqlglot import exp

    assert isinstance(tree, exp.Expression)
    found: set[str] = set()
    for node in tree.walk():
        if isinstance(node, exp.Drop):
            kind = str(node.args.get("kind") or "object").lower()
            found.add(f"drop {kind}" if kind in {"table", "column", "schema", "database"} else "drop object")
        elif isinstance(node, exp.TruncateTable):
            found.add("truncate")
        elif isinstance(node, exp.Delete) and node.args.get("where") is None:
            found.add("delete all")
        elif isinstance(node, exp.AlterColumn) and node.args.get("dtype") is not None:
            found.add("change type")
    return found


def _by_keyword(statement: str) -> set[str]:
    found = {kind for kind, pattern in _FALLBACK if pattern.search(statement)}
    if _DELETE_ALL.match(statement) and not re.search(r"\bwhere\b", statement, re.I):
        found.add("delete all")
    return found
