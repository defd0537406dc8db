"""The API as the web role serves it: beside the pages, without their gate, their cookies and their CSRF token."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from inbox.settings import Settings
from tests.api.conftest import Desk
from tests.servers.processes import Process, free_port


@pytest.fixture
def web(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a running ``sportello web``."""
    port = free_port()
    environment = {"DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "PORT": str(port)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    process = Process([sys.executable, "-m", "inbox.cli", "web"], tmp_path / "web.log")

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    assert process.wait_for(answers), process.last_words()
    yield f"http://127.0.0.1:{port}"
    process.stop()


def test_a_token_is_all_that_a_program_needs(desk: Desk, tokens: dict[str, str], web: str) -> None:
    ticket = desk.text()
    headers = {"Authorization": f"Bearer {tokens['luca']}"}
    assert requests.get(f"{web}/api/v1/tickets", headers=headers, timeout=10).json()["items"][0]["id"] == ticket
    body = {"text": "Guardo subito", "client_key": "k1"}
    path = f"{web}/api/v1/tickets/{ticket}/replies"
    assert requests.post(path, json=body, headers=headers, timeout=10).status_code == 201
    response = requests.get(f"{web}/api/v1/events", headers={**headers, "Accept": "application/x-ndjson"}, timeout=10)
    assert response.text.count("\n") == desk.store.last_seq()
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Set-Cookie" not in response.headers

    for missing, status in (("/api/v1/tickets", 401), ("/api/nothing", 404), ("/api", 404), ("/api/v1/%00", 404)):
        response = requests.get(web + missing, timeout=10)
        assert (response.status_code, response.headers["Content-Type"]) == (status, "application/problem+json"), missing
    assert requests.delete(f"{web}/api/v1/tickets", timeout=10).status_code == 405
    assert requests.get(f"{web}/tickets/1", timeout=10).headers["Content-Type"].startswith("text/html")
