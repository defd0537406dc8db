"""What each page outside the inbox takes: frozen views that a door fills and a template draws, and nothing else.

Texts in views are data (names, addresses, numbers); sentences are made by the templates, in the reader's language.
Times are aware UTC, money is ``Decimal`` in the desk's currency unless a ``currency`` stands beside it, durations are
whole milliseconds in ``_ms`` fields, shares are 0..1, and ``None`` means "not known": never 0.
"""

from __future__ import annotations

from inbox.reading.pages.board import BalancePage, Board, BoardCard, BoardFigures, Lane, Place, Queue, Shift
from inbox.reading.pages.channel_form import ConfigField, config_fields, config_input
from inbox.reading.pages.common import Choice, ErrorPage, Form, SettingsNav
from inbox.reading.pages.journal import AuditPage, AuditRow, Change, JournalItem, JournalPage, JournalRow, LedgerRow
from inbox.reading.pages.promises import CalendarRow, PromisesPage, SpecialDay, TargetRow
from inbox.reading.pages.reports import Bucket, Figures, Kpi, Period, ReportsPage, WeekPoint
from inbox.reading.pages.routing import AbleRow, Absence, RoutingPage, RuleRow
from inbox.reading.pages.rules import AskGroup, AskView, RuleLine, RulePage, RulesPage, RunLine, Trial, TrialRow
from inbox.reading.pages.settings import (
    CannedPage,
    CannedRow,
    ChannelKind,
    ChannelPage,
    ChannelRow,
    ChannelsPage,
    Check,
    CostsPage,
    ExchangeRow,
    FeeRow,
    GeneralPage,
    Hook,
    ImportPage,
    MacrosPage,
    PeoplePage,
    PersonRow,
    RateRow,
    ReasonRow,
    ReasonsPage,
    SettingHit,
    SettingsIndex,
    StepGroup,
    TagRow,
    TeamRow,
    TeamsPage,
)
from inbox.reading.pages.welcome import DemoAccount, LoginPage, SetupPage
from inbox.reading.pages.widget import WidgetFrame, WidgetTry

__all__ = [
    "AbleRow",
    "Absence",
    "AskGroup",
    "AskView",
    "AuditPage",
    "AuditRow",
    "BalancePage",
    "Board",
    "BoardCard",
    "BoardFigures",
    "Bucket",
    "CalendarRow",
    "CannedPage",
    "CannedRow",
    "Change",
    "ChannelKind",
    "ChannelPage",
    "ChannelRow",
    "ChannelsPage",
    "Check",
    "Choice",
    "ConfigField",
    "CostsPage",
    "DemoAccount",
    "ErrorPage",
    "ExchangeRow",
    "FeeRow",
    "Figures",
    "Form",
    "GeneralPage",
    "Hook",
    "ImportPage",
    "JournalItem",
    "JournalPage",
    "JournalRow",
    "Kpi",
    "Lane",
    "LedgerRow",
    "LoginPage",
    "MacrosPage",
    "PeoplePage",
    "Period",
    "PersonRow",
    "Place",
    "PromisesPage",
    "Queue",
    "RateRow",
    "ReasonRow",
    "ReasonsPage",
    "ReportsPage",
    "RoutingPage",
    "RuleLine",
    "RulePage",
    "RuleRow",
    "RulesPage",
    "RunLine",
    "SettingHit",
    "SettingsIndex",
    "SettingsNav",
    "SetupPage",
    "Shift",
    "SpecialDay",
    "StepGroup",
    "TagRow",
    "TargetRow",
    "TeamRow",
    "TeamsPage",
    "Trial",
    "TrialRow",
    "WeekPoint",
    "WidgetFrame",
    "WidgetTry",
    "config_fields",
    "config_input",
]
