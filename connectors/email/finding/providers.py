"""The providers that most mailboxes live with: by the address's domain, or by the host that takes the domain's mail."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.email.config import Security
from connectors.email.finding.servers import Need, Server, Source

__all__ = ["PROVIDERS", "Provider", "by_domain", "by_mx"]

Line = tuple[str, int, Security]


@dataclass(frozen=True)
class Provider:
    """One provider. ``domains`` are those of its addresses, ``mx`` the ends of the names of hosts that take mail for
    its customers' own domains. Several ``imap`` lines are tried in turn."""

    name: str
    imap: tuple[Line, ...]
    smtp: tuple[Line, ...]
    domains: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    need: Need = ""

    def servers(self, source: Source) -> tuple[Server, ...]:
        """Its servers as a search gives them."""
        return (
            *(Server("imap", host, port, security, source) for host, port, security in self.imap),
            *(Server("smtp", host, port, security, source) for host, port, security in self.smtp),
        )


def _tls(*hosts: str, port: int) -> tuple[Line, ...]:
    return tuple((host, port, "tls") for host in hosts)


def _usual(
    name: str,
    imap: str,
    smtp: str,
    *,
    domains: tuple[str, ...] = (),
    mx: tuple[str, ...] = (),
    need: Need = "",
) -> Provider:
    """IMAP by TLS on 993, SMTP by TLS on 465."""
    return Provider(name, _tls(imap, port=993), _tls(smtp, port=465), domains, mx, need)


def _starttls(host: str, port: int = 587) -> tuple[Line, ...]:
    return ((host, port, "starttls"),)


