"""The invented company's live board, as the values that its templates take."""

from __future__ import annotations

from dataclasses import replace

from inbox.reading import pages
from tests.ui.samples import NOW, at, due, giulia, luca, marco, sara

team_choices = (pages.Choice("team-hosting", "Hosting"), pages.Choice("team-billing", "Amministrazione"))


def card(
    number: int, kind: str, customer: str, subject: str, waits: str = "", state: str = "", **more: object
) -> pages.BoardCard:
    """A ticket on the board, waiting since that time of the morning."""
    since = at(waits) if waits else None
    clock = replace(due(since), state=state) if since else None  # type: ignore[arg-type]
    return pages.BoardCard(number, customer, subject, kind, state, since, clock, **more)  # type: ignore[arg-type]


elena = replace(marco, id="agent-elena", name="Elena Riva", state="away")
lanes = (
    pages.Lane(
        giulia,
        (
            card(4830, "email", "Silvia Neri", "Come cambio la password?", "06:40", "soon"),
            card(4811, "chat", "Bruno Esposito", "Rinnovo dominio bresciabike.example", "09:05"),
            card(4807, "sms", "+44 7700 900177", "Codice EPP per trasferimento"),
            card(4799, "email", "Enoteca Lario", "Newsletter finita nello spam"),
        ),
        4,
        0,
        1,
        14,
    ),
    pages.Lane(
        luca,
        (
            card(
                4821, "chat", "Chiara Lombardi", "Sito offline dopo la migrazione", "06:58", "soon", priority="urgent"
            ),
            card(4818, "telegram", "Fabio Marchetti", "Cambio PHP 8.1 → 8.4"),
            card(4816, "email", "Anna Weiss", "SSL certificate for subdomain", "08:40"),
            card(4812, "email", "Paolo Ricci", "Casella piena: più spazio?", failed=True),
            card(4803, "messenger", "Gianni Serra", "Backup del 14 novembre"),
            card(4800, "chat", "Teatro Olmo", "Cambio registrante dominio", "09:10"),
        ),
        6,
        0,
        1,
        11,
    ),
    pages.Lane(
        marco,
        (
            card(4815, "messenger", "Nadia Costa", "Il modulo contatti non invia", "08:20"),
            card(4814, "email", "Autoscuola Prealpi", "Spostare 14 caselle IMAP", "08:31"),
            card(4795, "messenger", "Rita Bruni", "Fattura doppia?"),
        ),
        3,
        0,
        0,
        9,
    ),
    pages.Lane(
        replace(sara, state="online"),
        (
            card(4790, "email", "Hotel Belvedere", "Addebito non riconosciuto", "04:50", "late"),
            card(4809, "chat", "Tommaso Greco", "IVA su rinnovo annuale", "06:50", "soon"),
            card(4808, "telegram", "Pasticceria Lodi", "Codice destinatario SDI", "07:02", "soon"),
            card(4806, "email", "Agriturismo Tre Noci", "Fattura 2026/1183 non ricevuta", "08:12"),
            card(4802, "messenger", "Ottica Sole", "Preventivo e-commerce"),
            card(4801, "sms", "Roberta Sala", "Sollecito fattura 988"),
        ),
        8,
        1,
        2,
        16,
        more=2,
    ),
    pages.Lane(elena, (), 0, done_today=7),
)
unassigned = pages.Lane(
    None,
    (
        card(4832, "sms", "+44 7700 900188", "Siete aperti sabato?", "04:40", "late"),
        card(4831, "email", "Laura Pini", "PEC: attivazione casella certificata", "06:30", "soon"),
        card(4833, "telegram", "Oreficeria Duomo", "Quanto costa un sito vetrina?", "08:54"),
        card(4834, "messenger", "Marta Vitali", "", "09:21"),
    ),
    4,
    1,
    1,
    0,
    at("04:40"),
)
board = pages.Board(
    pages.BoardFigures(15, 4, at("04:40"), "sms", 2, 5, 3, 5, 64, 71, 1),
    unassigned,
    lanes,
    (
        pages.Queue("Amministrazione", "", 2, 0, at("08:12"), 2, 1, 1, 2),
        pages.Queue("Hosting", "", 9, 3, at("06:40"), 3, 1, 2, 3),
        pages.Queue("", "", 4, 1, at("04:40"), 0, 0, 3, 5),
    ),
    (
        pages.Queue("Chat sul sito", "chat", 4, 0, at("06:50"), 2, 0),
        pages.Queue("Assistenza", "email", 8, 1, at("04:50"), 1, 1),
        pages.Queue("SMS", "sms", 3, 1, at("04:40"), 0, 1),
    ),
    team_choices,
    NOW,
)
balance = pages.BalancePage(
    tuple(
        pages.Shift(
            f"{each.id}:{source}:{target.id}",
            each.id,
            each.customer,
            each.subject,
            each.kind,
            each.due,
            source,
            target.name,
        )
        for each, source, target in (
            (unassigned.cards[0], "", marco),
            (unassigned.cards[1], "", giulia),
            (lanes[3].cards[1], "Sara Conti", marco),
        )
    ),
    (
        pages.Place(giulia, 4, 5, here=True),
        pages.Place(marco, 3, 5, here=True),
        pages.Place(replace(sara, load=8), 8, 7, here=False),
    ),
)
balance_even = replace(balance, shifts=())
board_moving = replace(board, moving=unassigned.cards[0])
board_empty = replace(
    board,
    figures=pages.BoardFigures(0, 0, None, "", 0, 0, 0, 0, 0, 0),
    unassigned=pages.Lane(None, (), 0),
    lanes=(),
)
