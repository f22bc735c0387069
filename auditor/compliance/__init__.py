"""Conditions, control map, severity and playbooks, computed from the document."""
