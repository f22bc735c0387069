"""Custody, coverage, signing and verification."""
