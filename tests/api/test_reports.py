"""The figures through the API: the cases behind one, and what each means."""

from __future__ import annotations

import pytest

from inbox.actions import desk as settings
from inbox.actions.who import SYSTEM
from inbox.figures import keeper
from inbox.metrics import Config
from inbox.reading import figures
from inbox.store import Ticket
from tests.api.conftest import Api, Desk
from tests.figures.conftest import add, begun_anew, lines

PERIOD = {"from": "2020-01-01", "to": "2022-01-01"}


def test_the_cases_behind_a_figure_are_told_with_their_tickets(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    asked = {"figure": "vol.inbound", "from": "2000-01-01", "to": "2100-01-01"}
    found = call.get("/reports/cases", **asked)
    assert (found["total"], found["items"][0]["ticket"], found["items"][0]["amount"]) == (1, ticket, 1)
    assert found["next"] is None
    desk.text(sender="+393331110002")
    page = call.get("/reports/cases", **asked, limit=1)
    assert page["total"] == 2
    assert call.get("/reports/cases", **asked, limit=1, after=page["next"])["items"] == found["items"]
    assert call.get("/reports/cases", **asked, limit=1, offset=1)["items"] == found["items"]
    assert call("GET", "/reports/cases?figure=frt&from=2026-01-01&to=2026-02-01&after=7").status_code == 422
    nothing = {"figure": "fcr7.rate", "kind": "case", "total": 0, "items": [], "next": None}
    assert call.get("/reports/cases", figure="fcr7.rate", **PERIOD) == nothing


def test_an_instant_before_most_of_a_long_log_is_refused_with_what_to_do(
    call: Api, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.text()
    asked = "figure=frt&from=2026-01-01&to=2026-02-01"
    early = "as_of=2026-01-01T00:00:00Z"
    assert call("GET", f"/reports/cases?{asked}&{early}").status_code == 200
    monkeypatch.setattr(figures, "TAKEN_BACK", 1)
    for path in (f"/reports/cases?{asked}", "/reports?from=2026-01-01&to=2026-02-01"):
        refused = call("GET", f"{path}&{early}")
        assert refused.status_code == 422
        assert "sportello report --as-of" in refused.text


def test_a_filter_is_taken_whole_or_refused(call: Api, desk: Desk) -> None:
    desk.text()
    period = "from=2000-01-01&to=2100-01-01&keys=vol.inbound"

    def inbound(where: str) -> int | None:
        answer = call("GET", f"/reports?{period}{where}")
        found: dict[str, dict[str, int]] = answer.json or {}
        return None if answer.status_code == 422 else next(iter(found.values()))["vol.inbound"]

    assert inbound("&where=channel=sms") == 1
    assert inbound("&where=channel=sms,reason=Refunds, returns") == 0
    for wrong in ("&where=channel=sms&where=reason=Other", "&where=channel=sms,channel=email", "&where=sms"):
        assert inbound(wrong) is None


@pytest.mark.parametrize("days", ["from=0001-01-01&to=0001-01-02", "from=9999-12-01&to=9999-12-31"])
def test_a_time_that_no_desk_has_seen_is_refused(call: Api, days: str) -> None:
    for path in ("/reports?", "/reports/cases?figure=frt&"):
        assert call("GET", f"{path}{days}").status_code == 422
        for year in ("0001", "9999"):
            as_of = f"from=2026-01-01&to=2026-02-01&as_of={year}-01-01T00:00:00Z"
            assert call("GET", f"{path}{as_of}").status_code == 422


def test_every_family_has_its_meaning(call: Api) -> None:
    found = call.get("/reports/definitions")
    assert found["fcr7"]["name"] == "FCR, 7 days"
    assert all(each["meaning"] for each in found.values())


def test_a_figure_that_there_is_not_is_named_with_where_all_of_them_are(call: Api, desk: Desk) -> None:
    desk.text()
    period = "from=2026-01-01&to=2026-02-01"
    for path, name in (("/reports?keys=vol,nonsense", "nonsense"), ("/reports?keys=fcr7.rat", "fcr7.rat")):
        problem = call.refused("GET", f"{path}&{period}", 422, "invalid")
        assert f"there is no figure '{name}'" in problem["detail"]
        assert "/reports/definitions" in problem["detail"]
    problem = call.refused("GET", f"/reports/cases?figure=nonsense&{period}", 422, "invalid")
    assert "there is no figure 'nonsense'; /api/v1/reports/definitions" in problem["detail"]
    assert "/customers/" in call.refused("GET", f"/reports?keys=clv.clv&{period}", 422, "invalid")["detail"]
    nothing = call.get("/reports", keys="nps[delivery],occ.rate,smi,ret", **PERIOD)["all"]
    assert {name for name, value in nothing.items() if value} <= {"meta.provisional"}
    of_channel = call.get("/reports", keys="occ", by="channel", **PERIOD)["channel=sms"]
    assert of_channel.keys() == {"meta.provisional"}


def test_every_figure_of_the_definitions_may_be_asked_for(call: Api) -> None:
    names = [name for name in call.get("/reports/definitions") if not name.startswith("clv")]
    assert call.get("/reports", keys=",".join(names), **PERIOD)["all"]


def test_a_figure_of_customers_posts_or_mentions_lists_those(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    with desk.store.transaction() as work:
        customer = work.get_one(Ticket, ticket).customer
        assert customer is not None
        known, name = customer.id, customer.name
    terms = (("K1", known, "2026-03-01"), ("K2", "elsewhere", "2026-12-01"))
    contracts = [
        {"id": id, "kind": "contract.started", "ts": "2025-06-01T09:00:00Z", "contract": id, "customer": who}
        | {"ends": f"{ends}T00:00:00Z"}
        for id, who, ends in terms
    ]
    post = {"kind": "social.snapshot", "post": "p1", "channel": "instagram", "comments": 1, "shares": 0}
    social: list[dict[str, object]] = [
        {**post, "id": "s1", "ts": "2026-01-10T10:00:00Z", "likes": 4, "impressions": 90},
        {
            "id": "m1",
            "kind": "social.mention",
            "ts": "2026-01-12T23:30:00Z",
            "channel": "instagram",
            "sentiment": "0.5",
        },
        {
            "id": "m2",
            "kind": "social.mention",
            "ts": "2026-01-14T10:00:00Z",
            "channel": "facebook",
            "sentiment": "-0.5",
        },
    ]
    add(desk.store, [*contracts, *social])
    asked = {"from": "2026-01-01", "to": "2026-04-01"}
    found = call.get("/reports/cases", figure="ret.churn.rate", **asked)
    since = {"since": "2025-06-01T09:00:00.000Z", "until": None, "amount": 1}
    left = {"customer": known, "name": name, "ticket": ticket, **since, "counted": True}
    stays = {"customer": "elsewhere", "name": None, "ticket": None, **since, "counted": False}
    assert found == {"figure": "ret.churn.rate", "kind": "customer", "total": 2, "items": [left, stays], "next": None}
    sums = call.get("/reports", keys="ret.churn", **asked)["all"]
    assert (sums["ret.churn.k"], sums["ret.churn.n"]) == (1, 2)
    page = call.get("/reports/cases", figure="ret.churn.rate", limit=1, **asked)
    assert (page["items"], page["total"]) == ([left], 2)
    page = call.get("/reports/cases", figure="ret.churn.rate", limit=1, after=page["next"], **asked)
    assert (page["items"], page["next"]) == ([stays], None)
    due = call.get("/reports/cases", figure="ret.renewal.rate", **asked)["items"]
    assert [(one["customer"], one["since"], one["until"]) for one in due] == [(known, None, "2026-03-01T00:00:00.000Z")]

    posts = call.get("/reports/cases", figure="social.likes", **asked)
    assert (posts["kind"], posts["items"]) == ("post", [{"post": "p1", "channel": "instagram", "amount": 4}])
    good = {"mention": "m1", "channel": "instagram", "day": "2026-01-13", "amount": 1, "counted": True}
    bad = {"mention": "m2", "channel": "facebook", "day": "2026-01-14", "amount": 1, "counted": False}
    for as_of, told in (({}, [bad, good]), ({"as_of": "2026-01-13T12:00:00Z"}, [good])):
        mentions = call.get("/reports/cases", figure="social.positive.rate", **asked, **as_of)
        assert (mentions["kind"], mentions["items"]) == ("mention", told)
    some = call.get("/reports/cases", figure="social.mentions", where="channel=instagram", **asked)
    assert some["items"] == [good]

    refused = "figure={}&from=2026-01-01&to=2026-04-01".format
    for asked_wrong, status in (
        (refused("social.likes") + "&where=agent=x", 403),
        (refused("ret.churn.rate") + "&where=channel=email", 422),
        (refused("clv.customers") + "&as_of=2026-03-01T00:00:00Z", 422),
        (refused("clv.nonsense"), 422),
        (refused("ret.nonsense"), 422),
        (refused("social.likes") + "&after=x", 422),
    ):
        assert call("GET", f"/reports/cases?{asked_wrong}").status_code == status, asked_wrong
    assert call.get("/reports/cases", figure="clv.customers", **asked)["kind"] == "customer"
    assert call.of("luca")("GET", f"/reports/cases?{refused('ret.churn.rate')}").status_code == 403


def test_a_figure_without_cases_and_a_period_without_end_are_refused(call: Api) -> None:
    assert call("GET", "/reports/cases?figure=vol.flow_ratio&from=2026-01-01&to=2026-02-01").status_code == 422
    assert call("GET", "/reports/cases?figure=ret.churn&from=2026-02-01&to=2026-01-01").status_code == 422
    assert call("GET", "/reports/cases?figure=frt&from=2026-02-01&to=2026-01-01").status_code == 422


def test_the_settings_of_the_figures_are_told_as_a_report_over_a_file_reads_them(call: Api, desk: Desk) -> None:
    ticket = desk.text()
    with desk.store.transaction() as work:
        customer = work.get_one(Ticket, ticket).customer_id
        settings.put(work, SYSTEM, "desk.timezone", "America/New_York")
    told = call.get("/reports/config")
    with desk.store.reading() as work:
        assert Config.of(told) == figures.basis(work).config
        digest = figures.basis(work).config.digest
    assert told["tz"] == "America/New_York"
    assert call("GET", f"/customers/{customer}/worth").headers["Sportello-Config"] == digest
    call.of("luca").refused("GET", "/reports/config", 403, "forbidden")


def test_figures_say_what_they_were_made_from_and_old_ones_that_new_ones_are_under_way(
    call: Api, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(desk.store, lines(3))
    asked = "from=2026-01-05&to=2026-02-09&keys=vol,frt_bh"
    paths = f"/reports?{asked}", "/reports/cases?figure=vol.inbound&from=2026-01-05&to=2026-02-09", "/reports/config"

    def made_from() -> list[dict[str, str]]:
        every = [dict(call("GET", path).headers.items()) for path in paths]
        return [{name: value for name, value in one.items() if name.startswith("Sportello-")} for one in every]

    end, before = str(call.get("/status")["last_seq"]), call.get(f"/reports?{asked}")
    for one in (old := made_from()):
        assert one.keys() == {"Sportello-Seq", "Sportello-As-Of", "Sportello-Config"}
        assert (one["Sportello-Seq"], one["Sportello-Config"]) == (end, Config.of().digest)
    again = {**{part.partition("=")[0]: part.partition("=")[2] for part in asked.split("&")}, "meta": "true"}
    told = call.get("/reports", as_of=old[0]["Sportello-As-Of"], **again)
    meta = {"seq": int(end), "as_of": old[0]["Sportello-As-Of"], "config": Config.of().digest, "rebuilding": None}
    assert told == {**before, "meta": meta}

    with desk.store.transaction() as work:
        settings.put(work, SYSTEM, "desk.timezone", "Asia/Tokyo")
    with monkeypatch.context() as patched:
        wanted = begun_anew(desk.store, patched, events=100)
        add(desk.store, [{**lines(3)[0], "id": "late"}])
        assert call.get(f"/reports?{asked}") == before
        done = 65 * 100 // desk.store.last_seq()
        for one in made_from():
            assert one["Sportello-Stale"] == f"rebuilding {done} %"
            assert (one["Sportello-Seq"], one["Sportello-Config"]) == (end, Config.of().digest)
        assert call.get(paths[1] + "&meta=true")["meta"]["rebuilding"] == done > 0
    keeper.catch_up(desk.store, wanted)
    for one in made_from():
        assert "Sportello-Stale" not in one
        assert (one["Sportello-Seq"], one["Sportello-Config"]) == (str(desk.store.last_seq()), wanted.digest)
    assert call.get(f"/reports?{asked}") != before
