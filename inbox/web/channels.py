"""Connecting a channel: account, connection, test, routing; the provider is asked outside of any transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _

from connectors.base import Config, Connector, ConnectorError
from inbox import logs
from inbox.actions import channels as verbs
from inbox.actions import grants, mailboxes
from inbox.errors import Invalid, NotFound, Problem
from inbox.reading import channels as reading
from inbox.reading.pages import (
    ChannelKind,
    ChannelPage,
    ConfigField,
    Form,
    config_input,
)
from inbox.reading.pages.settings import ChannelStep, SignInPart
from inbox.reading.settings import nav, team_choices
from inbox.store import Channel, Work
from inbox.web import checks, trials
from inbox.web.gate import right, store, who
from inbox.web.settings import done, drawn
from inbox.web.setups import kinds
from inbox.web.wording import errors, sentence

__all__ = ["blueprint", "introduce"]

log = logs.get(__name__)
blueprint = Blueprint("channels", __name__)
#: A key that no connector's setting can have: the channel's own name.
UNTITLED = "the channel's name"
#: There is nothing to paste where the desk goes and fetches.
WITH_PASTING: tuple[ChannelStep, ...] = ("account", "connect", "test", "routing")
WITHOUT: tuple[ChannelStep, ...] = ("account", "test", "routing")
SCRIPT = '<script async src="{base}/widget.js" data-site="{site}"></script>'


# --- a new one --------------------------------------------------------------------------------------------------


@blueprint.get("/settings/channels/new")
@right("settings.change")
def new() -> Any:
    """The first step of a new channel; where the address names no kind, the page on which kinds are chosen."""
    if not request.args.get("kind"):
        return redirect(url_for("settings.channels"))
    connector, kind = _kind(request.args["kind"])
    return _account(kind, reading.fields(connector, new=True), Form(), None)


@blueprint.post("/settings/channels/create")
@right("settings.change")
def create() -> Any:
    """Adds the channel, introduces it to its provider, and goes on to the next step."""
    connector, kind = _kind(request.form.get("kind", ""))
    fields = reading.fields(connector, new=True)
    values = _values(connector, fields)
    title = request.form.get("name", "").strip()
    searched = mailboxes.searched(kind.kind, values)
    if searched and not title:
        title = str(values.get("address", ""))[:80]
    try:
        with store().transaction() as work:
            _titled(title)
            name = verbs.free_name(work, title, kind.kind)
            row = verbs.add(work, who(), kind=kind.kind, name=name, title=title, values=values)
            row.draft = {"kind": kind.kind}
            if searched:
                mailboxes.begin(row)
    except Invalid as problem:
        shown = reading.fields(connector, _open(connector, values), new=True)
        return _account(kind, shown, Form({"name": title}, _keyed(problem, shown)), None, problem.status)
    if searched:
        return redirect(url_for("channels.show", id=row.id, step="test", wizard=1), 303)
    introduce(row.id)
    with store().reading() as work:
        steps = _steps(reading.facts(work, row.id))
    return redirect(url_for("channels.show", id=row.id, step=steps[1], wizard=1), 303)


def _kind(kind: str) -> tuple[Connector[Any], ChannelKind]:
    found = next((one for one in kinds() if one.kind == kind), None)
    if found is None:
        msg = "there is no such kind of channel"
        raise NotFound(msg)
    return store().connectors[kind], found


def _titled(title: str) -> None:
    if not 0 < len(title) <= 80:
        text = _("Give the channel a name of up to 80 letters.")
        raise Invalid(text, fields={UNTITLED: text})


def _values(connector: Connector[Any], fields: tuple[ConfigField, ...]) -> dict[str, Any]:
    """What was typed, as the connector's ``Config`` takes it; what was emptied falls back to its default."""
    values = config_input(fields, request.form, request.form.getlist)
    for one in fields:
        if one.name not in values and one.kind != "secret":
            setting = connector.Config.model_fields[one.name]
            values[one.name] = "" if setting.is_required() else setting.get_default(call_default_factory=True)
    return values


