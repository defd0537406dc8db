"""What is wrong with a form, in the reader's language: the actions speak English, pydantic its own dialect."""

from __future__ import annotations

import re

from flask_babel import gettext as _

from inbox.errors import Problem
from inbox.rendering import sentences

__all__ = ["errors", "sentence", "worded"]


def _sentences() -> tuple[tuple[str, str], ...]:
    """What may be said (a pattern) and how a reader takes it; named groups are put in."""
    return (
        # what pydantic says of a connector's settings
        (r"Field required|.* at least 1 (character|item)\b.*", _("Fill this in.")),
        (r".* at most (?P<n>\d+) character.*", _("At most %(n)s characters.")),
        (r".* valid (integer|number).*", _("Write a number.")),
        (r".* greater than or equal to (?P<n>[\d.]+)", _("Write %(n)s or more.")),
        (r".* less than or equal to (?P<n>[\d.]+)", _("Write %(n)s or less.")),
        (r".* match pattern .*|Port out of range .*|encoding with .*", _("This does not look right: see the example.")),
        (r"Input should be '.*", _("Choose one of the values offered.")),
        # what connectors say of their settings
        (r"this is no mail address|.* is no mail address", _("Write a whole mail address, like anna@shop.example.")),
        (
            r"the address without its plus part.*",
            _("Write the address without its plus part: plus parts bring the answers home."),
        ),
        (r"a number or a Messaging Service SID .*", _("Give a number, or a Messaging Service SID.")),
        (r"only letters, digits, _ and -.*", _("Only letters, digits, _ and -, at most 256 of them.")),
        (r"(?P<what>.*) is no site such as .*", _("%(what)s is no site: write it like https://shop.example.")),
        (
            r"(?P<what>IMAP|SMTP) without encryption .*",
            _("%(what)s without encryption is for a server on this machine only."),
        ),
        (r"name the topics to choose from.*", _("Name the topics to choose from, or do not ask for one.")),
        (r"the secret for signed-in customers .*", _("The secret for signed-in customers needs at least 16 letters.")),
        (
            r".* is no day of the week|.*: write (days and )?hours .*|Invalid isoformat string.*",
            _("Write days and hours, such as mon-fri 9:00-13:00 15:00-19:00, or a date and closed."),
        ),
        (
            r".*: write a part of the address, .*",
            _("Write a part of the address, the seconds and the text: /checkout 30 Can we help?"),
        ),
        (r"not an address", _("Write a whole web address, like https://api.shop.example.")),
        # what a file of settings says
        (
            r"write (?P<what>.*) into its settings \(no export holds secrets\).*",
            _("Write %(what)s into its settings (no export holds secrets), or leave the channel out."),
        ),
        (
            r"write secret into it \(no export holds secrets\).*",
            _("Write “secret:” into it (no export holds secrets), or leave this part out."),
        ),
        (
            r"(?P<what>.*) is a (channel|field) of the kind (?P<kind>\w+) here",
            _("Here %(what)s is of another kind: %(kind)s."),
        ),
        (r"this has another form .*", _("This has another form than the same part of an export.")),
        (r"there is no such (part|setting); there are (?P<known>.*)", _("There is no such part; there are %(known)s.")),
        (r"nothing here is called (?P<what>.*) \(\w+\)", _("Nothing here is called %(what)s.")),
        (r"there is no team .*", _("This team is not there any more.")),
        # what the actions say
        (r"give the business a name .*", _("Give the business a name of up to 80 letters.")),
        (r"language is one of .*|role is one of .*", _("Choose one of the values offered.")),
        (r"(?P<what>.*) is no time zone.*", _("%(what)s is no time zone: write it like Europe/Rome.")),
        (r"this browser did not say how .*", _("This browser did not say how it can be reached. Try again.")),
        (r"a key is one character", _("A key is one character.")),
        (
            r"(?P<key>.) is the key of two commands.*",
            _("%(key)s is the key of two commands: change one of them."),
        ),
        (r"choose one of the times that are offered", _("Choose one of the values offered.")),
        (r"write an hour like .*", _("Write an hour, like 08:30.")),
        (r"choose at least one day", _("Choose at least one day.")),
        (r"choose a time zone of the list", _("Choose a time zone of the list.")),
        (r"the undo time is 0 to (?P<n>\d+) seconds", _("Write 0 to %(n)s seconds, or nothing.")),
        (r"a resolved ticket is closed after 1 to (?P<n>\d+) days", _("Write 1 to %(n)s days.")),
        (r"write the colour as .*", _("Write the colour as #rrggbb, such as #0b6e75.")),
        (r"a logo is a PNG.*", _("A logo is a PNG, JPEG or WebP picture of up to 100 kB.")),
        (r".* is an agent already", _("Somebody has this address already.")),
        (r"give the person's name", _("Give the person's name.")),
        (r"a password has at least (?P<n>\d+) characters", _("A password has at least %(n)s characters.")),
        (r"a password has at most .*", _("A password has at most 1,000 characters.")),
        (r"this is the last admin.*", _("This is the last admin: make somebody else admin first.")),
        (r"there is no such agent|there is no agent .*", _("This person is not there any more.")),
        (r"give the team a name", _("Give the team a name.")),
        (r"there is a team (?P<what>.*) already", _("There is a team %(what)s already.")),
        (r"a short name is one word.*", _("One word of up to 40 letters, please.")),
        (r"there is a canned reply of this name already", _("There is a canned reply of this name already.")),
        (r"write the text of the answer.*", _("Write the text of the answer, up to 10,000 letters.")),
        (r"a reason has 1 to 120 letters", _("A reason has 1 to 120 letters.")),
        (r"this reason is there already", _("This reason is there already.")),
        (r"write the whole address, .*", _("Write the whole address, like https://shop.example/sportello.")),
        (r"the secret has 16 to 200 letters", _("The secret has 16 to 200 letters.")),
        (r"wait 0.5 to 3 seconds", _("Wait 0.5 to 3 seconds.")),
        (r"remember an answer for 0 to 1440 minutes", _("Remember an answer for 0 to 1440 minutes.")),
        (r"give the field a name .*", _("Give the field a name of up to 80 letters.")),
        (r"there is a field of this name already", _("There is a field of this name already.")),
        (r"write 1 to 100 values, one a line.*", _("Write 1 to 100 values, one a line, each of up to 100 letters.")),
        (r"a field is one of .*|choose one of the values offered", _("Choose one of the values offered.")),
        (r"30 fields are the most.*", _("30 fields are the most: archive one first.")),
        (r"this field is not there any more", _("This field is not there any more.")),
        (r"write up to 500 letters", _("Write up to 500 letters.")),
        (r"write a number, like 1200 or 12.50", _("Write a number, like 1200 or 12.50.")),
        (r"write a day, like 2026-03-31", _("Write a day, like 2026-03-31.")),
        (r"say yes or no", _("Say yes or no.")),
        (r"the reason above it is not there any more", _("The reason above it is not there any more.")),
        (r"reasons have (?P<n>\d+) levels at most", _("Reasons have %(n)s levels at most.")),
        (r"(?P<what>.*) is no amount.*", _("%(what)s is no amount: write it like 24.50.")),
        (r"an amount is 0 to 1,000,000.*", _("Write an amount from 0 to 1,000,000, with six decimals at most.")),
        (r"(?P<what>.*) is no month.*", _("%(what)s is no month: write it like 2026-03.")),
        (r"a fee goes back (?P<n>\d+) months.*", _("A fee goes back %(n)s months at most.")),
        (r"there is no kind of channel .*", _("There is no such kind of channel.")),
        (r"an exchange rate is more than 0", _("An exchange rate is more than 0.")),
        (r"language: takes .*", _("“language:” takes a language, by its name or two letters: it, Italian.")),
        (r"channel: takes .*", _("“channel:” takes the name of a channel, or a kind such as email or sms.")),
        (
            r"is: takes .*",
            _("“is:” takes open, new, pending, snoozed, resolved, closed, mine or unassigned."),
        ),
        (
            r"(?P<what>before|after): takes .*",
            _("“%(what)s:” takes a day such as 2026-11-20 or 20/11/2026, a month (2026-11) or a year (2026)."),
        ),
        (
            r"the signature of arrival (?P<n>\d+) is still wrong.*",
            _("The signature of arrival %(n)s is still wrong: correct the channel's secret, then try again."),
        ),
    )


def worded(sentence: str) -> str:
    """A sentence of ours, of a connector's or of pydantic's as the reader takes it; an unknown one stays as it is."""
    said = sentence.removeprefix("Value error, ")
    for pattern, words in _sentences():
        found = re.fullmatch(pattern, said, re.DOTALL)
        if found is not None:
            return words % found.groupdict() if found.groupdict() else words
    known = sentences.said(said)
    return known[:1].upper() + known[1:]


def sentence(text: str) -> str:
    """The same with its full stop, for another sentence to follow."""
    known = worded(text)
    return known if known.endswith((".", "!", "?", "…")) or not known else known + "."


def errors(problem: Problem) -> dict[str, str]:
    """What to put right, by field; ``""`` is the form as a whole."""
    return {name: worded(text) for name, text in (problem.fields or {"": problem.detail}).items()}
