"""A small rule pack of the tests' own: a URL, an environment variable behind a guard, a bare prefix, a long token."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from auditor.detect.engine import Engine
from auditor.detect.rules import RuleSet, read_pack

URL = b"postgresql://app:npg_Fake1234Abcd@ep-fake.neon.tech/shop"
PASSWORD = b"npg_Fake1234Abcd"
_FILLER = """examples = [{ text = "a", secret = "a" }, { text = "b", secret = "b" }, { text = "c", secret = "c" }]
counter_examples = [{ text = "a", why = "a" }, { text = "b", why = "b" }, { text = "c", why = "c" }]
confidence = "high"
severity = "high"
"""
_PACK = r'''
[pack]
id = "sample"
version = "1.0.0"
title = "Sample"

[[rule]]
id = "sample-url"
title = "URL"
kind = "postgres-url"
anchors = ["postgresql://", "postgres://"]
unescape = "percent"
pattern = """postgres(?:ql)?://(?P<user>[^\\s:@/"'<>]{1,64}):(?P<secret>[^\\s"'<>@]{1,128})@(?P<host>[A-Za-z0-9.-]{1,200})\
(?:/(?P<database>[A-Za-z0-9_-]{1,64}))?"""
FILLER
[[rule]]
id = "sample-variable"
title = "Variable"
kind = "postgres-password"
anchors = ["pgpassword"]
ignore_case = true
guards = ["pgpassword<q>?<s>{0,4}<e><s>{0,4}<q>?[^\\s\"'<$]{2}"]
pattern = """(?i)pgpassword["']?\\s{0,4}[=:]\\s{0,4}\
(?:"(?P<secret>(?:[^"\\\\\\s]|\\\\.){4,100})"|'(?P<secret>[^'\\s]{4,100})'\
|(?P<secret>[^\\s"'$<\\\\]{4,100}))"""
FILLER
[[rule]]
id = "sample-prefix"
title = "Prefix"
kind = "neon-password"
anchors = ["npg_"]
pattern = """(?<![A-Za-z0-9_])(?P<secret>npg_[A-Za-z0-9]{8,40})(?![A-Za-z0-9_])"""
FILLER
[[rule]]
id = "sample-long"
title = "Long"
kind = "neon-api-key"
anchors = ["napi_"]
pattern = """(?<![A-Za-z0-9_])(?P<secret>napi_[a-z0-9]{40,80})(?![A-Za-z0-9_])"""
FILLER
'''


@cache
def rules() -> RuleSet:
    """Return the sample rules."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.toml"
        path.write_text(_PACK.replace("FILLER", _FILLER))
        return read_pack(path)


@cache
def engine() -> Engine:
    """Return an engine of the sample rules, without a cache on disk."""
    return Engine(rules(), cache=False)
