"""Options about what an audit means: the operator's declarations, accepted findings, a signature. Shared by verbs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.errors import UsageProblem

if TYPE_CHECKING:
    from auditor.audit.request import ScanRequest
    from auditor.document import Document
    from auditor.report.publish import Target

_FILE = click.Path(path_type=Path, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Judging:
    """The files these options name."""

    declarations: Path | None
    suppressions: Path | None
    baseline: Path | None
    manifests: tuple[Path, ...]
    trusted: bool
    key: Path | None

    def applied(self, request: ScanRequest) -> ScanRequest:
        """Return the request with declarations and accepted findings.

        Raises:
            Refused: one of the files stands inside what is audited.
            UsageProblem: one of them cannot be read, or the baseline was made with another fingerprint key.
        """
        from auditor.compliance.settings import Settings, read
        from auditor.evidence import redaction

        declared = read(self._believed(self.declarations, request)) if self.declarations else Settings()
        rewritten = redaction.rewritten(self.manifests)
        known = replace(declared, now=request.generated, signed=self.key is not None, rewritten=rewritten)
        return replace(request, declarations=known, exceptions=self._exceptions(request))

    def sign(self, document: Document, wanted: Sequence[Target]) -> None:
        """Sign the report files that were written; the envelope stands beside the JSON document.

        Raises:
            UsageProblem: no JSON document was written to a file, or there is no usable key.
        """
        from auditor.evidence import signing
        from auditor.report.publish import STDOUT
        from auditor.safe.files import write_private

        if not self.key:
            return
        files = {target.path: target.format for target in wanted if target.path != STDOUT}
        first = next((path for path, name in files.items() if name == "json"), "")
        reports = {Path(path).name: Path(path).read_bytes() for path in files}
        write_private(first + signing.SUFFIX, signing.sign(reports, document, self.key))

    def check(self, wanted: Sequence[Target]) -> None:
        """Refuse early what could not be signed later."""
        from auditor.evidence import signing
        from auditor.report.publish import STDOUT

        if not self.key:
            return
        signing.check_key(self.key)
        if not any(target.format == "json" and target.path != STDOUT for target in wanted):
            raise UsageProblem("--sign needs a document in a file to sign", "Add -f json=FILE.")

    def _exceptions(self, request: ScanRequest) -> tuple[Any, ...]:
        from auditor.evidence import baseline, suppressions

        found: tuple[Any, ...] = ()
        audited = audited_roots(request)
        if self.suppressions:
            found += suppressions.read(self.suppressions, audited, trusted=self.trusted)
        if self.baseline:
            known = baseline.read(self.baseline, audited, trusted=self.trusted)
            baseline.check_key(known, request.key_id)
            found += baseline.acceptances(known, self.baseline.name)
        return found

    def _believed(self, path: Path, request: ScanRequest) -> Path:
        from auditor.evidence.trust import outside

        return path if self.trusted else outside(path, audited_roots(request))


def audited_roots(request: ScanRequest) -> list[str]:
    """Return what an audit reads: its paths, or Codex's folder."""
    from auditor.intake.codex_home import locate

    named = [path for path in request.paths if path != "-"]
    return named if request.paths else [str(locate(request.codex_home).folder)]


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
        **rest: Any,
    ) -> Any:
        return function(
            *args,
            judging=Judging(compliance, suppressions, baseline, redaction_manifest, trust_project_config, sign),
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
)
