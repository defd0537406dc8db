"""The invented company before the desk, in its settings and in its chat, as the values that the templates take."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal as D  # noqa: N817 - money fills this file

from connectors.chat import ChatConfig
from connectors.email import EmailConfig
from inbox.actions.agreements import Agreement
from inbox.reading import pages, parts
from inbox.reading.fields import FieldRow, FieldsPage
from inbox.reading.pages.settings import ChannelStep, TrialPart
from tests.ui.samples import DAY, NOW, at, giulia, luca, marco, sara, thread

nav = pages.SettingsNav(
    (
        *("general", "channels", "teams", "canned", "macros", "reasons", "fields", "people", "promises", "routing"),
        *("costs", "rules", "surveys", "journal", "audit"),
    ),
    quarantined=3,
    demo=True,
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
setup_hours = pages.SetupPage(
    "hours",
    pages.Form(
        {"week-mon": "9-13, 15:00-19:00", "week-tue": "morning", "italy": "on"},
        {"tue": "«morning» non è un orario: scrivi 09:00-13:00."},
    ),
    business="Cirro Hosting",
    admin="Luca Moretti",
    closed="Grazie per averci scritto. Adesso siamo chiusi e leggeremo il messaggio alla riapertura: lunedì 09:00.\n\n"
    "La richiesta ha il numero #4821.\nCirro Hosting",
)
setup_team = pages.SetupPage(
    "team",
    pages.Form({"name-0": "Giulia Ferri", "email-0": "giulia@cirro"}, {"email-0": "Scrivi un indirizzo completo."}),
    business="Cirro Hosting",
    admin="Luca Moretti",
    colleagues=2,
)
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
agreed = ("works_council", "2026-02-03", "Accordo RSA 12/2026, cartella personale")
general_agreed = replace(
    general,
    agreement=Agreement(*agreed),
    agreements=(
        pages.AgreementRow(at("09:12"), "Luca Moretti", True, *agreed),
        pages.AgreementRow(at("08:40"), "", False),
    ),
)
email = pages.ChannelRow(
    "c-email",
    "email",
    "Assistenza",
    "assistenza@cirro.example",
    "IMAP and SMTP",
    "ok",
    "",
    46,
    at("09:30"),
    looked_at=at("09:31"),
    proof="ok",
    proved_at=at("09:28"),
)
telegram = pages.ChannelRow(
    "c-telegram",
    "telegram",
    "@CirroSupportBot",
    "@CirroSupportBot",
    "Telegram bot",
    "bad",
    "Telegram answered 401: the token is no longer valid.",
    0,
    at("18:10", 1),
    queue=3,
    oldest_unsent=at("18:12", 1),
)
channels = pages.ChannelsPage(
    nav,
    (
        email,
        pages.ChannelRow(
            "c-chat", "chat", "Sito cirro.example", "cirro.example", "Web chat", "ok", "", 22, at("09:31")
        ),
        pages.ChannelRow(
            "c-sms", "sms", "SMS", "+44 7700 900103", "Twilio", "warn", "2 signatures refused", 7, at("08:30"), 3
        ),
        telegram,
        pages.ChannelRow("c-page", "messenger", "Cirro Hosting", "", "Facebook Messenger", "new"),
    ),
    kinds,
)
SCHEMA = {
    "properties": {
        "account_sid": {
            "title": "Account SID",
            "type": "string",
            "description": "On the first page of the Twilio console. Begins with AC.",
        },
        "auth_token": {
            "title": "Auth token",
            "type": "string",
            "format": "password",
            "writeOnly": True,
            "description": "Beside the Account SID.",
        },
        "number": {"title": "Your number", "type": "string", "placeholder": "+44 7700 900103"},
        "region": {
            "title": "Region",
            "enum": ["us1", "ie1"],
            "default": "us1",
            "labels": {"us1": "United States", "ie1": "Ireland"},
        },
        "backfill": {"title": "Fetch what was missed", "type": "boolean", "default": True},
        "senders": {"title": "Further senders", "type": "array", "items": {"type": "string"}, "advanced": True},
        "api_base": {
            "title": "Address of the API",
            "type": "string",
            "format": "uri",
            "default": "https://api.twilio.com",
            "advanced": True,
        },
    },
    "required": ["account_sid", "auth_token", "number"],
}
new_sms = pages.ChannelPage(nav, kinds[2], "account", pages.config_fields(SCHEMA), wizard=True)
sms = pages.ChannelRow("c-sms", "sms", "SMS", "+44 7700 900103", "Twilio", "ok", "", 7, at("08:30"))
edit_sms = pages.ChannelPage(
    nav,
    kinds[2],
    "account",
    pages.config_fields(
        SCHEMA,
        {"account_sid": "AC0000000000000000000000000000cafe", "number": "+44 77"},
        stored=frozenset({"auth_token"}),
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
            "A message comes in",
            "https://desk.cirro.example/hooks/sms/7f2c90aa41e04c7c#rc=5&rp=all",
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
)
MAILBOX: tuple[ChannelStep, ...] = ("account", "test", "routing")
import_changes = pages.ImportPage(
    nav, "sportello: 1", (("desk.close_after_d", "7", "9"), ("teams.Magazzino", "", "{private: false}"))
)
import_faults = pages.ImportPage(
    nav, "", (), ((7, "desk.timezone", "«Mars/Base» non è un fuso orario: scrivilo come Europe/Rome."),)
)
index_found = pages.SettingsIndex(
    nav,
    "imap",
    (
        pages.SettingHit("channels", "Server IMAP", "Da dove si scarica la posta.", "#", "email"),
        pages.SettingHit("general", "Indirizzo pubblico", "Dove i fornitori raggiungono Sportello.", "#"),
    ),
)
new_mailbox = pages.ChannelPage(
    nav, kinds[0], "account", pages.config_fields(EmailConfig.model_json_schema()), wizard=True, steps=MAILBOX
)
trial_mailbox = pages.ChannelPage(
    nav,
    kinds[0],
    "test",
    pages.config_fields(
        EmailConfig.model_json_schema(),
        {"address": "help@cirro.example", "imap_host": "imap.cirro.example", "smtp_host": "smtp.cirro.example"},
        stored=frozenset({"imap_password"}),
    ),
    channel=replace(email, health="draft", draft="test"),
    wizard=True,
    steps=MAILBOX,
    checks=(
        pages.Check("ok", "Server trovati", "imap.cirro.example:993, smtp.cirro.example:465"),
        pages.Check("bad", "La posta si legge", "imap.cirro.example non accetta l’utente o la password."),
        pages.Check("todo", "La posta si invia"),
        pages.Check("todo", "Una mail a se stessa è partita"),
        pages.Check("todo", "Quella mail è arrivata"),
    ),
    trial=TrialPart(
        problem="imap.cirro.example non accetta l’utente o la password.",
        remedy="Scrivi di nuovo la password in Dettagli; controlla anche l’utente.",
    ),
)
new_chat = pages.ChannelPage(nav, kinds[1], "account", pages.config_fields(ChatConfig.model_json_schema()), wizard=True)
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
    form=pages.Form({"team": "team-hosting"}),
    channel=email,
    teams=(pages.Choice("team-hosting", "Hosting"), pages.Choice("team-billing", "Amministrazione")),
)
team_choices = (pages.Choice("team-hosting", "Hosting"), pages.Choice("team-billing", "Amministrazione"))
people = pages.PeoplePage(
    nav,
    (
        pages.PersonRow(
            luca, "luca@cirro.example", "admin", ("Hosting",), ("team-hosting",), last_seen=NOW, is_me=True
        ),
        pages.PersonRow(
            giulia,
            "giulia@cirro.example",
            "supervisor",
            ("Hosting", "Amministrazione"),
            ("team-hosting", "team-billing"),
            last_seen=at("09:20"),
        ),
        pages.PersonRow(
            marco, "marco@cirro.example", "agent", ("Hosting",), ("team-hosting",), last_seen=at("17:55", 1)
        ),
        pages.PersonRow(sara, "sara@cirro.example", "agent", (), (), active=False, last_seen=at("12:00", 40)),
    ),
    team_choices,
    pages.Form(
        {"name": "Elena Riva", "email": "elena@cirro", "role": "agent"},
        {"email": "Write a whole address, like elena@cirro.example."},
    ),
    editing=marco.id,
)
teams = pages.TeamsPage(
    nav,
    (
        pages.TeamRow("team-hosting", "Hosting", members=(luca, giulia, marco), open_tickets=21),
        pages.TeamRow("team-billing", "Amministrazione", private=True, members=(giulia,), open_tickets=8),
    ),
    (luca, giulia, marco, sara),
    editing="team-billing",
)
macros = pages.MacrosPage(
    nav=nav,
    macros=thread.macros,
    groups=(
        pages.StepGroup("status", (pages.Choice("pending", "pending"), pages.Choice("resolved", "resolved"))),
        pages.StepGroup("assign", (pages.Choice("me", "me"), pages.Choice("", ""))),
        pages.StepGroup("snooze", (pages.Choice("tomorrow", "tomorrow"),)),
        pages.StepGroup("tag", typed=True),
        pages.StepGroup("send", (pages.Choice("4", "grazie"),)),
    ),
    may_share=True,
    editing=1,
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
    (
        pages.ReasonRow(1, "Fatturazione", 112, "Fatturazione", exempt=True),
        pages.ReasonRow(2, "Dominio e DNS", 88, "Dominio e DNS"),
        pages.ReasonRow(
            4, "Il trasferimento da un altro fornitore non va avanti", 7, "Dominio e DNS / Trasferimento", 2
        ),
        pages.ReasonRow(3, "Sito lento", 1, "Sito lento"),
    ),
    (pages.TagRow("ssl", 31), pages.TagRow("pec", 12), pages.TagRow("urgente", 4)),
    pages.Form({"name": "Dominio e DNS"}, {"name": "This reason is there already."}),
    archived=(pages.ReasonRow(5, "Fax", 3, "Fax"),),
    parents=(pages.Choice("1", "Fatturazione"), pages.Choice("2", "Dominio e DNS")),
    may_ask=True,
    editing=2,
    edit=pages.Form({"name": ""}, {"name": "This reason is there already."}),
)
fields = FieldsPage(
    nav,
    (
        FieldRow(1, "Numero d'ordine", "text", "", 812),
        FieldRow(2, "Piano", "list", "Base\nBusiness\nEnterprise", 96),
        FieldRow(3, "Rinnovo", "date", "", 1),
    ),
    (FieldRow(4, "Fax", "tick", "", 3),),
    editing=2,
    edit=pages.Form({"name": "Piano", "choices": ""}, {"choices": "Write 1 to 100 values, one a line."}),
)
_WEEK = (*((day, "09:00-13:00, 14:30-18:30") for day in ("mon", "tue", "wed", "thu", "fri")), ("sat", ""), ("sun", ""))
_PRIORITIES = ("urgent", "high", "normal", "low")


def _cells(first: str, following: str, solved: str) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    told = {"first": first, "next": following, "resolve": solved}
    return tuple((name, tuple(zip(_PRIORITIES, line.split("|"), strict=True))) for name, line in told.items())


promises = pages.PromisesPage(
    nav,
    (
        pages.CalendarRow("default", "", _WEEK, True, "Milano", (), (), (), (), 5),
        pages.CalendarRow(
            "shop", "Negozio", _WEEK, True, "07/12", (pages.SpecialDay("2026-12-24", "Vigilia", "09:00-12:00"),),
            ("ch-sms",), ("team-hosting",), ("Hosting", "SMS"), 5,
        ),
    ),
    (
        pages.TargetRow("all", "", _cells("30m|2h|4h|8h", "30m|2h|4h|8h", "8h|16h|24h|40h")),
        pages.TargetRow("band:oro", "oro", _cells("15m|1h||", "|||", "4h|||")),
    ),
    (pages.Choice("ch-email", "Email"), pages.Choice("ch-sms", "SMS")),
    (pages.Choice("team-hosting", "Hosting"),),
    (pages.Choice("channel:ch-sms", "SMS"), pages.Choice("team:team-hosting", "Hosting")),
    ("Bergamo", "Milano", "Roma"),
    _cells("|||", "|||", "|||"),
)  # fmt: skip
promises_failed = replace(
    promises,
    editing="shop",
    edit=pages.Form(
        {"name": "", "week-mon": "mattina", "patron": "other", "patron_day": "40/12"},
        {
            "name": "Give the calendar a name of up to 60 letters.",
            "mon": "Write 09:00-13:00.",
            "patron": "Choose a city.",
        },
    ),
)
routing = pages.RoutingPage(
    nav,
    (
        pages.RuleRow("all", "", "least_busy", True),
        pages.RuleRow("team:team-hosting", "Hosting", "skill", False),
    ),
    ("manual", "round_robin", "least_busy", "skill"),
    (pages.Choice("channel:ch-sms", "SMS"),),
    "oro, argento",
    (
        pages.AbleRow(luca, "ssl, dns", "de, fr", (("chat", "3"), ("email", ""), ("sms", "")), pages.Absence()),
        pages.AbleRow(sara, "", "", (("chat", ""), ("email", ""), ("sms", "")), pages.Absence("2026-12-06", luca.id)),
    ),
    values=(("oro", "5000"), ("argento", "")),
    currency="EUR",
)
routing_failed = replace(
    routing,
    editing=sara.id,
    edit=pages.Form({"away_until": "2020-01-01"}, {"away_until": "Choose a day that is still to come."}),
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
    (pages.Choice("email", "email"), pages.Choice("sms", "sms")),
    DAY,
    (pages.ExchangeRow("USD", D("0.92"), DAY - dt.timedelta(days=2), current=True),),
    ("GBP",),
    used=("GBP", "USD"),
    year_ago=DAY - dt.timedelta(days=365),
    columns=("kind", "id", "ts", "customer", "contract", "ends", "why", "amount", "margin", "currency"),
    rate=pages.Form({"per_hour": "abc", "since": "2026-11-21"}, {"per_hour": "Write an amount like 24.00."}),
)
costs_empty = replace(costs, rates=(), fees=(), rate=pages.Form())
journal = pages.JournalPage(
    nav,
    (
        pages.LedgerRow("Assistenza", "email", DAY, 47, 1, 38, 2, 1, 1, {"loop": 3, "empty": 1}),
        pages.LedgerRow("SMS", "sms", DAY, 19, 0, 7, 10, 0, 2, {}),
        pages.LedgerRow("Sito cirro.example", "chat", DAY, 22, 0, 22, 0, 0, 0),
        pages.LedgerRow("Assistenza", "email", DAY - dt.timedelta(days=1), 61, 0, 58, 2, 0, 0, balanced=False),
    ),
    (
        pages.JournalRow(
            9120,
            "SMS",
            "sms",
            at("09:12"),
            412,
            (pages.JournalItem(0, "quarantined", "signature"),),
            True,
            "POST /hooks/sms: Buongiorno, siete aperti sabato?",
        ),
        pages.JournalRow(
            9119,
            "Assistenza",
            "email",
            at("09:11"),
            48_213,
            (pages.JournalItem(0, "message", "", "<a1@studio.example>", 4821),),
            False,
            "Sito offline dopo la migrazione",
        ),
        pages.JournalRow(
            9118,
            "Assistenza",
            "email",
            at("09:02"),
            3_400_000,
            (
                pages.JournalItem(
                    0, "quarantined", "LookupError: unknown encoding: x-mac-oddity", "<oddity@mailer.example>"
                ),
                pages.JournalItem(1, "duplicate", "", "<a1@studio.example>", 4821),
            ),
            True,
            "Fattura 2026/1183",
        ),
        pages.JournalRow(9117, "Assistenza", "email", at("08:58"), 9_120, (), False, "Conferma di lettura"),
    ),
    (pages.Choice("c-email", "Assistenza"), pages.Choice("c-sms", "SMS")),
    outcome="quarantined",
    older="9117",
    day=DAY.isoformat(),
    reasons={"LookupError: unknown encoding: x-mac-oddity": 1, "signature": 1},
    lost=(9044,),
    replayable=2,
)
audit = pages.AuditPage(
    nav,
    (
        pages.AuditRow(
            at("09:14"),
            "Luca Moretti",
            "rate.set",
            "",
            (pages.Change("per_hour", "22.00", "24.00"), pages.Change("since", None, "2026-03-01")),
            "192.0.2.14",
        ),
        pages.AuditRow(
            at("09:02"),
            "Luca Moretti",
            "channel.update",
            "SMS",
            (pages.Change("auth_token", None, None),),
            "192.0.2.14",
        ),
        pages.AuditRow(at("18:40", 1), "", "agent.create", "Elena Riva"),
    ),
    older="120",
)

# --- the widget --------------------------------------------------------------------------------------------------

frame = pages.WidgetFrame(
    "7f2c90aa41e04c7c", "Bottega Ventura", "#b98a52", "it", "Ciao! Come possiamo aiutarti?", online=True
)
entry = replace(
    frame,
    consent="Salviamo quello che scrivi per poterti rispondere, per due anni.",
    privacy_url="https://bottega.example/privacy",
    before=("name", "email", "topic"),
    topics=("Ordini e spedizioni", "Altro"),
    quick=("Dov’è il mio ordine?", "Orari"),
    elsewhere=("telegram", "sms"),
    file_mb=10,
    transcript=True,
    wait_min=3,
)
widget_try = pages.WidgetTry("7f2c90aa41e04c7c", "Bottega Ventura", "#7a4a22", "it", connect_chat.snippet)
alerts = (parts.Alert("c-telegram", "@CirroSupportBot", "login", at("18:10", 1)),)
