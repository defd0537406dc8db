"""From an address to its mail servers: the table, what a domain publishes, what its name servers say, what answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connectors.base import ConnectorError
from connectors.email.config import EmailConfig
from connectors.email.finding import Found, Server, autoconfig, find, names, providers
from connectors.email.finding.greeting import greets
from connectors.email.finding.search import guesses
from connectors.email.finding.servers import host_of
from connectors.guard import fetch
from tests.connectors.email_servers import authority, mail_sink
from tests.connectors.loopback import Loopback, Reply, loopback
from tests.servers.names import NameServer, name_server

ADDRESS = "info@bottega.example"


def yes(_server: Server) -> bool:
    return True


def nothing(_url: str) -> bytes:
    raise ConnectorError("not there", code="http_404", permanent=True)


@pytest.fixture(scope="module")
def dns() -> Iterator[NameServer]:
    with name_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[Loopback]:
    with loopback() as server:
        yield server


@pytest.fixture
def look(web: Loopback, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], bytes]:
    """The guarded fetch, led to the server on loopback by the host's name in the path."""
    monkeypatch.setenv("FETCH_ALLOW", "127.0.0.1")

    def fetched(url: str) -> bytes:
        parts = urlsplit(url)
        return fetch(f"{web.base}/{parts.hostname}{parts.path}?{parts.query}", seconds=2).body

    return fetched


def config(*servers: str) -> bytes:
    return f"""<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="bottega.example"><domain>bottega.example</domain>
{"".join(servers)}</emailProvider></clientConfig>""".encode()


def server(kind: str, host: str, port: int, security: str = "SSL", user: str = "%EMAILADDRESS%") -> str:
    tag = "outgoingServer" if kind == "smtp" else "incomingServer"
    return (
        f'<{tag} type="{kind}"><hostname>{host}</hostname><port>{port}</port><socketType>{security}</socketType>'
        f"<username>{user}</username></{tag}>"
    )


# --- the table --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "imap", "smtp", "need"),
    [
        ("mario@pec.it", "imaps.pec.aruba.it:993", "smtps.pec.aruba.it:465", "app_password"),
        ("mario@aruba.it", "imaps.aruba.it:993", "smtps.aruba.it:465", ""),
        ("mario@tim.it", "imap.tim.it:143", "smtp.tim.it:587", ""),
        ("mario@alice.it", "in.alice.it:143", "out.alice.it:587", ""),
        ("mario@libero.it", "imapmail.libero.it:993", "smtp.libero.it:465", ""),
        ("mario@virgilio.it", "in.virgilio.it:993", "out.virgilio.it:465", ""),
        ("mario@tiscali.it", "imap.tiscali.it:993", "smtp.tiscali.it:465", ""),
        ("mario@legalmail.it", "mbox.cert.legalmail.it:993", "sendm.cert.legalmail.it:465", "user_id"),
        ("mario@postecert.it", "mail.postecert.it:993", "mail.postecert.it:465", ""),
        ("mario@gmail.com", "imap.gmail.com:993", "smtp.gmail.com:465", "app_password"),
        ("mario@hotmail.it", "outlook.office365.com:993", "smtp-mail.outlook.com:587", "sign_in"),
        ("mario@yahoo.it", "imap.mail.yahoo.com:993", "smtp.mail.yahoo.com:465", "app_password"),
        ("mario@icloud.com", "imap.mail.me.com:993", "smtp.mail.me.com:587", "app_password"),
        ("Mario@GMX.de", "imap.gmx.net:993", "mail.gmx.net:465", "imap_off"),
    ],
)
def test_a_known_provider_is_found_without_asking_anybody(address: str, imap: str, smtp: str, need: str) -> None:
    found = find(address, look=nothing, greet=yes)
    assert found.imap is not None
    assert found.smtp is not None
    assert (f"{found.imap.host}:{found.imap.port}", f"{found.smtp.host}:{found.smtp.port}") == (imap, smtp)
    assert (found.need, found.sure) == (need, True)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mx.aruba.it", "Aruba"),
        ("mx.pec.aruba.it.", "Aruba PEC"),
        ("aspmx.l.google.com", "Google"),
        ("bottega-example.mail.protection.outlook.com", "Microsoft 365"),
        ("hotmail-com.olc.protection.outlook.com", "Outlook.com"),
        ("mx1.mail.ovh.net", "OVH"),
        ("mx00.ionos.it", "IONOS"),
        ("in1-smtp.messagingengine.com", "Fastmail"),
        ("notaruba.it", None),
        ("aruba.it.attacker.example", None),
    ],
)
def test_a_host_that_takes_mail_names_its_provider_by_whole_labels(host: str, name: str | None) -> None:
    found = providers.by_mx(host)
    assert (found.name if found else None) == name


