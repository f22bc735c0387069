"""The pipeline end to end on small sources: attribution, copies, workers, gaps."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from auditor.audit import pool, workers
from auditor.audit.pipeline import audit
from auditor.audit.request import ScanRequest
from auditor.document import Document
from auditor.errors import UsageProblem

VALUE = "napi_fake7h2k9d4m1q8w5e6r3t0y2u7i9o1p4a6s8d3f5g7h9j2k4l6z8x1c3v5"
SESSION = "0198a1b2-c3d4-7e5f-8a9b-0000000000aa"


def _line(kind: str, payload: dict[str, object], second: int) -> str:
    return json.dumps({"timestamp": f"2026-11-20T10:00:{second:02d}.000Z", "type": kind, "payload": payload})


def rollout(folder: Path, name: str = "rollout.jsonl") -> Path:
    arguments = json.dumps({"cmd": "cat .env"})
    output = f"Process exited with code 0\nOutput:\nNEON_API_KEY={VALUE}\n"
    lines = [
        _line("session_meta", {"id": SESSION, "cwd": "/home/dev/shop", "cli_version": "0.169.0"}, 0),
        _line("event_msg", {"type": "task_started", "turn_id": "turn-1"}, 1),
        _line(
            "response_item",
            {"type": "function_call", "name": "exec_command", "arguments": arguments, "call_id": "call_1"},
            2,
        ),
        _line("response_item", {"type": "function_call_output", "call_id": "call_1", "output": output}, 3),
        _line("event_msg", {"type": "agent_message", "message": "done"}, 4),
    ]
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def _audit(*paths: Path, **options: object) -> Document:
    return audit(ScanRequest(paths=[str(path) for path in paths], key=b"k" * 32, **options))  # type: ignore[arg-type]


def test_an_occurrence_names_session_turn_call_role_and_command(tmp_path: Path) -> None:
    document = _audit(rollout(tmp_path))
    (incident,) = document["incidents"]
    (occurrence,) = incident["occurrences"]
    assert occurrence["session"] == SESSION
    assert occurrence["turn"] == "turn-1"
    assert occurrence["call_id"] == "call_1"
    assert occurrence["role"] == "tool"
    assert occurrence["timestamp"] == "2026-11-20T10:00:03.000Z"
    assert occurrence["place"]["line"] == 4
    assert occurrence["place"]["pointer"] == "/payload/output"
    (step,) = [step for step in document["steps"] if step["id"] == incident["origin"]["step"]]
    assert step["command"] == "cat .env"
    assert incident["origin"]["cause"] == "tool-output"


def test_offsets_point_at_the_value(tmp_path: Path) -> None:
    path = rollout(tmp_path)
    place = _audit(path)["incidents"][0]["occurrences"][0]["place"]
    assert VALUE in path.read_bytes()[place["byte_start"] : place["byte_end"]].decode()


def test_the_document_never_holds_the_value(tmp_path: Path) -> None:
    text = json.dumps(_audit(rollout(tmp_path)))
    assert VALUE not in text
    assert VALUE[10:30] not in text


def test_workers_and_order_of_paths_change_nothing(tmp_path: Path) -> None:
    paths = [rollout(tmp_path, f"rollout-{number}.jsonl") for number in range(6)]
    base = _audit(*paths)
    assert _audit(*reversed(paths)) == base
    assert _audit(*paths, jobs=2) == base


def test_a_harmless_record_removes_nothing(tmp_path: Path) -> None:
    path = rollout(tmp_path)
    before = _audit(path)["incidents"]
    with path.open("a") as file:
        file.write(_line("event_msg", {"type": "agent_message", "message": "NEON_API_KEY is not a secret"}, 5) + "\n")
    assert _audit(path)["incidents"] == before


def test_nothing_examined_is_never_clean(tmp_path: Path) -> None:
    document = _audit(tmp_path)
    assert not document["summary"]["complete"]
    assert document["coverage"]["gaps"][0]["reason"] == "nothing-to-scan"


@pytest.mark.parametrize(("since", "kept"), [("2026-11-20T09:00:00+00:00", 1), ("2026-11-20T11:00:00+00:00", 0)])
def test_events_outside_the_period_are_not_reported(tmp_path: Path, since: str, kept: int) -> None:
    assert len(_audit(rollout(tmp_path), since=datetime.fromisoformat(since))["incidents"]) == kept


def test_a_rollout_that_ended_before_the_period_is_named_but_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "sessions/2026/11/20"
    folder.mkdir(parents=True)
    path = rollout(folder, f"rollout-2026-11-20T10-00-00-{SESSION}.jsonl")
    os.utime(path, (1_795_000_000, 1_763_640_000))
    document = _audit(tmp_path, since=datetime.fromisoformat("2026-12-01T00:00:00+00:00"))
    assert document["incidents"] == []
    (source,) = document["coverage"]["sources"]
    assert (source["status"], source["bytes"]) == ("skipped", 0)
    assert all(equation["holds"] for equation in document["coverage"]["equations"])


@pytest.mark.parametrize("much", [0, 1 << 40])
def test_workers_are_taken_where_there_is_enough_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, much: int
) -> None:
    for number in range(4):
        rollout(tmp_path, f"rollout-{number}.jsonl")
    monkeypatch.setattr(pool, "MUCH", much)
    started: list[int] = []
    real = workers.Workers
    monkeypatch.setattr(pool, "processors", lambda: 2)
    monkeypatch.setattr(workers, "Workers", lambda *given: started.append(given[-1]) or real(*given))
    assert _audit(tmp_path, jobs=0) == _audit(tmp_path, jobs=1)
    assert started == ([2] if not much else [])


def _two_sessions(folder: Path) -> tuple[str, str]:
    other = SESSION.replace("aa", "bb")
    rollout(folder, "first.jsonl")
    second = rollout(folder, "second.jsonl")
    second.write_text(second.read_text().replace(SESSION, other))
    return SESSION, other


def test_one_session_is_told_alone(tmp_path: Path) -> None:
    first, other = _two_sessions(tmp_path)
    document = _audit(tmp_path, session=other)
    assert {step["session"] for step in document["steps"]} == {other}
    assert {session["id"] for session in document["sessions"]} == {other}
    assert [spot["session"] for one in document["incidents"] for spot in one["occurrences"]] == [other]
    assert _audit(tmp_path, session=first[:-1] + "a")["sessions"][0]["id"] == first


@pytest.mark.parametrize("wanted", ["nosuch", SESSION[:8]])
def test_a_session_that_is_not_there_or_not_the_only_one_is_no_clean_result(tmp_path: Path, wanted: str) -> None:
    _two_sessions(tmp_path)
    with pytest.raises(UsageProblem, match="--session"):
        _audit(tmp_path, session=wanted)


def test_a_missing_session_is_no_gap_of_another_one(tmp_path: Path) -> None:
    folder = tmp_path / "sessions/2026/11/20"
    folder.mkdir(parents=True)
    rollout(folder, f"rollout-2026-11-20T10-00-00-{SESSION}.jsonl")
    gone = "0199a213-81c0-7800-8aa1-00000000dead"
    (tmp_path / "history.jsonl").write_text(json.dumps({"session_id": gone, "ts": 1, "text": "hi"}) + "\n")
    for wanted, reasons in (("", ["missing-session"]), (SESSION, [])):
        document = audit(ScanRequest(codex_home=tmp_path, key=bytes(32), session=wanted))
        assert [gap["reason"] for gap in document["coverage"]["gaps"]] == reasons
