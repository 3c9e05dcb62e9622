"""What one conversation cannot show: other sessions, other certificates, and a process that dies."""

import os
import signal
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace

import psutil
import pytest

from middleware import ids
from scripts.desk import Refused, path
from scripts.fix_client import FixClient, Heard, now
from tests.fix.stage import Floor

Until = Callable[[Callable[[], bool]], None]


def order(floor: Floor, client_id: str, **more: str) -> dict[int, str]:
    """An order for Alice that rests; `more` by the names of tags, such as t38."""
    fields = {11: client_id, 1: floor.account("ALICE"), 55: "ACME", 54: "1", 60: now(), 38: "10", 40: "2", 44: "20.00"}
    return fields | {int(tag[1:]): value for tag, value in more.items()}


def logged_on(floor: Floor, comp_id: str, **more: int) -> FixClient:
    """Called and logged on, with the numbers of the session as the API shows them."""
    time.sleep(0.5)  # what was said last is noted within a moment
    number = int(floor.desk("OPERATOR").get(path("sessions", comp_id))["next_in"])
    client = floor.client(comp_id, next_out=more.get("next_out", number))
    answer = client.log_on()
    assert answer is not None
    assert answer.type == "A", str(answer)
    return client


def heard(client: FixClient, type: str, wanted: dict[int, str]) -> Heard:
    found = client.expect(type, wanted, seconds=10)
    assert found is not None, "\n".join(map(str, client.heard[-5:]))
    return found


def test_a_drop_copy_hears_every_report_and_says_nothing(floor: Floor) -> None:
    broker, copy, name = logged_on(floor, "CASA8"), logged_on(floor, "CASA8-DC"), ids.new()
    broker.send("D", order(floor, name))
    first = heard(broker, "8", {11: name, 150: "A"})
    copied = heard(copy, "8", {11: name, 150: "A", 797: "Y"})
    assert [copied[tag] for tag in (17, 37, 39, 151)] == [first[tag] for tag in (17, 37, 39, 151)]
    assert not first[797]
    copy.send("D", order(floor, ids.new()))
    assert "only listens" in heard(copy, "j", {372: "D", 380: "3"})[58]
    copy.log_out()
    broker.send("F", {11: ids.new(), 41: name, 54: "1", 60: now(), 55: "ACME", 38: "10"})
    heard(broker, "8", {150: "4", 41: name})
    broker.log_out()
    copy = logged_on(floor, "CASA8-DC")
    heard(copy, "8", {150: "4", 41: name, 797: "Y"})
    copy.log_out()


def test_above_the_throttle_a_message_is_refused_and_the_session_stays(floor: Floor) -> None:
    client = logged_on(floor, "CASA8-SLOW")
    for _ in range(12):
        client.send("F", {11: ids.new(), 41: "x", 54: "1", 60: now(), 55: "ACME", 38: "10"})
    refused = heard(client, "j", {372: "F", 380: "0"})
    assert "more than 5 messages a second" in refused[58]
    client.log_out()


def test_a_flood_is_cut(floor: Floor) -> None:
    client = logged_on(floor, "CASA8-SLOW")
    for _ in range(60):
        client.send("1", {112: "x"})
    while client.next(5) is not None:
        pass
    assert not client.is_open


def test_another_certificate_or_address_is_not_answered(floor: Floor) -> None:
    stolen = replace(floor.line("CASA9"), comp_id="CASA8")
    for line in (stolen, floor.line("CASA8-FAR")):
        client = FixClient(line)
        client.connect()
        assert client.log_on() is None
        assert not client.is_open


def test_without_a_certificate_there_is_no_line(floor: Floor) -> None:
    context = ssl.create_default_context(cafile=floor.line("CASA8").authority)
    with socket.create_connection(("127.0.0.1", floor.product.config.fix_port)) as plain:
        assert _said_by(context, plain) == b""


def _said_by(context: ssl.SSLContext, plain: socket.socket) -> bytes:
    """What comes back over TLS; nothing when it is refused, which TLS 1.3 says only after the handshake."""
    try:
        with context.wrap_socket(plain, server_hostname="localhost") as line:
            line.sendall(b"8=FIX.4.4\x01")
            return line.recv(1)
    except OSError:
        return b""


def test_a_group_without_end_is_cut(floor: Floor) -> None:
    client = logged_on(floor, "CASA8")
    client.send("D", order(floor, ids.new(), t78="5000"))
    assert client.next(5) is None
    assert not client.is_open


def test_a_second_connection_of_a_session_is_not_answered(floor: Floor) -> None:
    first = logged_on(floor, "CASA9")
    second = floor.client("CASA9", next_out=first.next_out)
    assert second.log_on() is None
    first.send("1", {112: "still there"})
    heard(first, "0", {112: "still there"})
    first.log_out()


def test_a_reset_that_the_profile_allows_begins_at_one(floor: Floor) -> None:
    for _ in range(2):
        client = floor.client("CASA8-RESETS")
        answer = client.log_on(reset=True)
        assert answer is not None
        assert (answer.type, answer[34], answer[141]) == ("A", "1", "Y")
        name = ids.new()
        client.send("D", order(floor, name))
        heard(client, "8", {11: name, 150: "A", 34: "2"})
        client.log_out()
        time.sleep(0.2)


