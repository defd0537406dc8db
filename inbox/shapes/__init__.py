"""One JSON shape per thing: what the API answers, the command line prints and the OpenAPI document describes."""

from __future__ import annotations

from inbox.shapes.arrivals import Entry, Item, LedgerRow, Replayed
from inbox.shapes.base import Page, Person, Shape, Time
from inbox.shapes.channels import ChannelHealth
from inbox.shapes.log import Actor, DeskStatus, Event, Fault, Told, Voided
from inbox.shapes.messages import Attachment, Message
from inbox.shapes.rules import Condition, Rule, Step, Trial, TrialTicket
from inbox.shapes.tickets import Customer, Ticket

__all__ = [
    "Actor",
    "Attachment",
    "ChannelHealth",
    "Condition",
    "Customer",
    "DeskStatus",
    "Entry",
    "Event",
    "Fault",
    "Item",
    "LedgerRow",
    "Message",
    "Page",
    "Person",
    "Replayed",
    "Rule",
    "Shape",
    "Step",
    "Ticket",
    "Time",
    "Told",
    "Trial",
    "TrialTicket",
    "Voided",
]