#: The longer ends of an MX name stand first where one is part of another (Aruba's certified mail before its mail).
PROVIDERS: tuple[Provider, ...] = (
    # mail in Italy
    _usual("Aruba PEC", "imaps.pec.aruba.it", "smtps.pec.aruba.it", domains=("pec.it", "arubapec.it"),
           mx=("pec.aruba.it",), need="app_password"),
    _usual("Aruba", "imaps.aruba.it", "smtps.aruba.it", domains=("aruba.it",), mx=("aruba.it",)),
    Provider("Register.it", _tls("imap.securemail.pro", "pop.securemail.pro", port=993),
             _tls("authsmtp.securemail.pro", port=465), mx=("securemail.pro",)),
    Provider("TIM", _starttls("imap.tim.it", 143), _starttls("smtp.tim.it"), domains=("tim.it",)),
    Provider("Alice", _starttls("in.alice.it", 143), _starttls("out.alice.it"), domains=("alice.it",)),
    _usual("Libero", "imapmail.libero.it", "smtp.libero.it",
           domains=("libero.it", "iol.it", "blu.it", "inwind.it", "giallo.it")),
    _usual("Virgilio", "in.virgilio.it", "out.virgilio.it", domains=("virgilio.it",)),
    _usual("Tiscali", "imap.tiscali.it", "smtp.tiscali.it", domains=("tiscali.it",)),
    Provider("Fastweb", _tls("imap.fastwebnet.it", port=993), _starttls("smtp.fastwebnet.it"),
             domains=("fastwebnet.it",)),
    # certified mail in Italy
    _usual("Legalmail", "mbox.cert.legalmail.it", "sendm.cert.legalmail.it", domains=("legalmail.it",),
           mx=("legalmail.it",), need="user_id"),
    _usual("PosteCert", "mail.postecert.it", "mail.postecert.it", domains=("postecert.it",), mx=("postecert.it",)),
    _usual("Namirial", "imaps.sicurezzapostale.it", "smtps.sicurezzapostale.it", domains=("sicurezzapostale.it",),
           mx=("sicurezzapostale.it",)),
    # the rest of the world
    _usual("Google", "imap.gmail.com", "smtp.gmail.com", domains=("gmail.com", "googlemail.com"),
           mx=("google.com", "googlemail.com"), need="app_password"),
    Provider("Microsoft 365", _tls("outlook.office365.com", port=993), _starttls("smtp.office365.com"),
             mx=("mail.protection.outlook.com", "mx.microsoft"), need="sign_in"),
    Provider("Outlook.com", _tls("outlook.office365.com", port=993), _starttls("smtp-mail.outlook.com"),
             domains=("outlook.com", "outlook.it", "hotmail.com", "hotmail.it", "live.com", "live.it", "msn.com"),
             mx=("olc.protection.outlook.com",), need="sign_in"),
    _usual("Yahoo", "imap.mail.yahoo.com", "smtp.mail.yahoo.com",
           domains=("yahoo.com", "yahoo.it", "yahoo.fr", "yahoo.de", "yahoo.es", "yahoo.co.uk", "ymail.com"),
           mx=("yahoodns.net",), need="app_password"),
    _usual("AOL", "imap.aol.com", "smtp.aol.com", domains=("aol.com", "aol.it"), need="app_password"),
    Provider("iCloud", _tls("imap.mail.me.com", port=993), _starttls("smtp.mail.me.com"),
             domains=("icloud.com", "me.com", "mac.com"), mx=("icloud.com",), need="app_password"),
    _usual("Fastmail", "imap.fastmail.com", "smtp.fastmail.com", domains=("fastmail.com", "fastmail.fm"),
           mx=("messagingengine.com",), need="app_password"),
    _usual("GMX", "imap.gmx.net", "mail.gmx.net", domains=("gmx.net", "gmx.de", "gmx.at", "gmx.ch"), need="imap_off"),
    _usual("GMX", "imap.gmx.com", "mail.gmx.com", domains=("gmx.com", "gmx.fr", "gmx.es", "gmx.co.uk"),
           need="imap_off"),
    Provider("WEB.DE", _tls("imap.web.de", port=993), _starttls("smtp.web.de"), domains=("web.de",), need="imap_off"),
    _usual("OVH", "ssl0.ovh.net", "ssl0.ovh.net", mx=("ovh.net",)),
    _usual("IONOS", "imap.ionos.it", "smtp.ionos.it", mx=("ionos.it",)),
    _usual("IONOS", "imap.ionos.de", "smtp.ionos.de", mx=("kundenserver.de", "ionos.de")),
    _usual("IONOS", "imap.ionos.com", "smtp.ionos.com", mx=("ionos.com",)),
    _usual("IONOS", "imap.ionos.fr", "smtp.ionos.fr", mx=("ionos.fr",)),
    _usual("IONOS", "imap.ionos.es", "smtp.ionos.es", mx=("ionos.es",)),
    _usual("IONOS", "imap.ionos.co.uk", "smtp.ionos.co.uk", mx=("ionos.co.uk",)),
    _usual("Zoho", "imap.zoho.eu", "smtp.zoho.eu", domains=("zoho.eu",), mx=("zoho.eu",), need="app_password"),
    _usual("Infomaniak", "mail.infomaniak.com", "mail.infomaniak.com", mx=("infomaniak.ch",)),
    _usual("Gandi", "mail.gandi.net", "mail.gandi.net", mx=("mail.gandi.net",)),
    _usual("Hostinger", "imap.hostinger.com", "smtp.hostinger.com", mx=("hostinger.com",)),
    Provider("Proton Mail", (), (), domains=("proton.me", "protonmail.com", "pm.me"), mx=("protonmail.ch",),
             need="closed"),
    Provider("Tuta", (), (), domains=("tuta.com", "tutanota.com", "tuta.io"), mx=("tutanota.de",), need="closed"),
)  # fmt: skip


def by_domain(domain: str) -> Provider | None:
    """The provider whose addresses end in this domain."""
    return next((one for one in PROVIDERS if domain in one.domains), None)


def by_mx(host: str) -> Provider | None:
    """The provider that this host takes mail for; the longest end of its name decides."""
    labels = host.rstrip(".").lower().split(".")
    for start in range(len(labels)):
        end = ".".join(labels[start:])
        found = next((one for one in PROVIDERS if end in one.mx), None)
        if found is not None:
            return found
    return None
