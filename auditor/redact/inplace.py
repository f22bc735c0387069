"""Redacts files where they stand: what Codex may resume keeps its length, lines and inode.

Two passes over all targets: the first learns every value, the second cuts each of them wherever it stands in any
encoding, also where no rule would fire. Every candidate is scanned before it is written; a failed check writes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from auditor.detect.engine import Engine
from auditor.detect.known import KnownValues
from auditor.detect.known_mask import KnownMask
from auditor.detect.names import NameMask
from auditor.errors import AuditorError, Refused, VerificationFailed
from auditor.formats import codex_login
from auditor.formats.codex_login import CodexLogin
from auditor.formats.registry import HEAD_BYTES
from auditor.intake import Chunk, FileSource
from auditor.model import KINDS, Kind, Match
from auditor.redact import locks, packed, settings, sqlite
from auditor.redact.cover import cover
from auditor.redact.cuts import LEARNED_MIN, MOST, Cut, Cutter, spliced
from auditor.redact.manifest import FileChange, Manifest, Span
from auditor.redact.overwrite import Edit, Identity, Journal, identity, overwrite
from auditor.redact.pieces import Joined, Joiner, edits, joined, starred
from auditor.redact.reading import chunks
from auditor.secret import Secret

RESUMABLE = "rollout-"
"""Files Codex resumes: they keep their length whatever is asked. Forks store byte offsets into their parent
(`history_base.end_byte_offset`), and Codex 0.169 does not resume them when the parent got shorter."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to write."""

    dry_run: bool = False
    live: bool = False
    """Overwrite while a session appends."""
    readable: bool = False
    """Closed plain files get full markers in a new file; the default keeps every length, transcripts always do."""
    settings: bool = False
    """Rewrite settings files too, with full markers."""


