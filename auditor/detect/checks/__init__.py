"""Checks by name: one module each, data in, `Verdict` out. See `auditor.detect.candidate`."""
