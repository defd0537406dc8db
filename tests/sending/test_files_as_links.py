"""Files that a channel or a mail server takes not: they leave as signed links, so that the answer still leaves."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Capabilities
from inbox import hooks
from inbox.actions import links
from inbox.actions.reply import Upload
from inbox.errors import Invalid
from inbox.terms import Delivery
from inbox.throttle import Throttle
from tests.sending.conftest import Sending

PUBLIC = "https://desk.cirro.example"
MB = 1_000_000


@pytest.fixture
def public(sending: Sending) -> Sending:
    sending.desk.store.settings.public_url = PUBLIC
    return sending


def big(name: str = "video à.mp4", size: int = 20 * MB) -> Upload:
    return Upload(name, "video/mp4", name.encode() * (size // len(name.encode()) + 1))


def mail(sending: Sending) -> EmailMessage:
    read = email.message_from_bytes(sending.sink.taken[-1].content, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def body(read: EmailMessage, kind: str) -> str:
    part = read.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def fetched(sending: Sending, url: str) -> tuple[int, bytes, str]:
    app = Flask("tests")
    app.register_blueprint(hooks.blueprint(sending.desk.store, Throttle()))
    answer = app.test_client().get(url.removeprefix(PUBLIC))
    return answer.status_code, answer.data, answer.headers.get("Content-Disposition", "")


def test_a_file_over_the_limit_leaves_as_a_link_that_gives_its_bytes(
    public: Sending, later: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = big(), Upload("note.txt", "text/plain", b"ciao")
    message = public.answer(files=[large, small])
    public.work()
    assert public.state(message) is Delivery.SENT
    read = mail(public)
    assert [part.get_filename() for part in read.iter_attachments()] == ["note.txt"]
    [url] = re.findall(r"https://\S+", body(read, "plain"))
    assert "video à.mp4 (20.0 MB): " + url in body(read, "plain")
    assert f'href="{url}"' in body(read, "html")
    status, data, disposition = fetched(public, url)
    assert (status, data == large.data) == (200, True)
    assert disposition == "attachment; filename*=UTF-8''video%20%C3%A0.mp4"
    assert fetched(public, url[:-1] + ("0" if url[-1] != "0" else "1"))[0] == 404
    until = int(url.split("/")[-2])
    monkeypatch.setattr("inbox.hooks.time.time", lambda: until + 1)
    assert fetched(public, url)[0] == 404


def test_many_files_leave_together_as_far_as_they_fit(public: Sending) -> None:
    files = [big("a.mp4", 9 * MB), big("b.mp4", 7 * MB), big("c.mp4", 6 * MB)]
    message = public.answer(files=files)
    assert [one.linked for one in public.row(message).attachments] == [True, False, False]


def test_a_server_that_takes_less_than_we_thought_gets_links_at_once(public: Sending) -> None:
    public.sink.script.size = 2 * MB
    message = public.answer(files=[big("a.mp4", 3 * MB)])
    public.work()
    row = public.row(message)
    assert (row.state, row.attempts, row.problem) == (Delivery.SENT, 2, None)
    assert f"a.mp4 (3.0 MB): {PUBLIC}/files/" in body(mail(public), "plain")


def test_a_desk_that_customers_cannot_reach_says_what_is_too_large(sending: Sending) -> None:
    with pytest.raises(Invalid, match="mp4 is larger than 18 MB"):
        sending.answer(files=[big()])
    with pytest.raises(Invalid, match="together are larger"):
        sending.answer("b@studio.example", files=[big("a.mp4", 10 * MB), big("b.mp4", 10 * MB)])
    sending.sink.script.size = 2 * MB
    message = sending.answer("c@studio.example", files=[big("a.mp4", 3 * MB)])
    sending.work()
    assert (sending.state(message), sending.row(message).code) == (Delivery.FAILED, "5.3.4")


def test_no_file_is_larger_than_the_desk_takes(public: Sending) -> None:
    with pytest.raises(Invalid, match="larger than 25 MB"):
        public.answer(files=[big(size=27 * MB)])


@given(
    sizes=st.lists(st.integers(0, 100), max_size=8),
    media=st.booleans(),
    one=st.none() | st.integers(0, 100),
    count=st.none() | st.integers(0, 8),
    total=st.none() | st.integers(0, 300),
)
def test_what_is_left_always_fits(
    sizes: list[int],
    media: bool,
    one: int | None,
    count: int | None,
    total: int | None,
) -> None:
    can = Capabilities(media=media, media_bytes=one, media_count=count, media_total=total)
    linked = links.as_links(can, sizes)
    left = [size for size, is_link in zip(sizes, linked, strict=True) if not is_link]
    assert media or not left
    assert one is None or all(size <= one for size in left)
    assert count is None or len(left) <= count
    assert total is None or sum(left) <= total