def test_every_line_of_the_table_is_usable() -> None:
    seen: set[str] = set()
    for one in providers.PROVIDERS:
        assert one.need == "closed" or (one.imap and one.smtp), one.name
        assert one.domains or one.mx, one.name
        assert not seen & set(one.domains), one.name
        seen |= set(one.domains)
        for each in one.servers("table"):
            assert host_of(each.host) == each.host
            assert each.security in {"tls", "starttls"}


def test_who_gives_no_imap_is_said_so_and_nothing_is_tried() -> None:
    found = find("mario@proton.me", look=nothing, greet=yes)
    assert (found.provider, found.need, found.imap, found.tried) == ("Proton Mail", "closed", None, ())


# --- Mozilla's form ---------------------------------------------------------------------------------------------


def test_a_published_configuration_is_read_in_its_order() -> None:
    body = config(
        server("pop3", "pop.bottega.example", 995),
        server("imap", "IMAP.bottega.example.", 993, user="%EMAILLOCALPART%"),
        server("imap", "imap.%EMAILDOMAIN%", 143, "STARTTLS"),
        server("smtp", "smtp.bottega.example", 465),
    )
    found, pop = autoconfig.read(body, ADDRESS)
    assert not pop
    assert [(one.protocol, one.host, one.port, one.security, one.user) for one in found] == [
        ("imap", "imap.bottega.example", 993, "tls", "info"),
        ("imap", "imap.bottega.example", 143, "starttls", ""),
        ("smtp", "smtp.bottega.example", 465, "tls", ""),
    ]


def test_pop_without_imap_is_noticed() -> None:
    body = config(server("pop3", "pop.bottega.example", 995), server("smtp", "smtp.bottega.example", 465))
    assert autoconfig.read(body, ADDRESS)[1]


BOMB = b'<?xml version="1.0"?><!DOCTYPE clientConfig [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
FILE = b'<?xml version="1.0"?><!DOCTYPE clientConfig [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Not found</body></html>",
        b"<clientConfig>",
        b"\x00\xff\xfe",
        BOMB + b"<clientConfig><x>&b;</x></clientConfig>",
        FILE + b"<clientConfig><x>&a;</x></clientConfig>",
    ],
)
def test_what_is_no_configuration_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="no autoconfiguration"):
        autoconfig.read(body, ADDRESS)


@pytest.mark.parametrize(
    "wrong",
    [
        server("imap", "", 993),
        server("imap", "imap bottega", 993),
        server("imap", "imap.bottega.example/../x", 993),
        server("imap", "imap.bottega.example", 0),
        server("imap", "imap.bottega.example", 70_000),
        server("imap", "imap.bottega.example", 993, "telepathy"),
        server("exchange", "owa.bottega.example", 443),
    ],
)
def test_a_server_that_makes_no_sense_is_left_out(wrong: str) -> None:
    assert autoconfig.read(config(wrong), ADDRESS) == ((), False)


# --- name servers -----------------------------------------------------------------------------------------------


def test_services_are_taken_in_the_order_of_their_priority(dns: NameServer) -> None:
    dns.tell("_imaps._tcp.srv.example", "SRV", "20 1 993 b.srv.example.", "10 1 9930 a.srv.example.")
    dns.tell("_imap._tcp.srv.example", "SRV", "0 0 0 .")
    dns.tell("_submission._tcp.srv.example", "SRV", "0 1 587 mail.elsewhere.example.")
    found = names.services("srv.example", dns.resolver())
    assert [(one.protocol, one.host, one.port, one.security, one.sure) for one in found] == [
        ("imap", "a.srv.example", 9930, "tls", True),
        ("imap", "b.srv.example", 993, "tls", True),
        ("smtp", "mail.elsewhere.example", 587, "starttls", False),
    ]


