"""Signatures: made by us, verified by us and by securesystemslib; every tampering is noticed."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.errors import UsageProblem, VerificationFailed
from auditor.evidence import signing
from auditor.report import json as canonical
from tests.report import sample

REPORTS = {"audit.json": b"{}", "audit.html": b"<html>"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    signing.create_key(tmp_path / "key")
    return tmp_path / "key"


def public(key: Path) -> Path:
    return key.with_name(key.name + ".pub")


@pytest.fixture
def envelope(key: Path) -> bytes:
    return signing.sign(REPORTS, sample.leaking(), key)


def test_key_pair_is_private_and_never_replaced(key: Path) -> None:
    assert (key.stat().st_mode & 0o777, public(key).stat().st_mode & 0o777) == (0o600, 0o644)
    with pytest.raises(UsageProblem, match="there is a key already"):
        signing.create_key(key)


def test_statement_names_reports_inputs_and_content(key: Path, envelope: bytes) -> None:
    found = signing.verify(envelope, public(key))
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert [one["name"] for one in found["subject"]] == ["audit.html", "audit.json", "inputs"]
    assert all(len(one["digest"]["sha256"]) == 64 for one in found["subject"])
    assert found["predicate"]["contentDigest"] == sample.leaking()["content_digest"]
    assert signing.subject_digest(found, "audit.json") != signing.subject_digest(found, "audit.html")
    assert signing.subject_digest(found, "none") == ""


def test_same_report_same_key_same_bytes(key: Path, envelope: bytes) -> None:
    assert signing.sign(REPORTS, sample.leaking(), key) == envelope


def test_an_independent_implementation_verifies_it(key: Path, envelope: bytes) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    read: Any = load_pem_public_key(public(key).read_bytes())
    theirs = SSlibKey.from_crypto(read, keyid=signing.public_id(public(key)))
    opened = Envelope.from_dict(orjson.loads(envelope))
    assert list(opened.verify([theirs], 1)) == [signing.public_id(public(key))]
    assert orjson.loads(opened.payload)["predicateType"] == signing.PREDICATE_TYPE
    broken = orjson.loads(envelope)
    broken["payload"] = base64.b64encode(opened.payload + b" ").decode()
    with pytest.raises(VerificationError):
        Envelope.from_dict(broken).verify([theirs], 1)


def test_a_key_made_by_openssl_works(tmp_path: Path) -> None:
    key = tmp_path / "openssl.pem"
    try:
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public(key)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    key.chmod(0o600)
    assert signing.verify(signing.sign(REPORTS, sample.leaking(), key), public(key))


def flipped(data: str) -> str:
    raw = bytearray(base64.b64decode(data))
    raw[len(raw) // 2] ^= 1
    return base64.b64encode(bytes(raw)).decode()


@pytest.mark.parametrize("member", ["payload", "sig"])
def test_one_flipped_bit_is_noticed(key: Path, envelope: bytes, member: str) -> None:
    value = orjson.loads(envelope)
    holder = value if member == "payload" else value["signatures"][0]
    holder[member] = flipped(holder[member])
    with pytest.raises(VerificationFailed, match="no signature of this key holds"):
        signing.verify(orjson.dumps(value), public(key))


def test_another_key_is_noticed(tmp_path: Path, envelope: bytes) -> None:
    with pytest.raises(VerificationFailed, match="another key signed it"):
        signing.verify(envelope, signing.create_key(tmp_path / "other"))


def test_no_signature_at_all(key: Path, envelope: bytes) -> None:
    value = orjson.loads(envelope)
    value["signatures"] = []
    with pytest.raises(VerificationFailed):
        signing.verify(orjson.dumps(value), public(key))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"payloadType": "text/plain"}, "no in-toto statement"),
        ({"predicate": "urn:another"}, "another type"),
    ],
)
def test_statements_of_other_types_are_refused(key: Path, change: dict[str, str], complaint: str) -> None:
    statement = signing.statement(REPORTS, sample.leaking())
    kind = change.get("payloadType", signing.PAYLOAD_TYPE)
    statement["predicateType"] = change.get("predicate", signing.PREDICATE_TYPE)
    payload = orjson.dumps(statement)
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private: Any = load_pem_private_key(key.read_bytes(), None)
    signature = private.sign(signing.pre_authentication_encoding(kind, payload))
    value = {"payload": base64.b64encode(payload).decode(), "payloadType": kind,
             "signatures": [{"keyid": "", "sig": base64.b64encode(signature).decode()}]}  # fmt: skip
    with pytest.raises(VerificationFailed, match=complaint):
        signing.verify(orjson.dumps(value), public(key))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"payload":"!","payloadType":"x","signatures":[]}',
                                  b'{"payload":"","payloadType":"x","signatures":[{"sig":1}]}'])  # fmt: skip
def test_what_is_no_envelope_is_a_usage_problem(key: Path, data: bytes) -> None:
    with pytest.raises(UsageProblem, match="no DSSE envelope"):
        signing.verify(data, public(key))


def test_keys_are_checked_before_use(tmp_path: Path, key: Path, envelope: bytes) -> None:
    with pytest.raises(UsageProblem, match="no readable key"):
        signing.sign(REPORTS, sample.leaking(), tmp_path / "none")
    with pytest.raises(UsageProblem, match="that is a private key"):
        signing.verify(envelope, key)
    (tmp_path / "text").write_text("hello")
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(UsageProblem, match="no private key"):
        signing.check_key(tmp_path / "text")
    with pytest.raises(UsageProblem, match="no key file"):
        signing.check_key(tmp_path)
    key.chmod(0o640)
    with pytest.raises(UsageProblem, match="other users can read the key") as caught:
        signing.check_key(key)
    assert "chmod 600" in caught.value.hint


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    made = ec.generate_private_key(ec.SECP256R1())
    private, other = tmp_path / "ec", tmp_path / "ec.pub"
    private.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private.chmod(0o600)
    other.write_bytes(made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(UsageProblem, match="not an Ed25519 key"):
        signing.check_key(private)
    with pytest.raises(UsageProblem, match="not an Ed25519 key"):
        signing.public_id(other)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(UsageProblem, match="needs the package `cryptography`") as caught:
        signing.create_key(tmp_path / "key")
    assert "auditor[sign]" in caught.value.hint


def test_pre_authentication_encoding_is_the_specified_one() -> None:
    assert signing.pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"  # the example of DSSE's protocol.md
    )


def test_canonical_report_is_what_is_signed(key: Path) -> None:
    data = canonical.render(sample.clean())
    found = signing.verify(signing.sign({"a.json": data}, sample.clean(), key), public(key))
    assert len(signing.subject_digest(found, "a.json")) == 64