@dataclass(slots=True)
class InPlace:
    """One run over a set of files."""

    engine: Engine
    key: bytes = field(repr=False)
    journal: Journal
    options: Options
    _values: dict[Secret, Kind] = field(default_factory=dict, repr=False)
    _pieced: set[str] = field(default_factory=set)
    """Files that hold texts in pieces."""
    _cutter: Cutter = field(init=False, repr=False)
    _known: KnownValues = field(init=False, repr=False)
    _names: NameMask = field(init=False, repr=False)

    def run(self, sources: Sequence[FileSource]) -> Manifest:
        """Redact every source; a file that cannot be redacted is in the manifest with its reason, the rest goes on."""
        self.journal.recover()
        unseen = [gap for source in sources for gap in self._learn(source)]
        values = [(kind, one) for one, kind in self._values.items()]
        self._cutter = Cutter(self.engine, self.key, learned=values, most=MOST + len(values))
        self._cutter.expect_utf16()  # values are looked for so afterwards
        self._known = KnownValues(one for one in self._values if len(one) >= LEARNED_MIN)
        self._names = self._masker()
        manifest = Manifest(dry_run=self.options.dry_run)
        manifest.files += map(self._shown, [*(self._guarded(source) for source in sources), *unseen])
        return manifest

    def _masker(self) -> NameMask:
        """Names as an audit shows them: what a manifest names is then what a document names."""
        known = KnownMask((), self.key)
        for one, kind in sorted(self._values.items(), key=lambda item: KINDS.index(item[1])):
            known.learn(kind, one)
        return NameMask(self.engine, known, self.key)

    def shown(self, text: str) -> str:
        """Return a name or a reason as it may be told: what is cut out of the files may stand in their names too."""
        return self._names.text(text)

    def _shown(self, change: FileChange) -> FileChange:
        spans = tuple(replace(span, cell=self.shown(span.cell)) if span.cell else span for span in change.spans)
        return replace(change, path=self.shown(change.path), reason=self.shown(change.reason), spans=spans)

    def _learn(self, source: FileSource) -> Iterator[FileChange]:
        """Take in every value of a file; yield what could not be looked into."""
        joiner = Joiner()
        for chunk in source.chunks():
            self._take_in(self.engine.scan(chunk.data, confidence="medium", own=chunk.own, cell=bool(chunk.cell)))
            self._take_in_joined(source, joiner.feed(chunk))
        self._take_in_joined(source, joiner.rest())
        for reason, count in sorted(self.engine.take_counters().limits.items()):
            yield FileChange(source.path, "incomplete", reason=f"{count} encoded texts not looked into ({reason})")

    def _take_in(self, matches: Iterable[Match]) -> None:
        for match in matches:
            self._values.setdefault(match.secret, match.kind)

    def _take_in_joined(self, source: FileSource, texts: Iterable[Joined]) -> None:
        for text in texts:
            self._pieced.add(source.path)
            self._take_in(self.engine.scan(text.text, confidence="medium"))

    def _guarded(self, source: FileSource) -> FileChange:
        try:
            return self._one(source)
        except Refused as problem:
            return FileChange(source.path, "refused", reason=problem.message)
        except OSError as problem:
            return FileChange(source.path, "refused", reason=os.strerror(problem.errno or 0).lower())
        except AuditorError as problem:
            return FileChange(source.path, "failed", reason=problem.message)

    def _one(self, source: FileSource) -> FileChange:
        path = Path(source.name)
        before = identity(path)
        edits = list(self._edits(source))
        if source.kind == "sqlite":
            return self._database(source, path)
        if not edits:
            return FileChange(source.path, "unchanged")
        if self._is_login(path):
            return FileChange(source.path, "kept", reason="Codex's own login belongs there")
        self._permit(path)
        digest = _digest(source)
        if source.layers:
            return self._packed(source, path, edits, before, digest)
        if path.name in settings.NAMES or self._may_grow(source, path):
            return self._readable(source, path, before, digest)
        if not self.options.dry_run:
            overwrite(path, [edit for edit, _marker in edits], before, self.journal, append_ok=self.options.live)
        return self._done(source, "overwritten", _spans(edits), before.size, digest)

    def _may_grow(self, source: FileSource, path: Path) -> bool:
        """Whether full markers may be written; not into transcripts, nor into texts in pieces."""
        return self.options.readable and not path.name.startswith(RESUMABLE) and source.path not in self._pieced

    def _is_login(self, path: Path) -> bool:
        """Whether a file is Codex's login and nobody else can read it. Cut, it would be a logout; read by others, it is
        for its owner to close.

        Raises:
            Refused: others can read it.
        """
        if path.name not in codex_login.NAMES or not CodexLogin().recognises(path.read_bytes()[:HEAD_BYTES], path.name):
            return False
        if codex_login.belongs(CodexLogin.name, f"{stat.S_IMODE(path.stat().st_mode):04o}"):
            return True
        raise Refused(f"{path}: others can read Codex's login: chmod 600")

    def _permit(self, path: Path) -> None:
        if path.name in settings.NAMES and not self.options.settings:
            raise Refused(f"{path}: programs need what stands there: name a variable instead, or cut it (--settings)")
        if not self.options.live and locks.held(path):
            raise Refused(f"{path}: its session is running", "Close it, or use --live.")

    def _edits(self, source: FileSource) -> Iterator[tuple[Edit, bytes]]:
        """Same-length edits of a text in order, each once, with their markers; every candidate is verified."""
        found = []
        for chunk, cut in self._cuts(source, _covered):
            new = _covered(chunk.data, cut)
            found.append((Edit(chunk.offset + cut.start, chunk.data[cut.start : cut.end], new), cut.marker))
        found += self._pieces(source)
        done = 0
        for edit, marker in sorted(found, key=lambda one: one[0].start):
            known = max(0, done - edit.start)
            if known < len(edit.old):
                done = edit.start + len(edit.old)
                yield Edit(edit.start + known, edit.old[known:], edit.new[known:]), marker

    def _pieces(self, source: FileSource) -> Iterator[tuple[Edit, bytes]]:
        """Edits of values that stand in several records, or that only the records before make one."""
        for text in joined(chunks(source)) if source.path in self._pieced else ():
            cuts = self._cutter.cuts(text.text)
            if cuts and self._cutter.cuts(starred(text.text, [(cut.start, cut.end) for cut in cuts])):
                raise VerificationFailed(
                    f"line {text.pieces[0].line}: the redacted pieces still look like a credential"
                )
            yield from edits(text, cuts)

    def _cuts(self, source: FileSource, write: Callable[[bytes, Cut], bytes]) -> Iterator[tuple[Chunk, Cut]]:
        """The cuts of a text in order, each once; what `write` makes of all that a chunk shows is verified."""
        done = 0
        for chunk in chunks(source):
            if source.kind == "sqlite":
                return
            cuts = self._cutter.cuts(chunk.data)
            if cuts:
                self._verify(chunk, [cut._replace(text=write(chunk.data, cut)) for cut in cuts])
            for cut in cuts:
                if cut.start in chunk.own and chunk.offset + cut.start >= done:
                    done = chunk.offset + cut.end
                    yield chunk, cut

    def _verify(self, chunk: Chunk, cuts: list[Cut]) -> None:
        left = self._cutter.cuts(spliced(chunk.data, cuts, 0, len(chunk.data)))
        if left:
            where = chunk.offset + left[0].start
            raise VerificationFailed(f"byte {where}: the redacted text still looks like a credential")

    def _packed(
        self, source: FileSource, path: Path, edits: list[tuple[Edit, bytes]], before: Identity, digest: str
    ) -> FileChange:
        if not self.options.dry_run:
            packed.repack(source, [edit for edit, _marker in edits], before)
        return self._done(source, "replaced", _spans(edits), before.size, digest)

    def _readable(self, source: FileSource, path: Path, before: Identity, digest: str) -> FileChange:
        """A new file with full markers; for closed files only, since a writer would go on in the old one. Settings must
        be settings afterwards."""
        spans: list[Span] = []
        changes: list[packed.Change] = []
        for chunk, cut in self._cuts(source, _marked):
            start, end = chunk.offset + cut.start, chunk.offset + cut.end
            spans.append(Span(start, end - start, len(cut.text), cut.marker.decode()))
            changes.append((start, end, cut.text))
        parts = packed.edited(source, changes)
        if path.name in settings.NAMES:
            parts = iter([settings.checked(path.name, path.read_bytes(), b"".join(parts))])
        if not self.options.dry_run:
            packed.replace(path, parts, before)
        return self._done(source, "replaced", tuple(spans), before.size, digest)

    def _database(self, source: FileSource, path: Path) -> FileChange:
        """Cells get full markers; then no file of the database may hold a value, freed pages and WAL included."""
        before, size = _digest(source), path.stat().st_size
        cells = sqlite.rewrite(path, self._cutter.redact_cell, dry_run=self.options.dry_run)
        stale = self._stands_in(path)
        if not cells and not stale:
            return FileChange(source.path, "unchanged")
        if stale and not self.options.dry_run:
            sqlite.scrub(path)
            if self._stands_in(path):
                raise VerificationFailed("a value is still in the database's files")
        spans = tuple(Span(0, cell.before, cell.after, "", str(cell)) for cell in cells)
        return self._done(source, "rewritten", spans, size, before)

    def _stands_in(self, path: Path) -> bool:
        """Tell whether raw bytes of a database, its WAL or its journal hold a known value."""
        names = [path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-journal"))]
        return any(self._known.find(name.read_bytes()) for name in names if name.is_file())

    def _done(self, source: FileSource, action: str, spans: Iterable[Span], size: int, digest: str) -> FileChange:
        """The entry of a changed file; after a real change it is read again and must hold nothing."""
        after = digest
        if not self.options.dry_run:
            if source.kind != "sqlite" and self._holds(source):
                raise VerificationFailed("the written file still holds a credential")
            after = _digest(source)
        return FileChange(
            source.path,
            action,  # type: ignore[arg-type]
            tuple(spans),
            size,
            Path(source.name).stat().st_size,
            digest,
            after,
        )

    def _holds(self, source: FileSource) -> bool:
        """Tell whether a text still holds a credential, in one piece or in several."""
        return any(self._cutter.cuts(chunk.data) for chunk in chunks(source)) or any(self._pieces(source))


def _digest(source: FileSource) -> str:
    """Digest of the file as stored, by reading it once more."""
    for _chunk in source.chunks():
        pass
    return source.reports()[0].digest


def _covered(data: bytes, cut: Cut) -> bytes:
    return cover(data[cut.start : cut.end], cut.secret.reveal(), cut.marker)


def _marked(_data: bytes, cut: Cut) -> bytes:
    return cut.text


def _spans(edits: Iterable[tuple[Edit, bytes]]) -> tuple[Span, ...]:
    return tuple(Span(edit.start, len(edit.new), len(edit.new), marker.decode()) for edit, marker in edits)