def test_a_name_server_that_is_silent_costs_only_its_time() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        import dns.resolver

        ask = dns.resolver.Resolver(configure=False)
        ask.nameservers, ask.port, ask.lifetime, ask.timeout = ["127.0.0.1"], deaf.getsockname()[1], 5, 5
        began = time.monotonic()
        found = find(ADDRESS, seconds=0.6, ask=ask, look=nothing, greet=lambda one: one.host == "mail.bottega.example")
        assert time.monotonic() - began < 2
    assert found.imap is not None
    assert (found.imap.host, found.imap.source) == ("mail.bottega.example", "guess")


# --- all together -----------------------------------------------------------------------------------------------


def test_what_the_domain_publishes_comes_before_what_its_name_servers_say(
    dns: NameServer, web: Loopback, look: Callable[[str], bytes]
) -> None:
    dns.tell("_imaps._tcp.bottega.example", "SRV", "0 1 993 srv.bottega.example.")
    dns.tell("_submissions._tcp.bottega.example", "SRV", "0 1 465 srv.bottega.example.")
    body = config(server("imap", "imap.bottega.example", 993))
    web.on("GET", "/autoconfig.bottega.example/mail/config-v1.1.xml", Reply(body=body))
    web.on("GET", "/bottega.example/.well-known/autoconfig/mail/config-v1.1.xml", Reply(404))
    found = find(ADDRESS, ask=dns.resolver(), look=look, greet=yes)
    assert found.imap is not None
    assert found.smtp is not None
    assert (found.imap.host, found.imap.source) == ("imap.bottega.example", "autoconfig")
    assert (found.smtp.host, found.smtp.source) == ("srv.bottega.example", "srv")
    assert {call.query["emailaddress"][0] for call in web.calls} == {ADDRESS}


def test_a_domain_of_its_own_at_a_large_provider_is_known_by_who_takes_its_mail(dns: NameServer) -> None:
    dns.tell("studio.example", "MX", "10 mx.aruba.it.")
    found = find("anna@studio.example", ask=dns.resolver(), look=nothing, greet=yes)
    assert (found.provider, found.sure) == ("Aruba", True)
    assert found.imap is not None
    assert found.imap.host == "imaps.aruba.it"


def test_pop_only_is_said_where_nothing_names_imap(
    dns: NameServer, web: Loopback, look: Callable[[str], bytes]
) -> None:
    web.on(
        "GET",
        "/autoconfig.old.example/mail/config-v1.1.xml",
        Reply(body=config(server("pop3", "pop.old.example", 995))),
    )
    web.on("GET", "/old.example/.well-known/autoconfig/mail/config-v1.1.xml", Reply(404))
    found = find("info@old.example", ask=dns.resolver(), look=look, greet=yes)
    assert (found.pop, found.imap) == (True, None)


def test_where_nobody_answers_every_name_that_was_tried_is_told(dns: NameServer) -> None:
    found = find("info@nowhere.example", ask=dns.resolver(), look=nothing, greet=lambda _server: False)
    assert found == Found("info@nowhere.example", tried=guesses("nowhere.example"))


# --- what answers -----------------------------------------------------------------------------------------------


def test_a_server_greets_with_a_certificate_that_can_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssl

    made = authority(tmp_path)
    trust = ssl.create_default_context(cafile=str(made.ca_file))
    with mail_sink(made.server(), implicit=True) as sink:
        there = Server("smtp", "localhost", sink.port, "tls")
        assert not greets(there, context=trust), "an address inside the house, and nobody allowed it"
        monkeypatch.setenv("FETCH_ALLOW", "127.0.0.0/8 ::1")
        assert greets(there, context=trust)
        assert not greets(there), "nobody vouches for this certificate"
        assert not greets(Server("imap", "localhost", sink.port, "tls"), context=trust), "that is no IMAP"
    assert not greets(there, context=trust), "nobody listens there any more"


def test_a_search_gives_what_a_channel_takes() -> None:
    found = find("mario@libero.it", look=nothing, greet=yes)
    assert found.imap is not None
    assert found.smtp is not None
    made = EmailConfig.model_validate({"address": found.address, **found.imap.settings, **found.smtp.settings})
    assert (made.imap_host, made.imap_port, made.imap_security) == ("imapmail.libero.it", 993, "tls")
    assert (made.smtp_host, made.smtp_port, made.smtp_security) == ("smtp.libero.it", 465, "tls")
