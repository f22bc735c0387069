"""Renderers: the canonical document in, one format out, all through one masking gate."""

from auditor.report.formats import FORMATS, render

__all__ = ["FORMATS", "render"]
