"""The certification run scores what comes, whatever comes, against a counterparty that keeps to nothing."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import simplefix

from scripts.certification import __main__ as script
from scripts.certification import order_steps, run, session_steps
from scripts.certification.run import Run, Terms
from scripts.fix_client import FixClient, Heard, Line

Answer = Callable[[Heard], list[dict[int, str]]]


def message(fields: dict[int, str], number: int) -> bytes:
    made = simplefix.FixMessage()
    for tag, value in {8: "FIX.4.4", 35: "", 49: "LONJA", 56: "CASA1", 34: str(number), **fields}.items():
        made.append_pair(tag, value)
    return bytes(made.encode())


@contextmanager
def counterparty(answer: Answer) -> Iterator[Line]:
    """Answers each message as it is told, on one connection after the other, without looking at numbers."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                with connection:
                    _converse(connection, answer)

        threading.Thread(target=serve, daemon=True).start()
        yield Line("127.0.0.1", server.getsockname()[1], "CASA1")
        server.shutdown(socket.SHUT_RDWR)


def _converse(connection: socket.socket, answer: Answer) -> None:
    parser, number = simplefix.FixParser(), 0
    while chunk := connection.recv(65_536):
        parser.append_buffer(chunk)
        while (heard := parser.get_message()) is not None:
            for fields in answer(Heard(heard)):
                number += 1
                connection.sendall(message(fields, number))


def polite(heard: Heard) -> list[dict[int, str]]:
    """Logs on, and answers test requests; knows nothing else."""
    if heard.type == "A":
        return [{35: "A", 98: "0", 108: heard[108]}]
    return [{35: "0", 112: heard[112]}] if heard.type == "1" else []


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that has not come by now does not come."""
    monkeypatch.setattr(run, "SECONDS", 0.3)
    monkeypatch.setattr(order_steps, "LATER_SECONDS", 0.3)


Maker = Callable[[Line], Run]


@pytest.fixture
def of() -> Iterator[Maker]:
    """Makes runs, and hangs up at the end."""
    made: list[Run] = []

    def make(line: Line) -> Run:
        made.append(Run(line, Terms("ALICE:x", "ACME")))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


def test_what_is_right_passes(of: Maker) -> None:
    with counterparty(polite) as line:
        made = of(line)
        assert made.take("logon", session_steps.logon).outcome == "passed"
        assert made.take("test", session_steps.test_request).outcome == "passed"


def test_what_does_not_come_fails_with_what_was_sent_and_expected(of: Maker) -> None:
    with counterparty(polite) as line:
        made = of(line)
        made.take("logon", session_steps.logon)
        failed = made.take("account", order_steps.unknown_account)
    assert (failed.outcome, failed.received) == ("failed", "nothing")
    assert "103=15" in failed.expected
    assert "|1=NOBODY:" in failed.sent[0]


def test_an_answer_with_another_reason_fails_and_is_shown(of: Maker) -> None:
    def wrong(heard: Heard) -> list[dict[int, str]]:
        rejected = {35: "8", 11: heard[11], 150: "8", 39: "8", 103: "99", 58: "no"}
        return [rejected] if heard.type == "D" else polite(heard)

    with counterparty(wrong) as line:
        failed = of(line).take("account", order_steps.unknown_account)
    assert failed.outcome == "failed"
    assert "103=99" in failed.received


def test_a_number_that_is_too_low_is_learned_from_the_logout(of: Maker) -> None:
    def strict(heard: Heard) -> list[dict[int, str]]:
        if heard.type == "A" and heard[34] != "7":
            return [{35: "5", 58: f"MsgSeqNum too low, expecting 7 but received {heard[34]}"}]
        return polite(heard)

    with counterparty(strict) as line:
        made = of(line)
        assert made.take("logon", session_steps.logon).outcome == "passed"
        assert made.client.next_out == 8


def test_without_a_session_the_run_ends_at_once(of: Maker) -> None:
    with counterparty(lambda _: []) as line:
        results = list(script.certify(of(line)))
    assert [result.outcome for result in results] == ["failed"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (result,) = script.certify(of(Line("127.0.0.1", port, "CASA1")))
    assert (result.outcome, result.expected) == ("failed", "a connection")


def test_a_line_that_was_lost_is_called_again(of: Maker) -> None:
    with counterparty(polite) as line:
        made = of(line)
        made.take("logon", session_steps.logon)
        made.client.close()
        assert made.take("test", session_steps.test_request).outcome == "passed"


def test_what_cannot_be_taken_is_skipped_and_says_why(of: Maker) -> None:
    with counterparty(polite) as line:
        made = of(line)
        outcomes = [made.take("x", step) for step in (order_steps.cancel, session_steps.drop_copy_logon)]
    assert [one.outcome for one in outcomes] == ["skipped", "skipped"]
    assert "--drop-copy-comp-id" in outcomes[1].expected


def test_a_test_request_of_the_other_side_is_answered() -> None:
    heard: list[Heard] = []

    def curious(one: Heard) -> list[dict[int, str]]:
        heard.append(one)
        return [*polite(one), {35: "1", 112: "ARE YOU THERE"}] if one.type == "A" else polite(one)

    with counterparty(curious) as line:
        client = FixClient(line)
        client.connect()
        assert client.log_on() is not None
        assert client.next(0.3) is None
        client.close()
    assert [one[112] for one in heard if one.type == "0"] == ["ARE YOU THERE"]


def test_the_command_line_says_what_the_run_trades_with() -> None:
    said = ["--comp-id", "CASA1", "--account", "A:1", "--instrument", "ACME", "--limit", "2.5", "--affirmation", "none"]
    made = script.made(script._options([*said, "--drop-copy-comp-id", "CASA1-DC", "--key", "k.pem"]))
    assert (made.terms.account, str(made.terms.limit), made.terms.is_affirmed) == ("A:1", "2.5", False)
    assert made.drop_copy is not None
    assert (str(made.line.key), made.drop_copy.comp_id) == ("k.pem", "CASA1-DC")


@pytest.mark.parametrize("wrong", [["--limit", "x"], ["--affirmation", "some"], []])
def test_a_command_line_that_is_wrong_is_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        script._options(wrong)
    assert "error:" in capsys.readouterr().err
