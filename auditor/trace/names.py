"""Ids and names that come from audited text and go into reports: only what looks like one passes.

An id is printed as it is, so a log whose ids hold a credential (or a terminal escape) would carry it into the report.
Anything that does not look like an id is called `odd-N` instead, the same for the same text within a source; a hash
would let short secrets be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from auditor import lazy
from auditor.model import Event

_ID = lazy.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
_NAME = lazy.compile(r"[\w@][\w .@/+:()-]{0,79}")
_SUSPECT = lazy.compile(
    r"npg_|napi_|ssk_|nt_live_|sbp_|sb_secret|eyJ|gh[pousr]_|github_pat|glpat-|xox[abp]-|hf_|sk-|sk_|pscale_|dop_v1|AKIA"
    r"|ASIA|AIza|npm_[A-Za-z0-9]{20}|SCRAM-|://|(?:[0-9a-f]{8}){5}",
)
"""Beginnings of credentials, URLs, and hex longer than a UUID without dashes."""


_TIME = lazy.compile(r"[0-9][0-9TZ:.,+/ -]{3,39}")
_REMEMBERED = 10_000
_IDS = frozenset({"id", "parent_id", "root_id", "forked_from", "base"})
_WORDS = frozenset(
    {
        "model", "model_provider", "originator", "cli_version", "source", "agent", "history_mode", "approval_policy",
        "sandbox",
    }
)  # fmt: skip


class Names:
    """The names of one source."""

    def __init__(self) -> None:
        self._odd: dict[str, str] = {}
        self._ids: set[str] = set()
        self._names: set[str] = set()

    def event(self, event: Event) -> Event:
        """Return the event with ids, names and times that may be shown."""
        ids, names = self._ids, self._names
        if (
            (event.session in ids and event.turn in ids)
            and (event.server in names and event.name in names and event.tool in names)
            and event.kind not in {"session", "context"}
            and (not event.timestamp or _TIME.fullmatch(event.timestamp))
            and (event.call_id in ids or self.id(event.call_id) == event.call_id)
        ):
            return event
        return event._replace(
            timestamp=event.timestamp if _TIME.fullmatch(event.timestamp) else "",
            session=self.id(event.session),
            turn=self.id(event.turn),
            call_id=self.id(event.call_id),
            server=self.name(event.server),
            name=self.name(event.name),
            tool=self.name(event.tool),
            data=self._data(event.data) if event.kind in {"session", "context"} else event.data,
        )

    def id(self, value: str) -> str:
        """Return an id that may be shown."""
        return self._safe(value, _ID, self._ids)

    def name(self, value: str) -> str:
        """Return a name of a server, tool or setting that may be shown."""
        return self._safe(value, _NAME, self._names)

    def _data(self, data: Mapping[str, object]) -> dict[str, object]:
        return {
            key: (self.id(value) if key in _IDS else self.name(value))
            if isinstance(value, str) and (key in _IDS or key in _WORDS)
            else value
            for key, value in data.items()
        }

    def _safe(self, value: str, pattern: re.Pattern[str], known: set[str]) -> str:
        if not value or value in known:
            known.add(value)
            return value
        if pattern.fullmatch(value) and not _SUSPECT.search(value):
            if len(known) > _REMEMBERED:
                known.clear()
            known.add(value)
            return value
        return self._odd.setdefault(value, f"odd-{len(self._odd) + 1}")
