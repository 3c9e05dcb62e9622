"""The reader of FIX messages: every tag has a name, every value a meaning, every fault a sentence."""

from pathlib import Path

import pytest
import simplefix
from hypothesis import given
from hypothesis import strategies as st

from middleware import dictionary, tags
from middleware.dictionary import Field
from middleware.errors import Error

HEADER = "35=D|49=CASA1|56=LONJA|34=2|52=20261125-18:00:00.000|"
BODY = "11=A1|1=ALICE:x|48=MX01AC100006|22=4|54=1|60=20261125-18:00:00|38=40|40=2|44=25.00|"


def framed(body: str) -> str:
    """A message whose length and checksum are right."""
    head = f"8=FIX.4.4|9={len(body.encode())}|{body}"
    return f"{head}10={sum(head.replace('|', dictionary.SOH).encode()) % 256:03}|"


def problems(raw: str) -> dict[str, str]:
    return {field.tag: field.problem for field in dictionary.read(raw) if field.problem}


def named(raw: str, tag: str) -> list[Field]:
    return [field for field in dictionary.read(raw) if field.tag == tag]


def test_a_message_of_another_codec_reads_without_a_problem() -> None:
    message = simplefix.FixMessage()
    message.append_pair(8, "FIX.4.4")
    for pair in (HEADER + BODY).rstrip("|").split("|"):
        message.append_string(pair)
    raw = message.encode().decode()
    fields = {field.tag: field for field in dictionary.read(raw)}
    assert {tag: field.problem for tag, field in fields.items() if field.problem} == {}
    assert fields["35"] == Field("35", "MsgType", "D", "new order single", True)
    assert fields["54"] == Field("54", "Side", "1", "buy", True)
    assert fields["22"] == Field("22", "SecurityIDSource", "4", "isin number")
    assert fields["44"] == Field("44", "Price", "25.00")


def test_fields_stand_as_they_stood_in_the_message() -> None:
    raw = framed(HEADER + BODY)
    assert "".join(f"{field.tag}={field.value}|" for field in dictionary.read(raw)) == raw


def test_our_own_tags_have_names_and_say_what_they_are_for() -> None:
    (field,) = named(framed(HEADER + BODY + "20884=ALICE:y|"), "20884")
    assert (field.name, field.problem) == ("LonjaCashAccount", "")
    assert "cash account" in field.meaning
    assert named(framed(HEADER + BODY + "20999=z|"), "20999")[0].name == "user-defined"
    assert len({tag.name for tag in tags.OURS}) == len(tags.OURS)
    assert all(tag.number in tags.USER_DEFINED for tag in tags.OURS)


def test_a_repeating_group_is_read_entry_by_entry() -> None:
    parties = "453=2|448=CASA1|447=D|452=1|448=ALICE|447=D|452=3|802=1|523=x|803=1|"
    raw = framed(HEADER + BODY + parties)
    assert problems(raw) == {}
    assert [field.meaning for field in named(raw, "452")] == ["executing firm", "client id"]


def test_our_own_tag_inside_an_entry_does_not_end_it() -> None:
    assert problems(framed(HEADER + BODY + "78=2|79=A|20884=B|80=1|79=C|20884=D|80=2|")) == {}


def test_a_groups_count_that_is_wrong_is_named() -> None:
    assert problems(framed(HEADER + BODY + "453=2|448=CASA1|")) == {"453": "says 2, but 1 follow"}


def test_an_entry_that_begins_in_the_middle_is_named() -> None:
    assert problems(framed(HEADER + BODY + "453=1|447=D|448=CASA1|")) == {"447": "an entry of 453 begins with 448"}


def test_what_an_entry_must_have_is_missed_in_it() -> None:
    report = "571=R1|570=N|32=1|31=1|75=20261125|60=20261125-18:00:00|"
    raw = framed(HEADER.replace("35=D", "35=AE") + report + "552=2|54=1|37=A|37=B|54=2|")
    assert [field.problem for field in named(raw, "54")] == ["", ""]
    raw = framed(HEADER.replace("35=D", "35=AE") + report + "552=1|54=1|")
    assert problems(raw) == {"37": "is missing"}


@pytest.mark.parametrize(
    ("change", "tag", "problem"),
    [
        (("38=40", "38=4O"), "38", "is not a decimal number"),
        (("60=20261125-18:00:00", "60=now"), "60", "is not a time in UTC such as 20261125-18:00:00.000"),
        (("54=1", "54=Ñ"), "54", "'Ñ' is none of its values"),
        (("54=1", "54=12"), "54", "is not one character"),
        (("38=40", "38="), "38", "has no value"),
        (("38=40", "38=40|38=50"), "38", "stands here a second time"),
        (("38=40", "38=40|150=0"), "150", "does not belong in NewOrderSingle"),
        (("38=40", "38=40|9999=0"), "9999", "is not a tag of FIX 4.4"),
        (("38=40", "38=40|junk"), "", "is not of the form tag=value"),
        (("38=40", "38=40|-3=1"), "-3", "'-3' is not the number of a tag"),
        (("54=1|", ""), "54", "is missing"),
        (("11=A1|", ""), "11", "is missing"),
        (("35=D", "35=ZZ"), "35", "'ZZ' is none of its values"),
        (("34=2", "34=-2"), "34", "is not a whole number from 0"),
        (("22=4", "22=4|15=pesos"), "15", "is not a currency such as MXN"),
    ],
)
def test_a_fault_is_named_at_its_tag(change: tuple[str, str], tag: str, problem: str) -> None:
    assert problems(framed((HEADER + BODY).replace(*change))) == {tag: problem}


def test_a_wrong_length_or_checksum_is_named_with_the_right_one() -> None:
    raw = framed(HEADER + BODY)
    length, total = raw.split("|")[1][2:], raw.rstrip("|")[-3:]
    assert problems(raw.replace(f"|9={length}|", "|9=7|"))["9"] == f"the body has {length} bytes"
    assert problems(raw.replace(f"|10={total}|", "|10=xyz|")) == {"10": f"the bytes add up to {total}"}


def test_a_message_without_its_frame_is_read_all_the_same() -> None:
    found = problems("35=D|11=A1|54=1|60=20261125-18:00:00|40=2|")
    assert found["35"] == "is not field 3 of the message"
    assert found["8"] == "is missing; is not field 1 of the message"
    assert "11" not in found


def test_a_data_field_may_hold_separators() -> None:
    raw = framed(HEADER + BODY + "354=5|355=a|b|c|")
    assert problems(raw) == {}
    assert named(raw, "355")[0].value == "a|b|c"


@given(st.text(st.sampled_from("0123456789=|\x018ADñ\udcff"), max_size=200))
def test_whatever_comes_is_read_to_its_end(raw: str) -> None:
    separator = dictionary.SOH if dictionary.SOH in raw else "|"
    fields = [field for field in dictionary.read(raw) if "is missing" not in field.problem]
    read = "".join(field.tag + field.value for field in fields)
    assert read.replace("=", "").replace(separator, "") == raw.replace("=", "").replace(separator, "")


def test_a_type_names_what_it_must_have() -> None:
    required = [tag.name for tag in tags.fix44().required("D")]
    assert required == ["ClOrdID", "Side", "TransactTime", "OrdType"]


def test_our_spelling_is_the_houses() -> None:
    assert tags.fix44().tags[39].values["4"] == "cancelled"


def test_without_the_engine_the_refusal_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(Error, match="Install quickfix_py"):
        tags.fix44(str(tmp_path))
