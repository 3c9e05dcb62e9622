"""Tells the channel whose certificates an organisation has revoked: peers and orderers know of no other way.

The organisation's own administrator suffices: the list is part of what the channel knows of that organisation alone.
"""

import asyncio
from pathlib import Path
from typing import Any

from middleware.ledger import reaching
from middleware.ledger.hfc import ordering, sdk
from middleware.ledger.hfc.background import Background
from middleware.ledger.hfc.connection import Connection, connect
from middleware.ledger.hfc.endorsing import agreed, ask

ASK_WITHIN_SECONDS = 15.0
KNOWN_WITHIN_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.1


def publish(file: Path, organisation: str, certificate: Path, key: Path, revoked: bytes) -> int:
    """Put a list of revoked certificates (DER) into the channel; the sequence of the configuration that has it.

    `certificate` and `key` are the administrator's. Returns once every peer has it.
    """
    background = Background()
    try:
        return background.run(_publish(_as(file, organisation, certificate, key), revoked))
    finally:
        background.close()


def _as(file: Path, organisation: str, certificate: Path, key: Path) -> dict[str, Any]:
    """The network's connection as another of its organisations' administrator would have it."""
    said = reaching.network(file)
    for one in said["organisations"]:
        if one["id"] == organisation:
            one["client"] = {"certificate": str(certificate), "key": str(key)}
    return {**said, "organisation": organisation}


async def _publish(said: dict[str, Any], revoked: bytes) -> int:
    connection = await connect(said)
    config = await _config(connection, connection.organisation)
    await ordering.send(connection, _signed(connection, _update(connection, config, revoked)))
    async with asyncio.timeout(KNOWN_WITHIN_SECONDS):
        for organisation in connection.peers:
            while (known := (await _config(connection, organisation)).sequence) <= config.sequence:
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    return int(known)


async def _config(connection: Connection, organisation: str) -> Any:
    """The channel's configuration as one organisation's peer has it."""
    asked = [b"GetConfigBlock", connection.channel_name.encode()]
    (answer,) = agreed((await ask(connection, "cscc", asked, [organisation], ASK_WITHIN_SECONDS)).answers, 1)
    block = sdk.common.Block.FromString(answer.response.payload)
    payload = sdk.common.Payload.FromString(sdk.common.Envelope.FromString(block.data.data[0]).payload)
    return sdk.configuration.ConfigEnvelope.FromString(payload.data).config


def _update(connection: Connection, config: Any, revoked: bytes) -> bytes:
    """What changes: one value of one organisation's group, a version higher; the groups above are only read."""
    application = config.channel_group.groups["Application"]
    group = application.groups[connection.organisation]
    update = sdk.configuration.ConfigUpdate(channel_id=connection.channel_name)
    for part in (update.read_set, update.write_set):
        part.version = config.channel_group.version
        part.groups["Application"].version = application.version
        part.groups["Application"].groups[connection.organisation].version = group.version
    changed = update.write_set.groups["Application"].groups[connection.organisation].values["MSP"]
    changed.CopyFrom(group.values["MSP"])
    changed.version += 1
    changed.value = _with(changed.value, revoked)
    content: bytes = update.SerializeToString()
    return content


def _with(membership: bytes, revoked: bytes) -> bytes:
    """An organisation's membership with this list of revoked certificates, which holds all earlier ones too."""
    outer = sdk.memberships.MSPConfig.FromString(membership)
    inner = sdk.memberships.FabricMSPConfig.FromString(outer.config)
    del inner.revocation_list[:]
    inner.revocation_list.append(revoked)
    outer.config = inner.SerializeToString()
    content: bytes = outer.SerializeToString()
    return content


def _signed(connection: Connection, update: bytes) -> bytes:
    context = connection.context()
    header = sdk.common.SignatureHeader(creator=context.identity, nonce=context.nonce).SerializeToString()
    signature = {"signature_header": header, "signature": context.sign(header + update)}
    whole = sdk.configuration.ConfigUpdateEnvelope(config_update=update, signatures=[signature])
    kind, at = sdk.common.CONFIG_UPDATE, sdk.building.current_timestamp()
    channel_header = sdk.building.build_channel_header(kind, context.tx_id, connection.channel_name, at)
    payload = sdk.common.Payload(data=whole.SerializeToString())
    payload.header.CopyFrom(sdk.building.build_header(context.identity, channel_header, context.nonce))
    content: bytes = sdk.building.sign_tran_payload(context, payload.SerializeToString()).SerializeToString()
    return content
