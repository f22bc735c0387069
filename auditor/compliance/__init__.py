"""What the findings touch: conditions, severity, controls, playbooks. A scanner never decides compliance."""

from auditor.compliance.enrich import enrich
from auditor.compliance.settings import Settings
from auditor.compliance.settings import read as read_settings

__all__ = ["Settings", "enrich", "read_settings"]
