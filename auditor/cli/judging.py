"""Options about what an audit means: the operator's declarations, accepted findings, a signature. Shared by verbs."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from auditor.errors import UsageProblem

if TYPE_CHECKING:
    from auditor.audit.request import ScanRequest
    from auditor.compliance.settings import Settings
    from auditor.document import Document
    from auditor.evidence.suppressions import Acceptance
    from auditor.report.publish import Target

_FILE = click.Path(path_type=Path, dir_okay=False)


class Judging(NamedTuple):
    """The files these options name."""

    declarations: Path | None
    suppressions: Path | None
    baseline: Path | None
    manifests: tuple[Path, ...]
    trusted: bool
    key: Path | None
    sums: Path | None = None

    @property
    def speaks(self) -> bool:
        """Something is declared, accepted or to be signed."""
        return bool(self.declarations or self.suppressions or self.baseline or self.manifests or self.key)

    def applied(self, request: ScanRequest) -> ScanRequest:
        """Return the request with declarations and accepted findings; see `settled` for what is raised."""
        declared, exceptions = self.settled(
            audited_roots(request.paths, request.codex_home), request.generated, request.key_id
        )
        named = {"compliance": self.declarations, "suppressions": self.suppressions, "baseline": self.baseline}
        files = {option: path for option, path in named.items() if path}
        return replace(request, declarations=declared, exceptions=exceptions, configuration=files)

    def judged(self, document: Document, audited: Sequence[str] = ()) -> Document:
        """Return a document, judged again if any of the options says something; see `settled`."""
        from auditor.audit.judge import judge

        if not self.speaks:
            return document
        sources = [source["path"] for source in document["coverage"]["sources"]]
        declared, exceptions = self.settled([*sources, *audited], document["run"]["generated"], document["key_id"])
        return judge(document, declared, exceptions)

    def settled(self, audited: Sequence[str], generated: str, key_id: str) -> tuple[Settings, tuple[Acceptance, ...]]:
        """Return the declarations and the accepted findings.

        Raises:
            Refused: one of the files stands inside what is audited.
            UsageProblem: one of them cannot be read, or the baseline was made with another fingerprint key.
        """
        from auditor.compliance.settings import Settings, read

        declared = read(self._believed(self.declarations, audited)) if self.declarations else Settings()
        known = declared._replace(now=generated, signed=self.key is not None, rewritten=self._rewritten())
        return known, self._exceptions(audited, key_id)

    def _rewritten(self) -> tuple[str, ...]:
        if not self.manifests:
            return ()
        from auditor.evidence import redaction

        return redaction.rewritten(self.manifests)

    def attest(self, document: Document, wanted: Sequence[Target]) -> None:
        """Sign and list the digests of the report files that were written, as asked for; see `sign`."""
        envelopes = self.sign(document, wanted)
        if self.sums:
            from auditor.evidence import sums
            from auditor.report.publish import STDOUT
            from auditor.safe.files import write_private

            files = [target.path for target in wanted if target.path != STDOUT]
            write_private(self.sums, sums.listing([*files, *envelopes], self.sums.parent))

    def sign(self, document: Document, wanted: Sequence[Target]) -> list[str]:
        """Sign the report files that were written; return the envelope, which stands beside the JSON document.

        Raises:
            UsageProblem: no JSON document was written to a file, or there is no usable key.
        """
        if not self.key:
            return []
        from auditor.evidence import signing
        from auditor.report.publish import STDOUT
        from auditor.safe.files import write_private

        files = {target.path: target.format for target in wanted if target.path != STDOUT}
        first = next((path for path, name in files.items() if name == "json"), "")
        reports = {Path(path).name: Path(path).read_bytes() for path in files}
        write_private(first + signing.SUFFIX, signing.sign(reports, document, self.key))
        return [first + signing.SUFFIX]

    def check(self, wanted: Sequence[Target]) -> None:
        """Refuse early what could not be signed later."""
        from auditor.report.publish import STDOUT

        if self.sums and not any(target.path != STDOUT for target in wanted):
            raise UsageProblem("--sums needs a report in a file", "Add -f FORMAT=FILE.")
        if self.sums and any(os.path.realpath(self.sums) == os.path.realpath(target.path) for target in wanted):
            raise UsageProblem(f"{self.sums}: is one of the reports")
        if not self.key:
            return
        from auditor.evidence import signing

        signing.check_key(self.key)
        if not any(target.format == "json" and target.path != STDOUT for target in wanted):
            raise UsageProblem("--sign needs a document in a file to sign", "Add -f json=FILE.")

    def _exceptions(self, audited: Sequence[str], key_id: str) -> tuple[Acceptance, ...]:
        found: tuple[Acceptance, ...] = ()
        if self.suppressions:
            from auditor.evidence import suppressions

            found += suppressions.read(self.suppressions, audited, trusted=self.trusted)
        if self.baseline:
            from auditor.evidence import baseline

            known = baseline.read(self.baseline, audited, trusted=self.trusted)
            baseline.check_key(known, key_id)
            found += baseline.acceptances(known, self.baseline.name)
        return found

    def _believed(self, path: Path, audited: Sequence[str]) -> Path:
        from auditor.evidence.trust import outside

        return path if self.trusted else outside(path, audited)


def audited_roots(paths: Sequence[str], codex_home: Path | None) -> list[str]:
    """Return what an audit reads: its paths, or Codex's folder."""
    if paths:
        return [path for path in paths if path != "-"]
    from auditor.intake.codex_home import locate

    return [str(locate(codex_home).folder)]


def judging_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one argument `judging`."""

    @functools.wraps(function)
    def wrapped(
        *args: Any,
        compliance: Path | None,
        suppressions: Path | None,
        baseline: Path | None,
        redaction_manifest: tuple[Path, ...],
        trust_project_config: bool,
        sign: Path | None,
        sums: Path | None,
        **rest: Any,
    ) -> Any:
        return function(
            *args,
            judging=Judging(compliance, suppressions, baseline, redaction_manifest, trust_project_config, sign, sums),
            **rest,
        )

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_OPTIONS: Sequence[Callable[[Callable[..., Any]], Callable[..., Any]]] = (
    click.option("--compliance", type=_FILE, metavar="FILE", help="Declared labels, regulated data, rotations."),
    click.option("--suppressions", type=_FILE, metavar="FILE", help="Accepted findings with reason, owner, expiry."),
    click.option("--baseline", type=_FILE, metavar="FILE", help="Known findings (`auditor baseline create`)."),
    click.option(
        "--redaction-manifest", type=_FILE, multiple=True, metavar="FILE", help="What `auditor redact` changed."
    ),
    click.option("--trust-project-config", is_flag=True, help="Believe these files inside the audited tree too."),
    click.option("--sign", type=_FILE, metavar="KEY", help="Sign the report files (Ed25519 key in PEM, mode 0600)."),
    click.option("--sums", type=_FILE, metavar="FILE", help="List the report files for `sha256sum -c`."),
)
