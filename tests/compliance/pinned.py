"""Ids that exist in each framework version, written down from the standards' own tables of contents.

Complete where a framework is small; else the part our map may draw from, with its neighbours, so that a slip of a digit
or an id of another version (CSF 1.1's PR.AC-1) is caught.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def _run(prefix: str, last: int, first: int = 1, without: Iterable[int] = ()) -> set[str]:
    return {f"{prefix}{number}" for number in range(first, last + 1) if number not in set(without)}


def _two(prefix: str, numbers: Iterable[int]) -> set[str]:
    return {f"{prefix}-{number:02}" for number in numbers}


# AICPA TSP section 100: 33 common criteria, availability, confidentiality, processing integrity, privacy
SOC2 = (
    _run("CC1.", 5) | _run("CC2.", 3) | _run("CC3.", 4) | _run("CC4.", 2) | _run("CC5.", 3) | _run("CC6.", 8)
    | _run("CC7.", 5) | _run("CC8.", 1) | _run("CC9.", 2) | _run("A1.", 3) | _run("C1.", 2) | _run("PI1.", 5)
    | _run("P1.", 1) | _run("P2.", 1) | _run("P3.", 2) | _run("P4.", 3) | _run("P5.", 2) | _run("P6.", 7)
    | _run("P7.", 1) | _run("P8.", 1)
)  # fmt: skip

# ISO/IEC 27001:2022 Annex A: 37 + 8 + 14 + 34 = 93
ISO27001 = _run("A.5.", 37) | _run("A.6.", 8) | _run("A.7.", 14) | _run("A.8.", 34)

# NIST CSWP 29, CSF 2.0: 106 subcategories; gaps in numbering are the standard's
CSF = (
    _two("GV.OC", range(1, 6)) | _two("GV.RM", range(1, 8)) | _two("GV.RR", range(1, 5)) | _two("GV.PO", (1, 2))
    | _two("GV.OV", (1, 2, 3)) | _two("GV.SC", range(1, 11))
    | _two("ID.AM", (1, 2, 3, 4, 5, 7, 8)) | _two("ID.RA", range(1, 11)) | _two("ID.IM", range(1, 5))
    | _two("PR.AA", range(1, 7)) | _two("PR.AT", (1, 2)) | _two("PR.DS", (1, 2, 10, 11)) | _two("PR.PS", range(1, 7))
    | _two("PR.IR", range(1, 5))
    | _two("DE.CM", (1, 2, 3, 6, 9)) | _two("DE.AE", (2, 3, 4, 6, 7, 8))
    | _two("RS.MA", range(1, 6)) | _two("RS.AN", (3, 6, 7, 8)) | _two("RS.CO", (2, 3)) | _two("RS.MI", (1, 2))
    | _two("RC.RP", range(1, 7)) | _two("RC.CO", (3, 4))
)  # fmt: skip

# NIST SP 800-53 rev 5, release 5.2.0: last number of each family and what was withdrawn; enhancements of the controls used
NIST = (
    _run("AC-", 25, without=(13, 15)) | _run("AT-", 6, without=(5,)) | _run("AU-", 16, without=(15,))
    | _run("CA-", 9, without=(4,)) | _run("CM-", 14) | _run("CP-", 13, without=(5,)) | _run("IA-", 13)
    | _run("IR-", 9) | _run("MA-", 7) | _run("MP-", 8) | _run("PE-", 23, without=(7,))
    | _run("PL-", 11, without=(3, 5, 6)) | _run("PM-", 32) | _run("PS-", 9) | _run("PT-", 8)
    | _run("RA-", 10, without=(4,)) | _run("SA-", 24, without=(6, 7, 12, 13, 14, 18, 19))
    | _run("SC-", 51, without=(9, 14, 19, 33)) | _run("SI-", 23, without=(9,)) | _run("SR-", 12)
    | {f"IA-5({n})" for n in (1, 2, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18)}
    | {f"AU-6({n})" for n in (1, 3, 4, 5, 6, 7, 8, 9)} | {f"AU-9({n})" for n in range(1, 8)}
    | {f"IR-6({n})" for n in (1, 2, 3)}
    | {f"SI-4({n})" for n in (1, 2, 3, 4, 5, 7, *range(9, 21), 22, 23, 24, 25)}
)  # fmt: skip

# CIS Controls v8.1: safeguards per control, 153 in all
_SAFEGUARDS = (5, 7, 14, 12, 6, 8, 7, 12, 7, 7, 5, 8, 11, 9, 7, 14, 9, 5)
CIS = {f"{control}.{n}" for control, last in enumerate(_SAFEGUARDS, 1) for n in range(1, last + 1)}

# PCI DSS v4.0.1: the requirements around authentication, logs, keys, software, response
PCI = (
    {"3.3.1", "3.3.1.1", "3.3.1.2", "3.3.1.3", "3.3.2", "3.3.3", "3.5.1", "3.5.1.1", "3.5.1.2", "3.5.1.3", "3.6.1"}
    | _run("3.6.1.", 4) | _run("6.2.", 4) | {"6.2.3.1"} | _run("7.2.", 6) | {"7.2.5.1"} | _run("8.2.", 8)
    | _run("8.3.", 11) | {"8.3.10.1"} | _run("8.6.", 3) | _run("10.2.", 2) | _run("10.2.1.", 7) | _run("10.3.", 4)
    | _run("10.4.", 3) | {"10.4.1.1", "10.4.2.1", "10.5.1"} | _run("10.6.", 3) | _run("10.7.", 3) | _run("12.10.", 7)
    | {"12.10.4.1"}
)  # fmt: skip

# 45 CFR 164 subparts C and D: standards and implementation specifications
HIPAA = (
    {f"164.308(a)(1)(ii)({x})" for x in "ABCD"} | {"164.308(a)(1)(i)", "164.308(a)(2)", "164.308(a)(3)", "164.308(a)(4)"}
    | {f"164.308(a)(3)(ii)({x})" for x in "ABC"} | {f"164.308(a)(4)(ii)({x})" for x in "ABC"}
    | {f"164.308(a)(5)(ii)({x})" for x in "ABCD"} | {"164.308(a)(6)(i)", "164.308(a)(6)(ii)", "164.308(a)(8)"}
    | {"164.312(a)(1)", "164.312(a)(2)(i)", "164.312(a)(2)(ii)", "164.312(a)(2)(iii)", "164.312(a)(2)(iv)", "164.312(b)",
       "164.312(c)(1)", "164.312(c)(2)", "164.312(d)", "164.312(e)(1)", "164.312(e)(2)(i)", "164.312(e)(2)(ii)"}
    | {"164.316(a)", "164.316(b)(1)", "164.316(b)(2)(i)", "164.316(b)(2)(ii)", "164.316(b)(2)(iii)"}
    | {"164.402", "164.404", "164.406", "164.408", "164.410", "164.412", "164.414"}
)  # fmt: skip

# Regulation (EU) 2016/679: articles 5, 24 to 39 with the paragraphs and letters in question
GDPR = (
    {f"Art. 5(1)({x})" for x in "abcdef"} | {"Art. 5(2)", "Art. 4(12)"} | {f"Art. {n}" for n in range(24, 40)}
    | {f"Art. 32(1)({x})" for x in "abcd"} | {f"Art. 32({n})" for n in range(1, 5)}
    | {f"Art. 33({n})" for n in range(1, 6)} | {f"Art. 34({n})" for n in range(1, 5)}
)  # fmt: skip

# OWASP ASVS 5.0.0: requirements per section
ASVS = _run("13.3.", 4) | _run("14.1.", 2) | _run("14.2.", 8) | _run("16.2.", 5) | _run("16.4.", 3) | _run("16.5.", 4)

# MITRE CWE 4.18: entries about credentials, logs and exposure; not deprecated, mapping allowed
CWE = {
    f"CWE-{n}"
    for n in (200, 209, 214, 215, 256, 259, 260, 312, 319, 321, 522, 526, 532, 538, 540, 548, 598, 732, 778, 798)
}

AGENT_MIGRATION = {
    "lint-before-apply", "dry-run-before-apply", "tests-run", "isolated-branch-first", "no-url-in-context",
    "url-from-environment", "dev-url-scope", "destructive-reviewed", "approved-apply", "branch-cleaned-up",
    "protected-parent",
}  # fmt: skip

IDS: Mapping[str, set[str]] = {
    "soc2": SOC2,
    "iso27001": ISO27001,
    "nist-csf": CSF,
    "nist-800-53": NIST,
    "cis": CIS,
    "pci-dss": PCI,
    "hipaa": HIPAA,
    "gdpr": GDPR,
    "owasp-llm": {f"LLM{n:02}" for n in range(1, 11)},
    "owasp-mcp": {f"MCP{n:02}" for n in range(1, 11)},
    "owasp-nhi": {f"NHI{n}" for n in range(1, 11)},
    "owasp-agentic": {f"ASI{n:02}" for n in range(1, 11)},
    "owasp-asvs": ASVS,
    "cwe": CWE,
    "attack": {"T1552", "T1078", *(f"T1552.{n:03}" for n in range(1, 9)), *(f"T1078.{n:03}" for n in range(1, 5))},
    "agent-migration": AGENT_MIGRATION,
}
