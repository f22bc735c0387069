"""Renderers: the canonical document in, one format out, all through one masking gate."""
