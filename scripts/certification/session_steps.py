"""The session: numbers, gaps, repetitions, and messages that are wrong in form."""

from scripts.certification.run import HEARTBEAT_SECONDS, SECONDS, Failed, Run, Skipped
from scripts.fix_client import SOH, FixClient, Line, now


def logon(run: Run) -> None:
    """Logon is answered with Logon."""
    if run.client.heard[-1:] == [] or not run.client.is_open:
        raise Failed("Logon (35=A)")


def test_request(run: Run) -> None:
    """A test request is answered with its own id."""
    run.is_alive()


def heartbeat(run: Run) -> None:
    """In silence a heartbeat comes at the interval that was agreed."""
    before = len(run.client.heard)
    run.wait(HEARTBEAT_SECONDS * 1.5 + 1)
    if not any(message.type == "0" and not message[112] for message in run.client.heard[before:]):
        raise Failed(f"Heartbeat (35=0) within {HEARTBEAT_SECONDS} s of silence")


def gap(run: Run) -> None:
    """A gap in our numbers is asked for, and a gap fill closes it."""
    missing = run.client.next_out
    run.client.next_out += 2
    run.client.send("0")
    run.expect("2", {7: str(missing)}, f"ResendRequest (35=2) from 7={missing}")
    fill = {123: "Y", 36: str(run.client.next_out)}
    run.client.send("4", fill, seq=missing, header={43: "Y", 122: now()})
    run.is_alive()


def possible_duplicate(run: Run) -> None:
    """A number that was seen before, marked PossDup, is ignored."""
    run.client.send("D", run.order_fields(), seq=run.client.next_out - 1, header={43: "Y", 122: now()})
    before = len(run.client.heard)
    run.is_alive()
    if any(message.type in ("8", "3", "j") for message in run.client.heard[before:]):
        raise Failed("no answer to a repeated number", str(run.client.heard[-2]))


def bad_checksum(run: Run) -> None:
    """A message with a wrong checksum is ignored as if it had not come: its number is still free."""
    raw = run.client.build("0").decode()
    body, _, total = raw.rstrip(SOH).rpartition("=")
    run.client.send_raw(f"{body}={(int(total) + 1) % 256:03}{SOH}".encode())
    run.is_alive()


def missing_tag(run: Run) -> None:
    """A required tag that is missing is named."""
    run.rejected("D", run.order_fields({54: None}), 54, "Side (54) is missing")


def wrong_value(run: Run) -> None:
    """A value that the tag cannot have is named."""
    run.rejected("D", run.order_fields({54: "Z"}), 54, "Side (54) cannot be Z")


def wrong_format(run: Run) -> None:
    """A value of the wrong type is named."""
    run.rejected("D", run.order_fields({38: "ten"}), 38, "OrderQty (38) is not a number")


def unknown_tag(run: Run) -> None:
    """A tag that FIX does not know is named."""
    run.rejected("D", run.order_fields({4999: "x"}), 4999, "4999 is no tag of FIX 4.4")


def unknown_type(run: Run) -> None:
    """A message type that we do not take is refused, and the session stays up."""
    seq = run.client.next_out
    run.client.send("R", {131: run.new_id(), 146: "1", 55: run.terms.instrument})
    run.expect("j 3", {45: str(seq), 58: "*"}, f"BusinessMessageReject (35=j) with 45={seq} and a text")
    run.is_alive()


def resend(run: Run) -> None:
    """What we ask for again comes again, marked PossDup, with its first sending time."""
    run.settle()
    run.client.send("2", {7: "1", 16: "0"})
    found = run.expect("4 8 9 3 j 5", {43: "Y"}, "messages with PossDupFlag (43) Y, or gap fills (35=4, 123=Y)")
    if found.type != "4" and not found[122]:
        raise Failed("OrigSendingTime (122) on what is resent", str(found))
    run.settle()
    run.is_alive()


def another_comp_id(run: Run) -> None:
    """Another name with this certificate is not answered."""
    line = run.line
    stranger = Line(line.host, line.port, f"{line.comp_id}X", line.target, line.certificate, line.key, line.authority)
    other = FixClient(stranger)
    other.connect(SECONDS)
    answer = other.log_on(seconds=SECONDS)
    other.close()
    if answer is not None and answer.type == "A":
        raise Failed("no Logon for a name that is not the certificate's", str(answer))


def drop_copy_logon(run: Run) -> None:
    """The drop copy session logs on beside the order session, and listens from now on."""
    if run.drop_copy is None:
        raise Skipped("no --drop-copy-comp-id was given")
    run.copy = Run(run.drop_copy, run.terms, heartbeat_seconds=300)
    run.copy.log_on()
    run.copy.is_alive()


def drop_copy_reads_only(run: Run) -> None:
    """An order on the drop copy session is refused."""
    copy = _copy(run)
    seq = copy.client.next_out
    copy.client.send("D", copy.order_fields())
    copy.expect("j", {45: str(seq), 380: "3", 58: "*"}, f"BusinessMessageReject (35=j) with 45={seq}, 380=3 and a text")


def drop_copy(run: Run) -> None:
    """The drop copy session heard every report of this run about an order, marked 797=Y."""
    copy = _copy(run)
    copy.wait(SECONDS / 2)
    reports = [message for message in run.client.heard if message.type == "8" and message[43] != "Y"]
    told = {message[17] for message in reports if message[37] != "NONE"}
    heard = {message[17] for message in copy.client.heard if message.type == "8" and message[797] == "Y"}
    copy.client.log_out(SECONDS)
    if missing := told - heard:
        raise Failed("each ExecID (17) of this run with CopyMsgIndicator (797) Y", f"without {sorted(missing)[:5]}")


def _copy(run: Run) -> Run:
    if run.copy is None or not run.copy.client.is_open:
        raise Skipped("the drop copy session is not there")
    return run.copy


def logout(run: Run) -> None:
    """Logout is answered with Logout."""
    if run.client.log_out(SECONDS) is None:
        raise Failed("Logout (35=5)", "nothing")