def _open(connector: Connector[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Without the secrets: those are typed again."""
    hidden = verbs.secret_fields(connector)
    return {name: value for name, value in values.items() if name not in hidden}


def _keyed(problem: Problem, fields: tuple[ConfigField, ...]) -> dict[str, str]:
    """Errors by control: a setting's stand under ``config.<field>``."""
    own = {one.name for one in fields}
    wrong: dict[str, str] = {}
    for name, text in errors(problem).items():
        setting = name.partition(".")[0]
        wrong.setdefault("name" if name == UNTITLED else f"config.{setting}" if setting in own else "", text)
    return wrong


def _sign_in(work: Work, facts: reading.Facts) -> SignInPart | None:
    """What the page says of an account that is signed in to at its provider."""
    config = _settings(work, facts.channel)
    if not facts.signs_in or config is None:
        return None
    ways = grants.grants_of(work, facts.channel, config)
    device = grants.device_of(work, facts.channel)
    return SignInPart(
        provider=facts.signs_in,
        back=store().settings.base_url + url_for("sign_ins.back"),
        since=facts.channel.signed_in_at,
        again=facts.channel.signed_in_at is None or facts.channel.problem_code == grants.WAITING,
        by_code=ways is not None and ways.by_code(config),
        code=device.user_code if device is not None else "",
        uri=device.uri if device is not None else "",
    )


def _settings(work: Work, row: Channel) -> Config | None:
    """The channel's settings, None where they cannot be opened."""
    try:
        return verbs.config_of(work, row)
    except Problem:
        return None


# --- one that is there ------------------------------------------------------------------------------------------


def _steps(facts: reading.Facts) -> tuple[ChannelStep, ...]:
    """The steps that this channel has."""
    return WITH_PASTING if facts.hooked or facts.signs_in or facts.channel.kind == "chat" else WITHOUT


def _account(
    kind: ChannelKind,
    fields: tuple[ConfigField, ...],
    form: Form,
    channel: str | None,
    status: int = 200,
) -> Any:
    """The step of a connector's own settings: of a new channel, or of one whose change was refused."""
    if channel is not None:
        return drawn("settings/channel.html", _page(channel, "account", fields=fields, form=form), status)
    pasted = kind.kind == "chat" or store().connectors[kind.kind].capabilities.hooks
    steps = WITH_PASTING if pasted else WITHOUT
    return drawn(
        "settings/channel.html",
        lambda work: ChannelPage(nav(work, who()), kind, "account", fields, form, wizard=True, steps=steps),
        status,
    )


def _page(
    channel: str, step: str, *, fields: tuple[ConfigField, ...] | None = None, form: Form | None = None
) -> Callable[[Work], ChannelPage]:
    """A step of an existing channel as the page takes it."""
    wizard = request.values.get("wizard") == "1"

    def view(work: Work) -> ChannelPage:
        facts = reading.facts(work, channel)
        row = facts.channel
        connector, kind = _kind(row.kind)
        settings = store().settings
        steps = _steps(facts)
        values = {"team": row.team_id or ""}
        stored = reading.stored_secrets(work, row)
        own = reading.fields(connector, row.config, stored=stored, new=row.polled_at is None)
        chat = row.kind == "chat"
        trial = trials.part(row)
        newest = reading.newest(work, row.id) if row.draft and row.arrived_at else None
        return ChannelPage(
            nav=nav(work, who()),
            kind=kind,
            step=next((one for one in steps if one == step), "account"),
            fields=own if fields is None else fields,
            form=form or Form(values),
            channel=checks.row(facts),
            wizard=wizard,
            steps=steps,
            hooks=checks.hooks(facts, connector, _settings(work, row), settings),
            sign_in=_sign_in(work, facts),
            snippet=SCRIPT.format(base=settings.base_url, site=row.id) if chat else "",
            site=row.id if chat else "",
            checks=trials.checks(row) if trial else checks.checks(facts, settings, newest),
            teams=team_choices(work),
            active=row.enabled or bool(row.draft),
            public=checks.public(settings),
            open_tickets=facts.open_tickets,
            trial=trial,
        )

    return view


@blueprint.get("/settings/channels/<id>")
@right("settings.change")
def show(id: str) -> Any:
    """One channel at one of its steps."""
    return drawn("settings/channel.html", _page(id, request.args.get("step", "account")))


@blueprint.post("/settings/channels/<id>/update")
@right("settings.change")
def update(id: str) -> Any:
    """Saves the account or the routing."""
    return _save_routing(id) if request.form.get("part") == "routing" else _save_account(id)


def _save_account(channel: str) -> Any:
    with store().reading() as work:
        row = verbs.find(work, channel)
        connector, kind = _kind(row.kind)
        stored = reading.stored_secrets(work, row)
        new_here = row.polled_at is None
    values = _values(connector, reading.fields(connector, new=new_here))
    title = request.form.get("name", "").strip()
    try:
        with store().transaction() as work:
            _titled(title)
            mailboxes.forget(verbs.change(work, who(), row.id, values=values, title=title))
    except Invalid as problem:
        shown = reading.fields(connector, _open(connector, values), stored=stored, new=new_here)
        return _account(kind, shown, Form({"name": title}, _keyed(problem, shown)), row.id, problem.status)
    with store().reading() as work:
        facts = reading.facts(work, row.id)
    if trials.part(facts.channel) is not None:
        step = "connect" if facts.signs_in and facts.channel.signed_in_at is None else "test"
        return redirect(url_for("channels.show", id=row.id, step=step, wizard=1), 303)
    introduce(row.id)
    if request.form.get("wizard") == "1":
        with store().reading() as work:
            steps = _steps(reading.facts(work, row.id))
        return redirect(url_for("channels.show", id=row.id, step=steps[1], wizard=1), 303)
    return done(_("Saved."), "channels.show", id=row.id, step="account")


def _save_routing(channel: str) -> Any:
    form = request.form
    try:
        with store().transaction() as work:
            row = verbs.change(work, who(), channel, team=form.get("team", ""), enabled=bool(form.get("active")))
            if form.get("wizard") == "1":
                row.draft = {}
    except Invalid as problem:
        wrong = Form({"team": form.get("team", "")}, errors(problem))
        return drawn("settings/channel.html", _page(channel, "routing", form=wrong), problem.status)
    if form.get("wizard") == "1":
        return done(_("The channel is connected."), "settings.channels")
    return done(_("Saved."), "channels.show", id=channel, step="routing")


@blueprint.post("/settings/channels/<id>/check")
@right("settings.change")
def check(id: str) -> Any:
    """A real round trip to the provider."""
    with store().reading() as work:
        row = verbs.find(work, id)
    _ask(row, lambda connector, config: [connector.check(config)])
    wizard = 1 if request.form.get("wizard") == "1" else None
    return redirect(url_for("channels.show", id=row.id, step=request.form.get("step", "test"), wizard=wizard), 303)


@blueprint.post("/settings/channels/<id>/remove")
@right("settings.change")
def remove(id: str) -> Any:
    """Disconnects the channel and forgets its secrets."""
    with store().transaction() as work:
        title = verbs.find(work, id).title
        verbs.remove(work, who(), id)
    return done(_("%(name)s is disconnected. Its tickets and figures stay.", name=title), "settings.channels")


# --- the provider -----------------------------------------------------------------------------------------------


def introduce(channel: str) -> None:
    """Tells the provider where to reach this desk, as far as it can be told, and asks whether all is well."""
    with store().reading() as work:
        row = verbs.find(work, channel)
        waits = bool(reading.facts(work, channel).signs_in) and row.signed_in_at is None
    if waits:
        flash(_("One thing is left: sign in to the account under Connection."), "ok")
        return
    base = store().settings.public_url
    hook = base + verbs.hook_path(row) if base else None

    def talk(connector: Connector[Any], config: Config) -> list[str]:
        return [*connector.connect(config, hook), connector.check(config)]

    _ask(row, talk)


def _code(error: ConnectorError) -> str:
    if error.code == grants.WAITING:
        return grants.WAITING
    return "login" if error.reauth or error.code == "login" else "receive"


def _ask(row: Channel, talk: Callable[[Connector[Any], Config], list[str]]) -> None:
    """Talks to the provider outside of any transaction; says what it said, and keeps a problem at the channel."""
    connector = store().connectors[row.kind]
    code = problem = ""
    try:
        for words in grants.talk(store(), row.id, talk):
            flash(sentence(words), "ok")
    except Problem as refused:
        code, problem = "key", refused.detail
        flash(sentence(problem), "bad")
    except ConnectorError as error:
        code, problem = _code(error), error.message
        flash(f"{sentence(problem)} {checks.remedy(error)}", "bad")
    except Exception as error:  # somebody else's connector may raise anything
        log.exception("a provider could not be asked", channel=row.name)
        code, problem = "receive", f"{connector.title} could not be asked: {type(error).__name__}"
        flash(problem, "bad")
    with store().transaction() as work:
        verbs.checked(work, who(), row.id, code=code, problem=problem)
