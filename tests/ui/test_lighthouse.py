"""Lighthouse on the real desk: full marks for accessibility and best practices."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.desk import RunningDesk
from tests.servers.chromium import MISSING
from tests.ui.conftest import Receives, SignIn

TOOL = Path(__file__).resolve().parents[1] / "lighthouse"
CATEGORIES = ["accessibility", "best-practices"]
#: Where people work; ``{ticket}`` is one that came in.
PAGES = (
    "/tickets/{ticket}",
    "/tickets",
    "/search?q=preventivo",
    "/board",
    "/board/balance",
    "/reports",
    "/reports/channels",
    "/reports/satisfaction",
    "/follow-ups",
    "/reports/maturity",
    "/notices",
    "/views",
    "/me/notices",
    "/me/keys",
    "/settings",
    "/settings/channels",
    "/settings/people",
    "/settings/routing",
    "/settings/rules",
    "/settings/journal",
)


@pytest.mark.a11y
@pytest.mark.timeout(1_800)
def test_lighthouse_gives_full_marks(desk: RunningDesk, sign_in: SignIn, receives: Receives, full: bool) -> None:
    """``make a11y`` audits every page, as a desk's window and as a phone; otherwise one of them, as a phone."""
    if not (TOOL / "node_modules" / "lighthouse").is_dir():
        pytest.skip("Lighthouse is missing (npm ci in tests/lighthouse)")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip(MISSING)
    ticket, _ = receives("chiara", "Preventivo per dodici caselle")
    page = sign_in("luca")
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    addresses = [desk.url + path.format(ticket=ticket) for path in (PAGES if full else PAGES[:1])]
    asked = {
        "program": program,
        "addresses": addresses,
        "headers": {"Cookie": cookies, "Accept-Language": "it" if full else "en"},
        "categories": CATEGORIES,
        "forms": ["mobile", "desktop"] if full else ["mobile"],
    }
    ran = subprocess.run(
        ["node", "audit.mjs"], cwd=TOOL, input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    audits = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [audit["address"].partition("?")[0] for audit in audits] == [
        address.partition("?")[0] for address in addresses for _ in asked["forms"]
    ]
    for audit in audits:
        sys.stdout.write(f"{audit['address'].removeprefix(desk.url)} {audit['form']} {audit['scores']}\n")
    short = [one for one in audits if set(one["scores"].values()) != {100}]
    assert not short, "\n".join(f"{one['address']} {one['form']}: " + "\n  ".join(one["failed"]) for one in short)
