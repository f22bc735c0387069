"""The cluster of the harness answers, over TCP with a password."""

from __future__ import annotations

import socket

from tests.harness.postgres import Cluster


def test_cluster_answers(postgres: Cluster) -> None:
    assert postgres.sql("select 40 + 2").strip() == "42"
    socket.create_connection(("127.0.0.1", postgres.port), 5).close()
