"""What an organisation's own installation says of itself."""

import json
from pathlib import Path

import pytest

from middleware.config import load
from scripts import member


@pytest.mark.parametrize(("organisation", "told"), [("custodian", ""), ("regulator", "no lane of regulator")])
def test_who_endorses_without_a_lane_of_its_own_is_told_so(tmp_path: Path, organisation: str, told: str) -> None:
    config = load({"LONJA_STATE": str(tmp_path), "LONJA_ORGANISATION": organisation})
    began_with = [{"id": "operator", "msp_id": "OperatorMSP"}, {"id": "custodian", "msp_id": "CustodianMSP"}]
    config.genesis_file.write_text(json.dumps({"organisations": began_with}))
    said = member.without_lane(config)
    assert told in said
    assert bool(said) is bool(told)
