"""A believable morning at an invented hosting company, as the values that the templates take."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from inbox.reading import parts
from inbox.reading.fields import FieldView
from inbox.reading.invitations import Meeting, Moment
from inbox.reading.profiles import ConsentView, NoteOnCustomer, Profile
from inbox.reading.relations import Related, Relations
from inbox.reading.same import Joined, Same, SetApart

ROME = dt.timezone(dt.timedelta(hours=1))
DAY = dt.date(2026, 11, 21)


def at(clock: str, days_ago: int = 0) -> dt.datetime:
    """A moment of that morning, in UTC."""
    hour, minute = clock.split(":")
    day = DAY - dt.timedelta(days=days_ago)
    return dt.datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=ROME).astimezone(dt.UTC)


NOW = at("09:32")

luca = parts.AgentChip("agent-luca", "Luca Moretti", "online", 6, 8)
giulia = parts.AgentChip("agent-giulia", "Giulia Ferri", "online", 5, 8)
marco = parts.AgentChip("agent-marco", "Marco De Santis", "away", 3, 8)
sara = parts.AgentChip("agent-sara", "Sara Conti", "offline", 2, 6)
hosting = parts.TeamChip("team-hosting", "Hosting")
billing = parts.TeamChip("team-billing", "Amministrazione")
directory = parts.Directory((luca, giulia, marco, sara), (hosting, billing))

me = parts.Me(
    id=luca.id, name=luca.name, role="admin", state="online", load=6, capacity=8, teams=(hosting.id,),
    may_board=True, may_reports=True, may_settings=True,
)  # fmt: skip


def desk(language: str = "en", *, sample: bool = False) -> parts.Desk:
    """The business, seen in a language."""
    return parts.Desk("Cirro Hosting", language, "Europe/Rome", sample)


channels = (
    parts.ChannelCount("ch-email", "email", "Email", 14),
    parts.ChannelCount("ch-sms", "sms", "SMS", 4),
    parts.ChannelCount("ch-chat", "chat", "Chat sul sito", 9),
    parts.ChannelCount("ch-telegram", "telegram", "Telegram", 6),
    parts.ChannelCount("ch-messenger", "messenger", "Messenger", 5),
)

sidebar = parts.Sidebar(
    views=(
        parts.ViewCount("mine", 7),
        parts.ViewCount("unassigned", 4, alert=True),
        parts.ViewCount("late", 2, alert=True),
        parts.ViewCount("failed", 1, alert=True),
        parts.ViewCount("all", 38),
        parts.ViewCount("snoozed", 5),
        parts.ViewCount("resolved"),
    ),
    channels=channels,
    saved=(parts.SavedCount(2, "Migrazioni", 9), parts.SavedCount(3, "Reclami", None, shared=True)),
    teams=(parts.TeamCount("t-hosting", "Hosting", 21),),
    current="all",
    needs_me=3,
)

rooms = (parts.Room("desk", 120), parts.Room(f"agent:{luca.id}", 118))

chiara = parts.CustomerChip("cust-chiara", "Chiara Lombardi")

_ROWS = (
    # id, name, subject, kind, preview, direction, delivery, clock, days, last_in, agent, wait, late, status, priority
    (4821, "Chiara Lombardi", "Sito offline dopo la migrazione", "telegram", "Il sito si apre! La posta però no…",
     "in", "", "09:31", 0, 5, luca, "09:31", False, "open", "high"),
    (4822, "Bruno Esposito", "Rinnovo dominio bresciabike.example", "chat", "E posso cambiare l'intestatario?",
     "in", "", "09:30", 0, 8, giulia, "08:51", False, "open", "normal"),
    (4824, "+1 202 555 0188", "SMS da +1 202 555 0188", "sms", "Vorrei informazioni sul piano Business",
     "in", "", "09:24", 0, 9, None, "05:32", True, "new", "normal"),
    (4819, "Agriturismo Tre Noci", "Fattura 2026/1183 non ricevuta", "email",
     "Buongiorno, non trovo la fattura di ottobre…", "in", "", "09:12", 0, 4, sara, "09:12", False, "open", "normal"),
    (4820, "Nadia Costa", "Il modulo contatti non invia", "messenger", "Vi mando lo screenshot",
     "in", "", "09:03", 0, 3, marco, "09:03", False, "open", "normal"),
    (4815, "Fabio Marchetti", "Cambio PHP 8.1 → 8.4", "telegram", "Fatto, può verificare ora.",
     "out", "sent", "08:55", 0, 2, luca, "", False, "open", "normal"),
    (4812, "Ottica Sole", "Preventivo e-commerce", "messenger", "Grazie, ne parlo con mio marito",
     "in", "", "08:40", 0, 2, sara, "08:40", False, "open", "low"),
    (4811, "Irene Bassi", "Codice EPP per trasferimento", "sms", "Inviato il codice via email.",
     "out", "failed", "08:21", 0, 1, giulia, "", False, "open", "normal"),
    (4809, "Anna Weiss", "SSL certificate for subdomain", "email", "Thanks Luca, works now. One more thing:",
     "in", "", "17:45", 1, 1, luca, "17:45", False, "open", "normal"),
    (4806, "Paolo Ricci", "Casella piena: come aumento lo spazio?", "email", "Le ho attivato 10 GB in più.",
     "out", "delivered", "16:20", 1, 1, luca, "", False, "open", "normal"),
    (4790, "Gianni Serra", "Backup del 14 novembre", "chat", "Ripristino completato ✔",
     "out", "read", "11:02", 2, 1, luca, "", False, "open", "normal"),
)  # fmt: skip


def due(since: dt.datetime, name: str = "first", *, late: bool = False) -> parts.Due:
    """A clock of four hours that began then."""
    end = since + dt.timedelta(hours=4)
    share = min(100, int((NOW - since).total_seconds() / 144))
    return parts.Due(name, since, since + dt.timedelta(hours=3), end, "late" if late else "", share)


def row(number: int, **changes: object) -> parts.TicketRow:
    """The row of a ticket, changed as asked."""
    found = next(each for each in rows if each.id == number)
    return replace(found, **changes)  # type: ignore[arg-type]


def _row(line: tuple[object, ...]) -> parts.TicketRow:
    (number, name, subject, kind, preview, direction, delivery, clock, days, last_in, agent, wait, late, status,
     priority) = line  # fmt: skip
    return parts.TicketRow(
        id=int(str(number)),
        subject=str(subject),
        customer=chiara if number == 4821 else parts.CustomerChip(f"cust-{number}", str(name)),
        kind=str(kind),
        channel=f"ch-{kind}",
        status=str(status),
        priority=str(priority),
        preview=str(preview),
        preview_direction=str(direction),
        active_at=at(str(clock), int(str(days))),
        delivery=str(delivery),
        last_in=int(str(last_in)),
        assignee=agent if isinstance(agent, parts.AgentChip) else None,
        team=hosting,
        waiting_since=at(str(wait), int(str(days))) if wait else None,
        due=due(at(str(wait), int(str(days))), late=bool(late)) if wait else None,
        attention="failed" if delivery == "failed" else "",
    )


rows = tuple(_row(line) for line in _ROWS)

inbox = parts.Inbox(
    rows=rows,
    view="all",
    key="all",
    total=38,
    tabs=(parts.Tab("open", 38), parts.Tab("pending", 12), parts.Tab("resolved")),
    tab="open",
    sort="newest",
    sorts=("newest", "oldest", "waiting", "priority"),
    next="4790",
    unread={4822: 2, 4824: 1, 4819: 1},
    unassigned=4,
    first_id=4824,
)

empty_inbox = parts.Inbox(
    rows=(), view="mine", key="mine", args={"view": "mine"}, total=0,
    tabs=(parts.Tab("open"), parts.Tab("pending"), parts.Tab("resolved")),
    sorts=("newest", "oldest"), unassigned=4, first_id=4824,
)  # fmt: skip


def message(key: str, clock: str, text: str, **more: object) -> parts.MessageView:
    """A message of ticket 4821."""
    values: dict[str, object] = {
        "key": key, "id": int(key) if key.isdigit() else 900, "ticket": 4821, "direction": "in", "kind": "telegram",
        "at": at(clock), "text": text, "author": chiara, "language": "it",
    }  # fmt: skip
    return parts.MessageView(**{**values, **more})  # type: ignore[arg-type]


shot = parts.AttachmentView(31, "errore-ssl.png", "application/octet-stream", 184_320)
pdf = parts.AttachmentView(32, "fattura-2026-1183.pdf", "application/pdf", 92_160)

meeting = Meeting("request", "Sopralluogo al server", Moment(at("15:00", -2)), Moment(at("16:00", -2)), "Via Roma 1",
                  "Chiara Lombardi <chiara@studiolombardi.example>", asked=True)  # fmt: skip

sms_leg = parts.Leg(
    "sms", "ch-sms", "SMS", "+44 7700 900142",
    (message("101", "08:41", "Da stamattina il sito non si apre e la posta è ferma. Mi aiutate?", kind="sms"),),
)  # fmt: skip
mail_leg = parts.Leg(
    "email", "ch-email", "Email", "chiara@studiolombardi.example",
    (
        message("102", "08:52", "Aprendo il sito esce “connessione non sicura”.", kind="email",
                subject="Sito offline dopo la migrazione", attachments=(shot,), to=("aiuto@cirro.example",),
                original=True, meeting=meeting),
        message("103", "08:58", "Buongiorno Chiara, ho trovato la causa: il rinnovo del certificato è fallito per il "
                "record CAA. Lo aggiorno e le scrivo appena il sito torna.", kind="email", direction="out",
                author=luca, folded=True, delivery=parts.DeliveryView("delivered")),
    ),
)  # fmt: skip
note = parts.NoteView("104", 104, giulia, at("09:06"), "@Luca manca letsencrypt.org nel CAA, serve l’ok.")
telegram_leg = parts.Leg(
    "telegram", "ch-telegram", "Telegram", "7700142", label="@chiaralombardi", messages=
    (
        message("105", "09:12", "Sono in cantiere, sentiamoci qui. Procedete pure 🙏"),
        message("106", "09:15", "Certo! Aggiorno il DNS e rinnovo il certificato: 10 minuti.", direction="out",
                author=luca, delivery=parts.DeliveryView("read")),
        message("108", "09:16", "", deleted_at=at("09:17")),
        message("107", "09:31", "Il sito si apre! La posta però ancora no. Tra poco sono in treno senza dati: mi "
                "mandate un SMS quando è ok?"),
    ),
)  # fmt: skip
taken = parts.EventView(7001, "assigned", at("08:43"), actor="Luca Moretti", who="Luca Moretti")
raised = parts.EventView(7002, "priority", at("08:44"), actor="Luca Moretti", value="high")

history = (
    parts.EventView(7000, "created", at("08:41")), taken, raised,
    parts.EventView(7003, "tagged", at("08:44"), actor="Luca Moretti", value="ssl"),
    parts.EventView(7004, "tagged", at("08:45"), actor="Giulia Ferri", value="migrazione"),
    parts.EventView(7005, "status", at("08:58"), actor="Luca Moretti", value="pending"),
    parts.EventView(7006, "status", at("09:12"), value="open"),
)  # fmt: skip

every_event = (
    *history,
    parts.EventView(7010, "assigned", at("09:00"), actor="Sara Conti", who="Giulia Ferri"),
    parts.EventView(7011, "unassigned", at("09:00"), actor="Sara Conti"),
    parts.EventView(7012, "transferred", at("09:00"), actor="Sara Conti", who="Amministrazione"),
    parts.EventView(7013, "status", at("09:00"), actor="Sara Conti", value="snoozed", until=at("09:00", -2)),
    parts.EventView(7014, "status", at("09:00"), actor="Sara Conti", value="resolved"),
    parts.EventView(7015, "status", at("09:00"), value="closed"),
    parts.EventView(7016, "untagged", at("09:00"), actor="Sara Conti", value="ssl"),
    parts.EventView(7017, "reason", at("09:00"), actor="Sara Conti", value="Certificati SSL"),
    parts.EventView(7018, "merged", at("09:00"), actor="Sara Conti", value="4700"),
    parts.EventView(7019, "split", at("09:00"), actor="Sara Conti", value="4700"),
    parts.EventView(7020, "linked", at("09:00"), value="4697"),
    parts.EventView(7021, "moved", at("09:00"), actor="Sara Conti", value="4700", count=2),
    parts.EventView(7022, "recovered", at("09:00"), count=3),
    parts.EventView(7023, "failed", at("09:00"), value="numero inesistente"),
    parts.EventView(7024, "cancelled", at("09:00"), actor="Sara Conti"),
    parts.EventView(7025, "imported", at("09:00")),
    *(
        parts.EventView(7026, "classified", at("09:00"), actor="Sara Conti", value=w)
        for w in ("ack", "auto", "cont", "")
    ),
    parts.EventView(7027, "exempted", at("09:00"), actor="Sara Conti", undo="e9"),
)

head = parts.ThreadHead(
    id=4821,
    subject="Sito offline dopo la migrazione",
    status="open",
    priority="high",
    customer=chiara,
    assignee=luca,
    team=hosting,
    tags=(parts.TagView("ssl"), parts.TagView("migrazione")),
    waiting_since=at("09:31"),
    due=due(at("09:31"), "next"),
    moves=("pending", "snooze", "resolve"),
)

choices = (
    parts.ChannelChoice("telegram", "ch-telegram", "Telegram", "7700142", "@chiaralombardi", free=True,
                        text_limit=4096, media=True, media_bytes=50_000_000, media_count=1, replies=True),
    parts.ChannelChoice("sms", "ch-sms", "SMS", "+447700900142", "+44 7700 900142", cost=parts.Money(Decimal("0.071"),
                        "EUR"), segments=True, text_limit=1600, media=True, media_bytes=5_000_000, undo_s=5),
    parts.ChannelChoice("email", "ch-email", "Email", "chiara@studiolombardi.example", "chiara@studiolombardi.example",
                        free=True, media=True, undo_s=5),
    parts.ChannelChoice("messenger", "ch-messenger", "Messenger", "5550142", "Chiara Lombardi", closed="window"),
)  # fmt: skip

canned = (
    parts.CannedReply("posta-ripristinata", "Buongiorno Chiara, la posta è di nuovo attiva: i messaggi in coda sono "
                      "stati consegnati."),
    parts.CannedReply("posta-config", "I parametri per studiolombardi.example sono: imap.cirro.example, porta 993."),
    parts.CannedReply("posta-spazio", "La sua casella usa {mailbox.used} su 10 GB.", ("mailbox.used",)),
    parts.CannedReply("grazie", "Grazie a lei, buona giornata!"),
)  # fmt: skip

composer = parts.Composer(
    ticket=4821, choices=choices, chosen=choices[0].key, seen=107, client_key="00000000-0000-4000-8000-000000000000",
    canned=canned, max_bytes=25_000_000, first_name="Chiara",
    laters=(
        parts.Snooze("later", at("14:00")), parts.Snooze("tomorrow", at("09:00", -1)),
        parts.Snooze("monday", at("09:00", -2)), parts.Snooze("week", at("09:00", -7)),
    ),
)  # fmt: skip

thread = parts.Thread(
    head=head,
    items=(parts.DayView(DAY), sms_leg, taken, raised, mail_leg, note, telegram_leg),
    composer=composer,
    room=parts.Room("ticket:4821", 120),
    snoozes=(
        parts.Snooze("later", at("14:00")), parts.Snooze("tomorrow", at("09:00", -1)),
        parts.Snooze("monday", at("09:00", -2)), parts.Snooze("week", at("09:00", -7)),
    ),
    reasons=(
        *(parts.ReasonChoice(one, one) for one in ("Posta", "DNS", "Offerta", "Fatturazione", "Reclamo", "Altro")),
        *(parts.ReasonChoice(f"Sito web / {name}", name, "Sito web / ") for name in ("Certificati SSL", "Migrazione")),
    ),
    macros=(
        parts.MacroView(1, "Migrazione conclusa", True, (
            parts.StepView("tag", "migrazione", "migrazione"), parts.StepView("send", "4", "grazie"),
            parts.StepView("status", "resolved", "resolved"),
        )),
        parts.MacroView(2, "A me, domani", False, (
            parts.StepView("assign", "me", "me"), parts.StepView("snooze", "tomorrow", "tomorrow"),
        )),
    ),
    known_tags=("dns", "fattura", "migrazione", "ssl", "urgente"),
)  # fmt: skip

moved = parts.Moved(4821, 2, 109, "Chiara Lombardi", at("09:33"))

panel = parts.CustomerPanel(
    ticket=4821,
    customer=chiara,
    line="Studio Lombardi Architetti · Bergamo",
    band="oro",
    bands=("oro", "argento"),
    clocks=(due(at("09:31"), "next"), due(at("08:41"), "resolve")),
    settled=(("first", "met", dt.timedelta(minutes=17)),),
    tickets=12,
    messages=87,
    since=at("10:00", 990),
    identities=(
        parts.IdentityView("telegram", "@chiaralombardi", main=True),
        parts.IdentityView("sms", "+44 7700 900142"),
        parts.IdentityView("email", "chiara@studiolombardi.example"),
        parts.IdentityView("messenger", "Chiara Lombardi", window_until=at("09:12", -1)),
        parts.IdentityView("email", "vecchia@lombardi.example", state="undeliverable"),
    ),
    given_name="Chiara Lombardi",
    may_export=True,
    outside=True,
    profile=Profile(
        "Studio Lombardi Architetti",
        "it",
        (("Dominio", "studiolombardi.example"), ("Piano", "Business 50"), ("Server", "mi-web-07")),
        (NoteOnCustomer(3, "Preferisce essere chiamata dopo le cinque.", "Giulia Ferri", at("09:02")),),
        (
            ConsentView("Novità per posta", "given", "modulo d'ordine", at("09:00")),
            ConsentView("Trattiamo i dati per rispondere.", "chat", "", at("08:40")),
        ),
    ),
    same=(Same(4790, "Chiara L.", "phone", "+39 347 555 0142"),),
    apart=(SetApart("e8", 4791, "Chiara Longo", "Giulia Ferri", at("08:46")),),
    joined=(Joined("e9", "chiara@studio.example", "Luca Moretti", at("08:45")),),
    previous=(
        parts.PreviousTicket(4697, "Migrazione da altro provider", "email", "closed", at("10:00", 18)),
        parts.PreviousTicket(4310, "Fattura elettronica", "sms", "closed", at("10:00", 70)),
        parts.PreviousTicket(4102, "Nuova casella per stagista", "chat", "resolved", at("10:00", 142)),
    ),
    previous_total=11,
    facts=parts.TicketFacts(
        created_at=at("08:41"), channel_kind="sms", channel_name="SMS", first_response=dt.timedelta(minutes=17),
        messages_in=4, messages_out=2, reason="Sito web / Certificati SSL",
        reasons=(parts.ReasonChoice("Sito web / Certificati SSL", "Certificati SSL", "Sito web / "),),
        relations=Relations(
            4821,
            (giulia, luca),
            True,
            (
                Related(4790, "Rinnovo certificato ssl per tutti i domini", "email", "resolved", "linked", "e1"),
                Related(4655, "Migrazione", "sms", "closed", "before"),
            ),
        ),
        fields=(
            FieldView("field-1", "Numero d'ordine", "text", "2026/1183"),
            FieldView("field-2", "Piano", "list", "Business", ("Base", "Business", "Enterprise")),
            FieldView("field-3", "Rinnovo", "date", "2027-03-14"),
            FieldView("field-4", "Caselle", "number", "12.5"),
            FieldView("field-5", "Ha firmato il contratto di assistenza prolungata", "tick", "yes"),
        ),
    ),
    history=history,
)  # fmt: skip


def _hit(number: int, subject: str, name: str, kind: str, status: str, day: int, snippet: str,
         agent: parts.AgentChip) -> parts.SearchHit:  # fmt: skip
    pieces = tuple((piece, n % 2 == 1) for n, piece in enumerate(snippet.split("*")) if piece)
    customer = chiara if number == 4821 else parts.CustomerChip(f"cust-{number}", name)
    return parts.SearchHit(number, subject, customer, kind, status, at("09:15", day), pieces, agent)


hits = (
    _hit(4821, "Sito offline dopo la migrazione", "Chiara Lombardi", "telegram", "open", 0,
         "…il rinnovo del *certificato SSL* è fallito per il record CAA, lo aggiorno…", luca),
    _hit(4809, "SSL certificate for subdomain", "Anna Weiss", "email", "open", 1,
         "…could you issue an *SSL* *certificate* for shop.weiss.example as well?", luca),
    _hit(4788, "Lucchetto rosso su Chrome", "Fabio Marchetti", "telegram", "pending", 3,
         "…il *certificato* copre solo www: aggiungo il dominio senza www…", giulia),
    _hit(4702, "Rinnovo certificato wildcard", "Agriturismo Tre Noci", "email", "closed", 17,
         "In allegato il nuovo *certificato*; *SSL* attivo dalle 14:00.", marco),
    _hit(4655, "Sito non sicuro", "Gianni Serra", "sms", "closed", 24,
         "…mi dice che il *certificato SSL* è scaduto, cosa devo fare?", giulia),
    _hit(4610, "Errore ERR_CERT_DATE_INVALID", "Nadia Costa", "chat", "closed", 33,
         "…ho forzato il rinnovo del *certificato*, provi a ricaricare…", luca),
    _hit(4544, "PEC e certificato", "Paolo Ricci", "email", "closed", 50,
         "…il *certificato SSL* della webmail è diverso da quello del sito…", sara),
)  # fmt: skip

search = parts.SearchPage(
    query="certificato ssl",
    hits=hits,
    total=23,
    took=dt.timedelta(milliseconds=38),
    facets=(
        parts.Facet("status", (parts.FacetValue("open", 3, chosen=True), parts.FacetValue("pending", 1),
                               parts.FacetValue("closed", 19))),
        parts.Facet("channel", tuple(parts.FacetValue(kind, n) for kind, n in
                                     (("email", 12), ("chat", 5), ("sms", 3), ("telegram", 2), ("messenger", 1)))),
        parts.Facet("assignee", tuple(parts.FacetValue(agent.id, n, label=agent.name) for agent, n in
                                      ((luca, 9), (giulia, 8), (marco, 4), (sara, 2)))),
        parts.Facet("tag", (parts.FacetValue("ssl", 14, chosen=True), parts.FacetValue("dns", 6))),
    ),
)  # fmt: skip

results = parts.Results("lombardi", hits[:3])
