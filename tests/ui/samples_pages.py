"""The same invented hosting company on every page outside the inbox, as the values that the templates take."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal as D  # noqa: N817 - money fills this file

from inbox.reading import pages
from tests.ui.samples import DAY, NOW, at, giulia, luca, marco, sara

nav = pages.SettingsNav(
    ("general", "channels", "teams", "canned", "reasons", "people", "costs", "journal", "audit"), quarantined=3, demo=True
)
languages = (pages.Choice("en", "English"), pages.Choice("it", "Italiano"))
zones = (
    pages.Choice("Europe/Rome", "Europe/Rome (09:32)"),
    pages.Choice("Europe/London", "Europe/London (08:32)"),
    pages.Choice("America/New_York", "America/New_York (03:32)"),
)
kinds = (
    pages.ChannelKind("email", "IMAP and SMTP", "A mailbox by IMAP and SMTP"),
    pages.ChannelKind("chat", "Web chat", "One line for your site"),
    pages.ChannelKind("sms", "Twilio", "A number at Twilio"),
    pages.ChannelKind("telegram", "Telegram bot", "A bot's token"),
    pages.ChannelKind("messenger", "Facebook Messenger", "A Facebook page"),
)

# --- before the desk ---------------------------------------------------------------------------------------------

login = pages.LoginPage("Cirro Hosting")
login_failed = pages.LoginPage(
    "Cirro Hosting",
    pages.Form({"email": "luca@cirro.example"}, {"": "Email or password is wrong. Three tries are left."}),
    demo=(
        pages.DemoAccount("Luca Moretti", "luca@cirro.example", "prova-ponte"),
        pages.DemoAccount("Giulia Ferri", "giulia@cirro.example", "prova-ponte"),
    ),
)
setup_business = pages.SetupPage("business", needs_code=True, languages=languages, zones=zones)
setup_business_failed = replace(
    setup_business,
    form=pages.Form(
        {"name": "", "language": "it", "timezone": "Europe/Rome"},
        {"name": "Write the name of your business.", "code": "This is not the code in the terminal."},
    ),
)
setup_admin = pages.SetupPage("admin", business="Cirro Hosting")
setup_channel = pages.SetupPage("channel", kinds=kinds, business="Cirro Hosting", admin="Luca Moretti")

# --- settings ----------------------------------------------------------------------------------------------------

index = pages.SettingsIndex(nav)
general = pages.GeneralPage(
    nav,
    pages.Form({"name": "Cirro Hosting", "language": "it", "timezone": "Europe/Rome", "close_after_d": "7"}),
    languages,
    zones,
    public_url="https://desk.cirro.example",
    demo_tickets=41,
)
email = pages.ChannelRow(
    "c-email", "email", "Assistenza", "assistenza@cirro.example", "IMAP and SMTP", "ok", "", 46, at("09:30")
)
telegram = pages.ChannelRow(
    "c-telegram", "telegram", "@CirroSupportBot", "@CirroSupportBot", "Telegram bot", "bad",
    "Telegram answered 401: the token is no longer valid.", 0, at("18:10", 1),
)  # fmt: skip
channels = pages.ChannelsPage(
    nav,
    (
        email,
        pages.ChannelRow("c-chat", "chat", "Sito cirro.example", "cirro.example", "Web chat", "ok", "", 22, at("09:31")),
        pages.ChannelRow("c-sms", "sms", "SMS", "+44 7700 900103", "Twilio", "warn", "2 signatures refused", 7, at("08:30"), 3),
        telegram,
        pages.ChannelRow("c-page", "messenger", "Cirro Hosting", "", "Facebook Messenger", "new"),
    ),
    kinds,
)
SCHEMA = {
    "properties": {
        "account_sid": {
            "title": "Account SID", "type": "string", "description": "On the first page of the Twilio console. Begins with AC.",
        },
        "auth_token": {
            "title": "Auth token", "type": "string", "format": "password", "writeOnly": True,
            "description": "Beside the Account SID.",
        },
        "number": {"title": "Your number", "type": "string", "placeholder": "+44 7700 900103"},
        "region": {"title": "Region", "enum": ["us1", "ie1"], "default": "us1", "labels": {"us1": "United States", "ie1": "Ireland"}},
        "backfill": {"title": "Fetch what was missed", "type": "boolean", "default": True},
        "senders": {"title": "Further senders", "type": "array", "items": {"type": "string"}, "advanced": True},
        "api_base": {"title": "Address of the API", "type": "string", "format": "uri", "default": "https://api.twilio.com", "advanced": True},
    },
    "required": ["account_sid", "auth_token", "number"],
}  # fmt: skip
new_sms = pages.ChannelPage(nav, kinds[2], "account", pages.config_fields(SCHEMA), wizard=True)
sms = pages.ChannelRow("c-sms", "sms", "SMS", "+44 7700 900103", "Twilio", "ok", "", 7, at("08:30"))
edit_sms = pages.ChannelPage(
    nav,
    kinds[2],
    "account",
    pages.config_fields(
        SCHEMA, {"account_sid": "AC0000000000000000000000000000cafe", "number": "+44 77"}, stored=frozenset({"auth_token"})
    ),
    pages.Form(errors={"config.number": "Write the number with its country: +44 7700 900103."}),
    sms,
    checks=(pages.Check("ok", "Twilio accepts the keys", "account Cirro Hosting"),),
)
connect_sms = pages.ChannelPage(
    nav,
    kinds[2],
    "connect",
    channel=sms,
    wizard=True,
    public=True,
    hooks=(
        pages.Hook(
            "A message comes in", "https://desk.cirro.example/hooks/sms/7f2c90aa41e04c7c#rc=5&rp=all",
            "Twilio console, Phone numbers, your number, Messaging. The end of the address makes Twilio try again.",
        ),
        pages.Hook("Verify token", "pnt_3k9v8d7f6s5w2xq", secret=True),
    ),
    checks=(
        pages.Check("ok", "Twilio accepts the keys", "account Cirro Hosting"),
        pages.Check("ok", "This server has a public HTTPS address", "desk.cirro.example"),
        pages.Check("waiting", "Waiting for the first message", "write “ciao” to +44 7700 900103"),
        pages.Check("todo", "The first answer left"),
    ),
)  # fmt: skip
connect_chat = pages.ChannelPage(
    nav,
    kinds[1],
    "connect",
    channel=replace(channels.channels[1]),
    snippet='<script async src="https://desk.cirro.example/widget.js" data-site="7f2c90aa41e04c7c"></script>',
    site="7f2c90aa41e04c7c",
)
test_telegram = pages.ChannelPage(
    nav,
    kinds[3],
    "test",
    channel=telegram,
    checks=(
        pages.Check("bad", "Telegram does not accept the token", "401 Unauthorized. Ask @BotFather for a new one."),
        pages.Check("todo", "The webhook is set"),
    ),
    open_tickets=6,
)
routing_email = pages.ChannelPage(
    nav,
    kinds[0],
    "routing",
    form=pages.Form({"team": "team-hosting", "import_from": "days", "import_days": "30"}),
    channel=email,
    teams=(pages.Choice("team-hosting", "Hosting"), pages.Choice("team-billing", "Amministrazione")),
    imports=True,
)
team_choices = (pages.Choice("team-hosting", "Hosting"), pages.Choice("team-billing", "Amministrazione"))
people = pages.PeoplePage(
    nav,
    (
        pages.PersonRow(luca, "luca@cirro.example", "admin", ("Hosting",), ("team-hosting",), last_seen=NOW, is_me=True),
        pages.PersonRow(giulia, "giulia@cirro.example", "supervisor", ("Hosting", "Amministrazione"), ("team-hosting", "team-billing"), last_seen=at("09:20")),
        pages.PersonRow(marco, "marco@cirro.example", "agent", ("Hosting",), ("team-hosting",), last_seen=at("17:55", 1)),
        pages.PersonRow(sara, "sara@cirro.example", "agent", (), (), active=False, last_seen=at("12:00", 40)),
    ),
    team_choices,
    pages.Form({"name": "Elena Riva", "email": "elena@cirro", "role": "agent"}, {"email": "Write a whole address, like elena@cirro.example."}),
    editing=marco.id,
)  # fmt: skip
teams = pages.TeamsPage(
    nav,
    (
        pages.TeamRow("team-hosting", "Hosting", members=(luca, giulia, marco), open_tickets=21),
        pages.TeamRow("team-billing", "Amministrazione", private=True, members=(giulia,), open_tickets=8),
    ),
    (luca, giulia, marco, sara),
    editing="team-billing",
)
canned = pages.CannedPage(
    nav,
    (
        pages.CannedRow(1, "saluti", "Ciao {first_name}, grazie per averci scritto. Controllo e ti rispondo tra poco."),
        pages.CannedRow(2, "epp", "Il codice EPP si trova nel pannello, sezione Domini, voce Trasferimento."),
    ),
    ("{first_name}", "{name}", "{agent}", "{number}"),
    editing=2,
    edit=pages.Form({"name": "epp", "text": ""}, {"text": "Write the text of the answer."}),
)
reasons = pages.ReasonsPage(
    nav,
    (pages.ReasonRow(1, "Fatturazione", 112), pages.ReasonRow(2, "Dominio e DNS", 88), pages.ReasonRow(3, "Sito lento", 1)),
    (pages.TagRow("ssl", 31), pages.TagRow("pec", 12), pages.TagRow("urgente", 4)),
    pages.Form({"name": "Dominio e DNS"}, {"name": "This reason is there already."}),
)
costs = pages.CostsPage(
    nav,
    "EUR",
    (pages.Choice("EUR", "EUR · Euro"), pages.Choice("GBP", "GBP · Pound")),
    (
        pages.RateRow(None, D("24.00"), dt.date(2026, 3, 1), current=True),
        pages.RateRow(giulia, D("28.50"), dt.date(2026, 9, 1), current=True),
        pages.RateRow(None, D("25.00"), dt.date(2027, 1, 1)),
        pages.RateRow(None, D("22.00"), dt.date(2025, 1, 1)),
    ),
    (
        pages.FeeRow("SMS", "sms", D("1.15"), dt.date(2026, 1, 1), current=True),
        pages.FeeRow(None, None, D("19.00"), dt.date(2026, 1, 1), current=True),
    ),
    tuple(pages.Choice(each.id, each.name) for each in (luca, giulia, marco)),
    (pages.Choice("c-email", "Assistenza"), pages.Choice("c-sms", "SMS")),
    DAY,
    pages.Form({"per_hour": "abc", "since": "2026-11-21"}, {"per_hour": "Write an amount like 24.00."}),
)
costs_empty = replace(costs, rates=(), fees=(), rate=pages.Form())
journal = pages.JournalPage(
    nav,
    (
        pages.LedgerRow("Assistenza", "email", DAY, 47, 1, 38, 2, 1, 1, {"loop": 3, "empty": 1}),
        pages.LedgerRow("SMS", "sms", DAY, 19, 0, 7, 10, 0, 2, {}),
        pages.LedgerRow("Sito cirro.example", "chat", DAY, 22, 0, 22, 0, 0, 0),
        pages.LedgerRow("Assistenza", "email", DAY - dt.timedelta(days=1), 61, 0, 58, 2, 1, 0),
    ),
    (
        pages.JournalRow(9120, "SMS", "sms", at("09:12"), 412, (pages.JournalItem(0, "quarantined", "signature"),), True, "POST /hooks/sms: Buongiorno, siete aperti sabato?"),
        pages.JournalRow(9119, "Assistenza", "email", at("09:11"), 48_213, (pages.JournalItem(0, "message", "", "<a1@studio.example>", 4821),), False, "Sito offline dopo la migrazione"),
        pages.JournalRow(
            9118, "Assistenza", "email", at("09:02"), 3_400_000,
            (pages.JournalItem(0, "quarantined", "LookupError: unknown encoding: x-mac-oddity", "<oddity@mailer.example>"), pages.JournalItem(1, "duplicate", "", "<a1@studio.example>", 4821)),
            True, "Fattura 2026/1183",
        ),
        pages.JournalRow(9117, "Assistenza", "email", at("08:58"), 9_120, (), False, "Conferma di lettura"),
    ),
    (pages.Choice("c-email", "Assistenza"), pages.Choice("c-sms", "SMS")),
    outcome="quarantined",
    older="9117",
)  # fmt: skip
audit = pages.AuditPage(
    nav,
    (
        pages.AuditRow(at("09:14"), "Luca Moretti", "rate.set", "", (pages.Change("per_hour", "22.00", "24.00"), pages.Change("since", None, "2026-03-01")), "192.0.2.14"),
        pages.AuditRow(at("09:02"), "Luca Moretti", "channel.update", "SMS", (pages.Change("auth_token", None, None),), "192.0.2.14"),
        pages.AuditRow(at("18:40", 1), "", "agent.create", "Elena Riva"),
    ),
    older="120",
)  # fmt: skip


# --- the board ---------------------------------------------------------------------------------------------------


def card(number: int, kind: str, customer: str, subject: str, waits: str = "", state: str = "", **more: object) -> pages.BoardCard:
    """A ticket on the board, waiting since that time of the morning."""
    since = at(waits) if waits else None
    return pages.BoardCard(number, customer, subject, kind, state, since, **more)  # type: ignore[arg-type]


elena = replace(marco, id="agent-elena", name="Elena Riva", state="away")
lanes = (
    pages.Lane(giulia, (
        card(4830, "email", "Silvia Neri", "Come cambio la password?", "06:40", "soon"),
        card(4811, "chat", "Bruno Esposito", "Rinnovo dominio bresciabike.example", "09:05"),
        card(4807, "sms", "+44 7700 900177", "Codice EPP per trasferimento"),
        card(4799, "email", "Enoteca Lario", "Newsletter finita nello spam"),
    ), 4, 0, 1, 14),
    pages.Lane(luca, (
        card(4821, "chat", "Chiara Lombardi", "Sito offline dopo la migrazione", "06:58", "soon", priority="urgent"),
        card(4818, "telegram", "Fabio Marchetti", "Cambio PHP 8.1 → 8.4"),
        card(4816, "email", "Anna Weiss", "SSL certificate for subdomain", "08:40"),
        card(4812, "email", "Paolo Ricci", "Casella piena: più spazio?", failed=True),
        card(4803, "messenger", "Gianni Serra", "Backup del 14 novembre"),
        card(4800, "chat", "Teatro Olmo", "Cambio registrante dominio", "09:10"),
    ), 6, 0, 1, 11),
    pages.Lane(marco, (
        card(4815, "messenger", "Nadia Costa", "Il modulo contatti non invia", "08:20"),
        card(4814, "email", "Autoscuola Prealpi", "Spostare 14 caselle IMAP", "08:31"),
        card(4795, "messenger", "Rita Bruni", "Fattura doppia?"),
    ), 3, 0, 0, 9),
    pages.Lane(replace(sara, state="online"), (
        card(4790, "email", "Hotel Belvedere", "Addebito non riconosciuto", "04:50", "late"),
        card(4809, "chat", "Tommaso Greco", "IVA su rinnovo annuale", "06:50", "soon"),
        card(4808, "telegram", "Pasticceria Lodi", "Codice destinatario SDI", "07:02", "soon"),
        card(4806, "email", "Agriturismo Tre Noci", "Fattura 2026/1183 non ricevuta", "08:12"),
        card(4802, "messenger", "Ottica Sole", "Preventivo e-commerce"),
        card(4801, "sms", "Roberta Sala", "Sollecito fattura 988"),
    ), 8, 1, 2, 16, more=2),
    pages.Lane(elena, (), 0, done_today=7),
)  # fmt: skip
unassigned = pages.Lane(
    None,
    (
        card(4832, "sms", "+44 7700 900188", "Siete aperti sabato?", "04:40", "late"),
        card(4831, "email", "Laura Pini", "PEC: attivazione casella certificata", "06:30", "soon"),
        card(4833, "telegram", "Oreficeria Duomo", "Quanto costa un sito vetrina?", "08:54"),
        card(4834, "messenger", "Marta Vitali", "", "09:21"),
    ),
    4, 1, 1, 0, at("04:40"),
)  # fmt: skip
board = pages.Board(
    pages.BoardFigures(15, 4, at("04:40"), "sms", 2, 5, 3, 5, 64, 71, 1),
    unassigned,
    lanes,
    team_choices,
    NOW,
    4 * 3600,
)
board_moving = replace(board, moving=unassigned.cards[0])
board_empty = replace(
    board,
    figures=pages.BoardFigures(0, 0, None, "", 0, 0, 0, 0, 0, 0),
    unassigned=pages.Lane(None, (), 0),
    lanes=(),
)

# --- reports -----------------------------------------------------------------------------------------------------


def figures(label: str, kind: str | None, inbound: int, fcr: tuple[int, int], aht: int, cost: tuple[str, str, str]) -> pages.Figures:
    """A row whose other numbers follow from these."""
    k, n = fcr
    rate = k / n if n else None
    parts_of = [D(each) for each in cost]
    return pages.Figures(
        label, kind, inbound, inbound - 3, 2 if inbound > 100 else 0, inbound - 5, aht * 600, aht * 4_100,
        n, k, rate, rate - 0.06 if rate else None, min(rate + 0.05, 1) if rate else None, 6, inbound - 9, aht * 1000.0,
        parts_of[0], parts_of[1], parts_of[2], sum(parts_of, D(0)), sum(parts_of, D(0)) * D("1.24"),
        rate - 0.04 if rate else None, 4,
    )  # fmt: skip


WEEKS = [dt.date(2026, 8, 31) + dt.timedelta(weeks=n) for n in range(12)]
RATES = [0.73, 0.72, 0.74, 0.75, 0.75, 0.77, 0.76, 0.78, 0.79, 0.77, 0.80, None]
rows = (
    figures("", "email", 512, (318, 455), 842, ("5.61", "0", "0.08")),
    figures("", "chat", 261, (210, 240), 401, ("2.67", "0", "0.01")),
    figures("", "sms", 96, (66, 84), 330, ("2.20", "0.92", "0.04")),
    figures("", "telegram", 74, (55, 69), 432, ("2.88", "0", "0")),
    figures("", "messenger", 41, (5, 7), 492, ("3.28", "0", "0")),
)
HEAT = tuple(
    tuple(max(0, round((24 - abs(hour - 10.5) * 2.6 if hour < 14 else 20 - abs(hour - 16) * 3) * (1 if day < 5 else 0.3))) if 7 <= hour <= 21 else 0 for hour in range(24))
    for day in range(7)
)  # fmt: skip
period = pages.Period(
    dt.date(2026, 8, 31), dt.date(2026, 11, 23), dt.date(2026, 6, 8), dt.date(2026, 8, 31), "12w", provisional=True
)
reports = pages.ReportsPage(
    period,
    "channel",
    "EUR",
    "Europe/Rome",
    (
        pages.Kpi("inbound", 984, 984, previous=921, spark=(71, 80, 78, 84, 79, 88, 90, 85, 82, 91, 80, 76)),
        pages.Kpi("frt", 370_000, 951, previous=345_000, spark=(340, 352, 338, 350, 362, 344, 366, 371, 365, 380, 377, 390)),
        pages.Kpi("fcr", 0.764, 855, 654, 0.735, 0.791, 0.726, 31, tuple(RATES)),
        pages.Kpi("aht", 616_000, 930, previous=681_000, spark=(700, 690, 684, 660, 664, 650, 645, 640, 622, 626, 611, 605)),
        pages.Kpi("cost", D("4.38"), 968, previous=D("4.79"), spark=(4.9, 4.8, 4.85, 4.7, 4.66, 4.6, 4.61, 4.5, 4.4, 4.42, 4.31, 4.3)),
    ),
    rows,
    tuple(pages.Bucket(week, 70 + n * 13 % 29, 66 + n * 17 % 31) for n, week in enumerate(WEEKS)),
    tuple(pages.WeekPoint(week, 70 if rate else 0, rate, (rate or 0.79) - 0.035) for week, rate in zip(WEEKS, RATES, strict=True)),
    HEAT,
    NOW,
    has_rate=True,
    presets=(
        ("7d", DAY - dt.timedelta(days=7), DAY), ("30d", DAY - dt.timedelta(days=30), DAY), ("12w", period.start, period.end),
        ("month", dt.date(2026, 11, 1), dt.date(2026, 12, 1)), ("last_month", dt.date(2026, 10, 1), dt.date(2026, 11, 1)),
    ),
    rate_per_hour=D("24.00"),
    may_set_costs=True,
    seq=48_211,
)  # fmt: skip
reports_no_rate = replace(
    reports,
    has_rate=False,
    rate_per_hour=None,
    kpis=(*reports.kpis[:4], pages.Kpi("cost", None, 0, missing="rate")),
    rows=tuple(replace(row, cost_labour=None, cost_total=None, per_resolution=None) for row in rows),
)
reports_empty = replace(
    reports,
    kpis=tuple(pages.Kpi(each.key, None, 0, missing="data") for each in reports.kpis),
    rows=(),
    volume=(),
    weeks=(),
    heat=(),
)
reports_by_reason = replace(
    reports,
    by="reason",
    rows=(
        figures("Fatturazione", None, 402, (300, 360), 512, ("3.41", "0.04", "0")),
        figures("Dominio e DNS, trasferimenti compresi", None, 311, (180, 270), 905, ("6.03", "0.02", "0")),
        figures("", None, 60, (0, 0), 300, ("2.00", "0", "0")),
    ),
)

# --- the widget --------------------------------------------------------------------------------------------------

frame = pages.WidgetFrame("7f2c90aa41e04c7c", "Bottega Ventura", "#b98a52", "it", "Ciao! Come possiamo aiutarti?", online=True)
widget_try = pages.WidgetTry("7f2c90aa41e04c7c", "Bottega Ventura", "#7a4a22", "it", connect_chat.snippet)
