"""The sandbox as a process: how it starts, ends, and what it remembers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from inbox.sandbox.running import Sandbox, SandboxProcess
from tests.sandbox.mailing import CHIARA, OURS, imap, mail, smtp
from tests.sandbox.test_faults import send


def test_it_prints_its_ports_as_one_line_and_ends_cleanly_and_fast(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        assert {"http", "smtp", "imap", "url"} <= set(sandbox.ports)
        assert sandbox.ports["url"] == f"http://127.0.0.1:{sandbox.ports['http']}"
        assert requests.get(sandbox.url, timeout=5).status_code == 200
        started = time.monotonic()
    assert time.monotonic() - started < 10  # nobody is waited for
    assert sandbox.process.returncode == 0


def test_it_ends_although_somebody_is_waiting_for_news(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox, imap(sandbox) as line:
        line.select_folder("INBOX")
        line.idle()
        account = sandbox.accounts()["telegram"]
        url = f"{account['api_base']}/bot{account['token']}/getUpdates"
        poll = subprocess.Popen(
            [sys.executable, "-c", f"import urllib.request as u; u.urlopen('{url}?timeout=30').read()"],
            stderr=subprocess.DEVNULL,
        )
        time.sleep(0.3)
        started = time.monotonic()
        sandbox.process.terminate()
        assert sandbox.process.wait(20) == 0
        assert time.monotonic() - started < 10  # nobody is waited for
        poll.wait(5)


def test_ports_can_be_chosen_and_a_taken_one_is_a_plain_sentence(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "one") as first:
        command = [sys.executable, "-m", "inbox.sandbox", "--state", str(tmp_path / "two"), "--smtp-port"]
        done = subprocess.run(
            [*command, str(first.ports["smtp"])], capture_output=True, text=True, timeout=20, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("The sandbox cannot start: ")
    assert done.stderr.count("\n") == 1


def test_it_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inbox.sandbox", "--state", str(tmp_path), "--with-parent"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["http"]
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()


def test_what_was_accepted_survives_a_kill_and_everything_goes_on(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as sandbox:
        sandbox.telegram.receive("7010000142", "ciao")
        sandbox.messenger.receive("9001000000000142", "ciao")
        for provider in ("sms", "telegram", "messenger"):
            assert send(sandbox, provider, f"da {provider}").ok
        with smtp(sandbox) as line:
            line.send_message(mail())
        sandbox.email.receive(CHIARA, "grazie", answers="last")
        before = {name: sandbox.accepted(name) for name in ("sms", "telegram", "messenger", "email")}
        os.kill(sandbox.process.pid, signal.SIGKILL)
        sandbox.process.wait(5)
    with Sandbox(tmp_path) as again:
        for name in ("sms", "telegram", "messenger", "email"):
            ids = [entry["id"] for entry in again.accepted(name)]
            assert ids == [entry["id"] for entry in before[name]]
            assert len(ids) == 1
        with imap(again) as line:
            assert line.select_folder("INBOX")[b"EXISTS"] == 1
        account = again.accounts()["telegram"]
        updates = requests.get(f"{account['api_base']}/bot{account['token']}/getUpdates", timeout=5).json()["result"]
        assert [update["message"]["text"] for update in updates] == ["ciao"]
        assert send(again, "telegram", "ancora qui").json()["result"]["message_id"] > 102
        deadline = time.monotonic() + 5
        while again.accepted("sms")[0]["state"] != "delivered":
            assert time.monotonic() < deadline


def test_a_torn_last_line_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        send(sandbox, "sms", "intero")
    with (tmp_path / "sms.jsonl").open("ab") as file:
        file.write(b'{"n":99,"what":"acc')
    with Sandbox(tmp_path) as sandbox:
        send(sandbox, "sms", "dopo")
    with Sandbox(tmp_path) as sandbox:
        assert [entry["text"] for entry in sandbox.accepted("sms")] == ["intero", "dopo"]


def test_numbers_bots_pages_mailboxes_and_webhooks_are_remembered(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        sandbox.add("sms", number="+12025550188")
        bot = sandbox.add("telegram", username="vendite_bot")
        page = sandbox.add("messenger", name="Vendite")
        sandbox.add("email", address="vendite@cirro.example", password="altra")
        sandbox.desk("http://127.0.0.1:9", [{"kind": "sms", "hook_path": "/h", "address": "+12025550188"}])
        before = sandbox.accounts()
    with Sandbox(tmp_path) as sandbox:
        after = sandbox.accounts()
        assert [item["sms_url"] for item in after["sms"]["numbers"]] == ["", "http://127.0.0.1:9/h"]
        assert bot["token"] in [item["token"] for item in after["telegram"]["bots"]]
        assert page["page_token"] in [item["page_token"] for item in after["messenger"]["pages"]]
        assert {"address": "vendite@cirro.example", "password": "altra"} in after["email"]["mailboxes"]
        assert after["sms"]["auth_token"] == before["sms"]["auth_token"]
        assert sandbox.call("GET", "/desk")["desk_url"] == "http://127.0.0.1:9"


def test_help_names_an_example() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "inbox.sandbox", "--help"], capture_output=True, text=True, timeout=20, check=True
    )
    assert "example: python -m inbox.sandbox" in done.stdout


def test_a_sandbox_in_threads_leaves_nothing_behind(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        ports = dict(sandbox.ports)
    for _ in range(2):
        with Sandbox(tmp_path, http=ports["http"], smtp=ports["smtp"], imap=ports["imap"]) as again:
            assert again.ports == ports
            assert again.email.receive(CHIARA, "x", "x", to=OURS)["uid"]


def test_without_a_place_to_keep_things_nothing_is_kept() -> None:
    with Sandbox() as sandbox:
        place = sandbox.state
        assert place.exists()
    with pytest.raises(requests.ConnectionError):
        sandbox.accounts()
    assert not place.exists()
