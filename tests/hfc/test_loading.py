"""The SDK of 2020 on today's protobuf, and never beside the other driver."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from middleware.ledger import Unavailable, hfc
from middleware.ledger.hfc import driver, loading, sdk


def test_a_message_survives_being_written_and_read() -> None:
    header = sdk.common.ChannelHeader(type=sdk.common.ENDORSER_TRANSACTION, channel_id="lonja", tx_id="t1")
    header.timestamp.CopyFrom(sdk.building.current_timestamp())
    read = sdk.common.ChannelHeader.FromString(header.SerializeToString())
    assert (read, read.type) == (header, 3)


def test_maps_of_messages_work() -> None:
    """What breaks first when the SDK runs on protobuf's slow fallback."""
    group = sdk.configuration.ConfigGroup(version=1)
    group.groups["Application"].values["MSP"].version = 7
    assert (
        sdk.configuration.ConfigGroup.FromString(group.SerializeToString()).groups["Application"].values["MSP"].version
        == 7
    )


def test_the_sdk_is_prepared_once() -> None:
    before = list(sys.meta_path)
    loading.prepare()
    assert sys.meta_path == before


def test_its_own_talk_stays_out_of_our_logs() -> None:
    assert not any(loading.logging.getLogger(name).propagate for name in ("hfc", "aiogrpc"))


@pytest.mark.parametrize(
    ("first", "second"),
    [("middleware.ledger.fabric", hfc.__name__), (f"{hfc.__name__}.driver", "middleware.ledger.fabric")],
)
def test_the_two_drivers_are_never_in_one_process(first: str, second: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", f"import {first}, {second}"], capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert "one of its own" in ended.stderr or "duplicate" in ended.stderr


def test_asking_for_one_driver_loads_that_one() -> None:
    program = """
import sys
from pathlib import Path
from pathlib import Path
from middleware.config import load
from middleware.ledger import connect
for name in ("hfc", "fabric_protos"):
    assert name not in sys.modules, name
connect(load({"LONJA_LEDGER_DRIVER": "hfc", "LONJA_STATE": "/nonexistent"}))
assert "hfc" in sys.modules and "fabric_protos" not in sys.modules
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_where_orderers_may_lie_it_sends_nothing(tmp_path: Path) -> None:
    file = tmp_path / "connection.json"
    file.write_text(json.dumps({"confirmations": 2}))
    with pytest.raises(Unavailable, match="LONJA_LEDGER_DRIVER=fabric"):
        driver.Hfc(file).submit(1, ["jws"])
    with pytest.raises(Unavailable, match="the network is not up"):
        driver.Hfc(tmp_path / "none").tips()
