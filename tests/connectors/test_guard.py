"""What a payload points at is fetched from the public Internet only, in bounded time and size."""

from __future__ import annotations

import gzip
import ipaddress
import time
from pathlib import Path

import pytest

from connectors import guard
from connectors.base import ConnectorError
from connectors.guard import Allowed, allowed, fetch, public, reachable
from connectors.line import Answer, target
from tests.connectors.loopback import Loopback, Reply, loopback
from tests.connectors.tls import tls_server


class Resolver:
    """A name server that says what it is told and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def refused(url: str, resolver: Resolver | None = None, **more: object) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        fetch(url, resolver=resolver or Resolver(["93.184.216.34"]), **more)  # type: ignore[arg-type]
    return caught.value


def get(provider: Loopback, path: str = "/file", **more: object) -> Answer:
    return fetch(provider.base + path, allow=allowed("127.0.0.1"), **more)  # type: ignore[arg-type]


# --- addresses ---


def _words(text: str) -> list[str]:
    return text.split()


PRIVATE = _words("""
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.0.1 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 2001:0:7f00:1::
2001:0:4136:e378:8000:63bf:80ff:fffe fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
""")
PUBLIC = _words("""
8.8.8.8 1.1.1.1 93.184.216.34 172.15.0.1 172.32.0.1 192.0.1.1 100.63.255.255 100.128.0.1 198.17.0.1 223.255.255.1
2606:4700:4700::1111 2a00:1450:4002::200e ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::
""")


@pytest.mark.parametrize("address", PRIVATE)
def test_inner_addresses_are_not_public(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_outer_addresses_are_public(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize("text", ["", "localhost", "2130706433", "0x7f.1", "127.1", "1.2.3.4.5"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not public(text)


def test_python_alone_would_let_some_of_them_through() -> None:
    assert any(ipaddress.ip_address(address).is_global for address in PRIVATE if "%" not in address)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "017700000001", "localhost", "[::1]"])
def test_other_spellings_of_this_machine_are_judged_by_what_they_resolve_to(host: str) -> None:
    with pytest.raises(ConnectorError, match=r"^blocked address$"):
        fetch(f"https://{host}/")


def test_one_inner_address_among_outer_ones_blocks_the_name() -> None:
    assert refused("https://cdn.example/", Resolver(["93.184.216.34", "10.0.0.7"])).code == "blocked"


def test_a_blocked_address_is_permanent_and_tells_nothing_of_the_inside() -> None:
    error = refused("https://cdn.example/", Resolver(["169.254.169.254"]))
    assert (error.message, error.permanent) == ("blocked address", True)


def test_a_name_without_an_address_may_have_one_later() -> None:
    error = refused("https://cdn.example/", Resolver([]))
    assert (error.code, error.permanent) == ("connect", False)


def test_the_name_is_asked_for_once_and_the_judged_address_connected_to(provider: Loopback) -> None:
    provider.on("GET", "/file", Reply(200, b"x"))
    resolver = Resolver(["127.0.0.1"], ["10.0.0.7"])
    fetch(f"http://cdn.example:{provider.port}/file", resolver=resolver, allow=allowed("cdn.example"))
    assert resolver.asked == ["cdn.example"]
    assert provider.calls[0].headers["host"] == f"cdn.example:{provider.port}"


# --- URLs ---


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//cdn.example/x",
        "ftp://cdn.example/",
        "file:///etc/passwd",
        "gopher://cdn.example:70/",
        "https://",
        "https://user@cdn.example/",
        "https://user:password@cdn.example/",
        "https://cdn.example\\@10.0.0.1/",
        "https://cdn.example/a b",
        "https://cdn.example/\r\nHost: x",
        "https://cdn.example/\x00",
        "https://cdn.example:99999/",
        "https://[::1/",
        "https://cdn.exa$mple/",
        f"https://cdn.example/{'x' * 2048}",
    ],
)
def test_strange_urls_are_blocked(url: str) -> None:
    assert refused(url).code == "blocked"


@pytest.mark.parametrize("url", ["http://cdn.example/", "https://cdn.example:25/", "https://cdn.example:8443/"])
def test_only_https_on_its_own_port_is_fetched(url: str) -> None:
    assert refused(url).code == "blocked"


@pytest.mark.parametrize(
    "host", ["scontent.fbcdn.net", "fbcdn.net", "fbcdn.net.", "SCONTENT.FBCDN.NET", "\uff46bcdn.net"]
)
def test_hosts_may_be_narrowed_to_domains(host: str) -> None:
    found = reachable(target(f"https://{host}/"), hosts=["fbcdn.net"], resolver=Resolver(["93.184.216.34"]))
    assert found == ["93.184.216.34"]


@pytest.mark.parametrize("host", ["evilfbcdn.net", "fbcdn.net.example", "xn--bcdn-mt6a.net", "fb\u0441dn.net"])
def test_names_that_only_look_like_a_domain_are_blocked(host: str) -> None:
    with pytest.raises(ConnectorError, match=r"^blocked address$"):
        reachable(target(f"https://{host}/"), hosts=["fbcdn.net"], resolver=Resolver(["93.184.216.34"]))


# --- exceptions ---


@pytest.mark.parametrize(
    ("entry", "yes", "no"),
    [
        ("127.0.0.1", "http://127.0.0.1:8025/", "http://127.0.0.2:8025/"),
        ("127.0.0.1:8025", "http://127.0.0.1:8025/", "http://127.0.0.1:8026/"),
        ("http://127.0.0.1:8025", "http://127.0.0.1:8025/", "http://127.0.0.1:8026/"),
        ("http://127.0.0.1:8025/", "http://127.0.0.1:8025/", "http://127.0.0.1/"),
        ("https://127.0.0.1", "https://127.0.0.1/", "http://127.0.0.1/"),
        ("10.0.0.0/8, 127.0.0.0/8", "http://127.9.9.9/", "http://192.168.0.1/"),
        ("[::1]:80", "http://[::1]/", "http://[::1]:81/"),
        ("::1", "http://[::1]:81/", "http://127.0.0.1/"),
        ("n8n:5678", "http://n8n:5678/", "http://n8n:80/"),
        ("other n8n", "http://N8N:1/", "http://n8n.example/"),
    ],
)
def test_exceptions_open_what_they_name_and_no_more(entry: str, yes: str, no: str) -> None:
    def reach(url: str) -> list[str]:
        host = target(url).host
        answer = [host] if host[0].isdigit() or ":" in host else ["10.9.9.9" if "10.0" not in entry else "172.16.0.1"]
        return reachable(target(url), allow=allowed(entry), resolver=Resolver(answer))

    assert reach(yes)
    with pytest.raises(ConnectorError, match=r"^blocked address$"):
        reach(no)


@pytest.mark.parametrize("entry", ["http://", "a/b", "user@host", "host:port", "10.0.0.0/99", "http://h/path"])
def test_an_exception_that_is_none_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="FETCH_ALLOW"):
        allowed(entry)


def test_the_environment_opens_and_its_absence_closes(provider: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.on("GET", "/file", Reply(200, b"x"))
    assert refused(provider.base + "/file", Resolver(["127.0.0.1"])).code == "blocked"
    monkeypatch.setenv("FETCH_ALLOW", f"127.0.0.1:{provider.port}")
    assert fetch(provider.base + "/file").body == b"x"
    monkeypatch.setenv("FETCH_ALLOW", "user@nonsense")
    error = refused(provider.base + "/file")
    assert (error.code, "FETCH_ALLOW" in error.message) == ("config", True)


# --- redirects ---


def test_three_redirects_are_followed_and_a_fourth_is_not(provider: Loopback) -> None:
    for n in range(4):
        provider.on("GET", f"/{n}", Reply(302, b"", {"Location": f"/{n + 1}"}))
    provider.on("GET", "/4", Reply(200, b"end"))
    assert get(provider, "/1").body == b"end"
    with pytest.raises(ConnectorError, match="redirects"):
        get(provider, "/0")


def test_a_redirect_in_a_circle_ends(provider: Loopback) -> None:
    provider.on("GET", "/file", Reply(302, b"", {"Location": "/file"}))
    with pytest.raises(ConnectorError, match="redirects"):
        get(provider)
    assert len(provider.calls) == 4


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "file:///etc/passwd", "https://u:p@cdn.example/"],
)
def test_a_redirect_is_judged_like_the_first_address(provider: Loopback, location: str) -> None:
    provider.on("GET", "/file", Reply(302, b"", {"Location": location}))
    with pytest.raises(ConnectorError, match=r"^blocked address$"):
        get(provider)


def test_a_login_stays_with_its_origin(provider: Loopback) -> None:
    with loopback() as other:
        provider.on("GET", "/a", Reply(302, b"", {"Location": "/b"}))
        provider.on("GET", "/b", Reply(302, b"", {"Location": f"{other.base}/c"}))
        other.on("GET", "/c", Reply(302, b"", {"Location": f"{provider.base}/d"}))
        provider.on("GET", "/d", Reply(200, b""))
        get(provider, "/a", auth={"Authorization": "Basic eDp5"})
        assert [call.headers.get("authorization") for call in provider.calls[:2]] == ["Basic eDp5"] * 2
        assert "authorization" not in other.calls[0].headers


# --- limits ---


def test_a_body_over_the_limit_is_cut_off(provider: Loopback) -> None:
    provider.on("GET", "/file", Reply(200, b"x" * 1001))
    with pytest.raises(ConnectorError) as caught:
        get(provider, max_bytes=1000)
    assert (caught.value.code, caught.value.permanent) == ("too_large", True)
    provider.on("GET", "/file", Reply(200, b"x" * 1000))
    assert len(get(provider, max_bytes=1000).body) == 1000


def test_an_untrue_content_length_does_not_help(provider: Loopback) -> None:
    provider.on("GET", "/file", Reply(200, b"x" * 10, {"Content-Length": "11"}))
    with pytest.raises(ConnectorError) as caught:
        get(provider)
    assert (caught.value.code, caught.value.permanent) == ("connect", False)


def test_a_packed_bomb_is_unpacked_up_to_the_limit_only(provider: Loopback) -> None:
    bomb = gzip.compress(b"\x00" * 50_000_000)
    provider.on("GET", "/file", Reply(200, bomb, {"Content-Encoding": "gzip"}))
    with pytest.raises(ConnectorError) as caught:
        get(provider, max_bytes=100_000)
    assert caught.value.code == "too_large"


def test_a_packed_body_is_unpacked(provider: Loopback) -> None:
    provider.on("GET", "/file", Reply(200, gzip.compress(b"plain"), {"Content-Encoding": "gzip"}))
    assert get(provider).body == b"plain"
    assert provider.calls[0].headers["accept-encoding"] == "identity"


def test_a_wrongly_packed_body_is_an_error_and_no_crash(provider: Loopback) -> None:
    provider.on("GET", "/file", Reply(200, b"not gzip", {"Content-Encoding": "gzip"}))
    with pytest.raises(ConnectorError):
        get(provider)


@pytest.mark.parametrize("slow", [Reply(200, b"x" * 300, drip=0.1), Reply(200, b"x", delay=30)])
def test_the_deadline_holds_against_drips_and_silence(provider: Loopback, slow: Reply) -> None:
    provider.on("GET", "/file", slow)
    started = time.monotonic()
    with pytest.raises(ConnectorError) as caught:
        get(provider, seconds=0.5)
    assert time.monotonic() - started < 15  # and not the thirty of the server
    assert (caught.value.code, caught.value.permanent) == ("timeout", False)


@pytest.mark.parametrize(("status", "permanent"), [(404, True), (403, True), (410, True), (429, False), (500, False)])
def test_an_answer_that_is_no_success_is_an_error(provider: Loopback, status: int, permanent: bool) -> None:
    provider.on("GET", "/file", Reply(status, b"internal details", {"Retry-After": "9"}))
    with pytest.raises(ConnectorError) as caught:
        get(provider)
    found = caught.value
    assert (found.code, found.permanent, found.retry_after) == (f"http_{status}", permanent, 9)
    assert "internal details" not in found.message


def test_a_proxy_of_the_environment_is_not_used(provider: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.on("GET", "/file", Reply(200, b"x"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert get(provider).body == b"x"


# --- TLS ---


def test_the_certificate_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    with tls_server(tmp_path, "cdn.example") as server:
        exception = (Allowed(host="cdn.example"), Allowed(host="other.example"))
        there = Resolver(["127.0.0.1"])
        url = f"https://cdn.example:{server.port}/"
        answer = fetch(url, resolver=there, allow=exception, context=server.trust)
        assert (answer.body, server.named, server.hosts) == (b"hello", ["cdn.example"], [f"cdn.example:{server.port}"])
        wrong = refused(f"https://other.example:{server.port}/", there, allow=exception, context=server.trust)
        assert (wrong.code, wrong.permanent) == ("tls", False)
        untrusted = refused(url, there, allow=exception)
        assert untrusted.code == "tls"


def test_a_server_that_speaks_no_tls_is_named_so(provider: Loopback) -> None:
    error = refused(f"https://127.0.0.1:{provider.port}/", Resolver(["127.0.0.1"]), allow=allowed("127.0.0.1"))
    assert error.code == "tls"


def test_the_next_address_is_tried_where_the_first_does_not_answer(provider: Loopback) -> None:
    provider.on("GET", "/file", Reply(200, b"x"))
    resolver = Resolver(["127.0.0.9", "127.0.0.1"])
    url = f"http://cdn.example:{provider.port}/file"
    assert fetch(url, resolver=resolver, allow=[Allowed(host="cdn.example")]).body == b"x"


def test_the_list_of_closed_networks_is_no_empty_promise() -> None:
    assert all(not public(str(network.network_address)) for network in guard.DENIED)


def test_a_host_that_is_not_welcome_is_not_even_asked_for() -> None:
    resolver = Resolver(["93.184.216.34"])
    assert refused("https://leak-of-a-secret.example/", resolver, hosts=["fbcdn.net"]).code == "blocked"
    assert refused("http://leak-of-a-secret.example/", resolver).code == "blocked"
    assert resolver.asked == []
