"""Signed reports: an in-toto Statement v1 in a DSSE envelope, signed with an Ed25519 key file.

Sources: in-toto attestation framework v1 (statement.md), DSSE v1.0 (protocol.md: pre-authentication encoding),
RFC 8032 (Ed25519), RFC 8410 (key files). The private key is read from a file only its owner can read, used, forgotten.
`cryptography` is an extra (`auditor[sign]`) and is imported here only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from auditor.document import Document
from auditor.errors import UsageProblem, VerificationFailed
from auditor.evidence.digest import canonical, manifest_digest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:auditor:predicate:audit:1"
"""Our own predicate: the standard test-result type says PASSED, which a scanner cannot say."""
SUFFIX = ".dsse.json"
"""The envelope of `audit.json` is `audit.json.dsse.json`."""
INPUTS = "inputs"
"""Name of the subject that stands for the list of inputs."""
_KEY_LIMIT = 1 << 16
_INSTALL = "Install the extra: pip install 'auditor[sign]'."


def create_key(private: Path) -> Path:
    """Write a new key pair, `private` (PKCS #8 PEM, mode 0600) and `private.pub`; return the latter's path.

    Raises:
        UsageProblem: the extra is missing, a file exists already, or the folder cannot be written.
    """
    from auditor.safe.files import create_private

    serialization = _cryptography("primitives.serialization")
    key: Ed25519PrivateKey = _ed25519().Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.with_name(private.name + ".pub")
    if os.path.lexists(public) or not create_private(private, secret):
        raise UsageProblem(f"{private}: there is a key already", "Choose another name; a key is never replaced.")
    create_private(public, _public_pem(key.public_key()))
    public.chmod(0o644)  # it is there to be handed out
    return public


def check_key(private: Path) -> None:
    """Raise `UsageProblem` unless a report could be signed with this key file."""
    _private_key(private)


def sign(reports: Mapping[str, bytes], document: Document, private: Path) -> bytes:
    """Return the DSSE envelope that binds reports and inputs to a key.

    Args:
        reports: file name (without folder) → bytes, as written.
        document: the document they were rendered from.
        private: Ed25519 key file in PEM, not readable by others.

    Raises:
        UsageProblem: the extra is missing, or no usable key.
    """
    key = _private_key(private)
    payload = canonical(statement(reports, document))
    signature = key.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    envelope = {
        "payload": _encoded(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key_id(key.public_key()), "sig": _encoded(signature)}],
    }
    return orjson.dumps(envelope, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def statement(reports: Mapping[str, bytes], document: Document) -> dict[str, Any]:
    """Return the in-toto statement: reports and inputs as subjects, coverage and counts as predicate."""
    subjects = [
        {"name": name, "digest": {"sha256": hashlib.sha256(data).hexdigest()}} for name, data in reports.items()
    ]
    inputs = {"name": INPUTS, "digest": {"sha256": manifest_digest(document).removeprefix("sha256:")}}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [*sorted(subjects, key=lambda one: str(one["name"])), inputs],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "tool": document["tool"],
            "schemaVersion": document["schema_version"],
            "contentDigest": document["content_digest"],
            "fingerprintKey": document["key_id"],
            "generated": document["run"]["generated"],
            "rulePacks": document["rule_packs"],
            "controlMaps": [{"id": one["id"], "digest": one["digest"]} for one in document.get("frameworks", [])],
            "coverage": document["coverage"].get("equations", []),
            "gaps": document["summary"]["gaps"],
            "incidents": document["summary"]["by_severity"],
        },
    }


def verify(envelope: bytes, public: Path) -> dict[str, Any]:
    """Return the statement of an envelope whose signature holds.

    Raises:
        UsageProblem: the extra is missing, no usable public key, or no DSSE envelope.
        VerificationFailed: signed by another key, changed, or of a type that is not ours.
    """
    key = _public_key(public)
    payload_type, payload, signatures = _opened(envelope)
    if payload_type != PAYLOAD_TYPE:
        raise VerificationFailed("the envelope holds no in-toto statement")
    signed = pre_authentication_encoding(payload_type, payload)
    if not any(_holds(key, signature, signed) for signature in signatures):
        raise VerificationFailed("no signature of this key holds: another key signed it, or it was changed")
    found = orjson.loads(payload)
    if found.get("_type") != STATEMENT_TYPE or found.get("predicateType") != PREDICATE_TYPE:
        raise VerificationFailed("the statement is of another type or version")
    return dict(found)


def subject_digest(found: Mapping[str, Any], name: str) -> str:
    """Return the hex SHA-256 a statement names for a subject, empty when it names none."""
    return next((one["digest"].get("sha256", "") for one in found.get("subject", []) if one.get("name") == name), "")


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that DSSE signs: type and body with their lengths (DSSE v1.0, protocol.md)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def public_id(public: Path) -> str:
    """Return the id of a public key file; raises `UsageProblem` for no usable one."""
    return key_id(_public_key(public))


def key_id(key: Ed25519PublicKey) -> str:
    """Return the hex SHA-256 of the key's SubjectPublicKeyInfo (RFC 8410): its public name."""
    serialization = _cryptography("primitives.serialization")
    info = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).hexdigest()


