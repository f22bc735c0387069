"""The last steps to a finished document: accepted findings marked, meaning added, coverage balanced, sealed.

The order matters: a suppressed incident touches no control, and equations count what was suppressed. It works on fresh
and on stored documents alike, so a stored audit can be judged again under other declarations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.audit.assemble import seal
from auditor.compliance import Settings, enrich
from auditor.document import Document
from auditor.evidence.coverage import balance

if TYPE_CHECKING:
    from auditor.evidence.suppressions import Acceptance


def judge(document: Document, declarations: Settings, exceptions: Sequence[Acceptance] = ()) -> Document:
    """Return the finished document. Without exceptions, what a stored document says of them stays.

    Raises:
        UsageProblem: a control map or playbook is broken.
    """
    if exceptions:
        from auditor.evidence import suppressions

        day = suppressions.today_of(document["run"]["generated"])
        document = suppressions.apply(document, exceptions, day)
    return seal(balance(enrich(document, declarations)))