def test_a_reset_within_the_day_takes_broker_and_operator(floor: Floor, until: Until) -> None:
    logged_on(floor, "CASA9").log_out()
    where = path("sessions", "CASA9", "reset")
    with pytest.raises(Refused) as refused:
        floor.desk("OPERATOR").post(where, {})
    assert refused.value.reason == "reset"
    assert floor.desk("CASA9").post(where, {})["reset_asked_by"] == "casa9"
    shown = floor.desk("OPERATOR").post(where, {})
    assert (shown["next_in"], shown["next_out"], shown["reset_asked_by"]) == ("1", "1", "")
    time.sleep(2.5)
    client = floor.client("CASA9")
    answer = client.log_on()
    assert answer is not None
    assert (answer.type, answer[34]) == ("A", "1")
    client.log_out()


def test_a_disabled_session_is_cut_and_told_why(floor: Floor, until: Until) -> None:
    client = logged_on(floor, "CASA9")
    floor.desk("OPERATOR").post(path("sessions", "CASA9", "disabling"), {})
    while client.next(5) is not None:
        pass
    assert not client.is_open
    client = floor.client("CASA9", next_out=client.next_out)
    answer = client.log_on()
    assert answer is not None
    assert (answer.type, answer[58]) == ("5", "the session CASA9 is disabled")
    client.close()
    floor.desk("OPERATOR").post(path("sessions", "CASA9", "enabling"), {})
    until(lambda: _answers(floor, "CASA9"))


def _answers(floor: Floor, comp_id: str) -> bool:
    number = int(floor.desk("OPERATOR").get(path("sessions", comp_id))["next_in"])
    client = floor.client(comp_id, next_out=number)
    answer = client.log_on()
    client.log_out()
    return answer is not None and answer.type == "A"


def test_messages_are_shown_to_their_party_and_read_tag_by_tag(floor: Floor) -> None:
    client, name = logged_on(floor, "CASA8"), ids.new()
    client.send("D", order(floor, name))
    heard(client, "8", {11: name})
    client.log_out()
    casa, where = floor.desk("CASA8"), path("sessions", "CASA8", "messages")
    (came,) = casa.get(where, direction="in", text=name)["items"]
    assert (came["type"], came["session"]) == ("D", "CASA8")
    read = casa.get(path("messages", str(came["number"])))
    assert {"tag": "11", "value": name} == {
        key: one[key] for one in read["fields"] if one["tag"] == "11" for key in ("tag", "value")
    }
    other = floor.desk("CASA9")
    assert other.find(where) is None
    assert other.find(path("messages", str(came["number"]))) is None
    assert "CASA8" not in str(other.get("/sessions"))


def test_a_session_that_is_lost_takes_its_orders_along_where_its_profile_says_so(floor: Floor, until: Until) -> None:
    client, name = logged_on(floor, "CASA8-GONE"), ids.new()
    client.send("D", order(floor, name))
    heard(client, "8", {11: name, 150: "A"})
    client.close()
    until(lambda: floor.desk("CASA8").get("/entries", client_id=name)["items"][0]["status"] == "withdrawn")


def test_told_to_stop_it_says_goodbye_and_ends_in_order(floor: Floor, until: Until) -> None:
    client, said = logged_on(floor, "CASA8-DC"), floor.product.said().count("fix ended (exit code 0)")
    os.kill(_process(floor), signal.SIGTERM)
    heard(client, "5", {})
    client.log_out()
    until(lambda: floor.product.said().count("fix ended (exit code 0)") > said)
    assert floor.desk("OPERATOR").get(path("sessions", "CASA8-DC"))["state"] == "down"
    floor.wait_for("CASA8-DC")


def test_killed_in_the_middle_it_loses_nothing_and_enters_nothing_twice(floor: Floor, until: Until) -> None:
    """The process dies among forty orders. The broker answers what it asks for again, as an engine does."""
    client, names = logged_on(floor, "CASA8"), [ids.new() for _ in range(40)]
    sent = {}
    for count, name in enumerate(names):
        sent[client.next_out] = fields = order(floor, name, t38=str(count + 1))
        client.send("D", fields)
        if count == 25:
            os.kill(_process(floor), signal.SIGKILL)
    client.close()
    answers = _go_on(floor, client, sent)
    assert {answer[11] for answer in answers if answer[150] == "A"} >= set(names)
    by_report = {}
    for answer in answers:
        assert by_report.setdefault(answer[17], (answer[11], answer[150])) == (answer[11], answer[150])
    for name in names:
        assert len(floor.desk("CASA8").get("/entries", client_id=name)["items"]) == 1


def _go_on(floor: Floor, before: FixClient, sent: dict[int, dict[int, str]]) -> list[Heard]:
    """Call again until somebody is there, and send again what is asked for; all reports of both lives."""
    deadline = time.monotonic() + 20
    while True:
        try:
            client = floor.client("CASA8", next_out=before.next_out)
            if client.log_on(seconds=2.0):
                break
        except OSError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.2)
    told = {int(one[34]) for one in before.heard}
    missing = min(set(range(1, max(told) + 2)) - told - set(range(1, min(told))))
    client.send("2", {7: str(missing), 16: "0"})
    while (message := client.next(3.0)) is not None:
        if message.type == "2":
            _send_again(client, int(message[7]), sent)
    client.log_out()
    return [one for one in (*before.heard, *client.heard) if one.type == "8"]


def _send_again(client: FixClient, begin: int, sent: dict[int, dict[int, str]]) -> None:
    for number in range(begin, client.next_out):
        header = {43: "Y", 122: now()}
        if number in sent:
            client.send("D", sent[number], seq=number, header=header)
        else:
            client.send("4", {123: "Y", 36: str(number + 1)}, seq=number, header=header)


def _process(floor: Floor) -> int:
    children = psutil.Process(floor.product.pid).children(recursive=True)
    return next(child.pid for child in children if child.cmdline()[-1:] == ["middleware.fix"])
