"""Strings inside strings: every layer keeps an offset map back to the source bytes."""