def _opened(envelope: bytes) -> tuple[str, bytes, list[bytes]]:
    try:
        value = orjson.loads(envelope)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in value["signatures"]]
        return str(value["payloadType"]), base64.b64decode(value["payload"], validate=True), signatures
    except (orjson.JSONDecodeError, binascii.Error, KeyError, TypeError, ValueError):
        raise UsageProblem("the signature file is no DSSE envelope") from None


def _holds(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    with suppress(_cryptography("", top="exceptions").InvalidSignature):
        key.verify(signature, signed)
        return True
    return False


def _private_key(path: Path) -> Ed25519PrivateKey:
    serialization = _cryptography("primitives.serialization")
    data = _read(path, private=True)
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, _cryptography("", top="exceptions").UnsupportedAlgorithm):
        raise UsageProblem(f"{path}: no private key in PEM without passphrase") from None
    if not isinstance(key, _ed25519().Ed25519PrivateKey):
        raise UsageProblem(f"{path}: not an Ed25519 key", "Make one: openssl genpkey -algorithm ed25519 -out FILE")
    return cast("Ed25519PrivateKey", key)


def _public_key(path: Path) -> Ed25519PublicKey:
    serialization = _cryptography("primitives.serialization")
    data = _read(path, private=False)
    if b"PRIVATE KEY" in data:
        raise UsageProblem(f"{path}: that is a private key", "Verification needs the public half (FILE.pub).")
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, _cryptography("", top="exceptions").UnsupportedAlgorithm):
        raise UsageProblem(f"{path}: no public key in PEM") from None
    if not isinstance(key, _ed25519().Ed25519PublicKey):
        raise UsageProblem(f"{path}: not an Ed25519 key")
    return cast("Ed25519PublicKey", key)


def _read(path: Path, *, private: bool) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as problem:
        raise UsageProblem(f"{path}: no readable key ({problem.strerror})") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _KEY_LIMIT:
            raise UsageProblem(f"{path}: no key file")
        if private and stat.S_IMODE(status.st_mode) & 0o077:
            raise UsageProblem(f"{path}: other users can read the key", f"chmod 600 {path}")
        return os.read(descriptor, _KEY_LIMIT)
    finally:
        os.close(descriptor)


def _public_pem(key: Ed25519PublicKey) -> bytes:
    serialization = _cryptography("primitives.serialization")
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _ed25519() -> Any:
    return _cryptography("primitives.asymmetric.ed25519")


def _cryptography(name: str, top: str = "hazmat") -> Any:
    """Return a module of the extra; raises `UsageProblem` where it is not installed."""
    import importlib

    try:
        return importlib.import_module(".".join(filter(None, ("cryptography", top, name))))
    except ImportError:
        raise UsageProblem("signing needs the package `cryptography`", _INSTALL) from None


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
