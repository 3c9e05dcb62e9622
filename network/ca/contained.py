"""Fabric CA's servers as containers, beside a network of containers. The start speaks to them at published ports."""

from pathlib import Path
from typing import Any

import yaml

from network.ca import server
from network.ca.authorities import Authorities
from network.ca.layout import homes
from network.containers import compose, engine, images, running
from network.containers.running import Say
from network.native.identities import organisation_ids
from network.node import EVERYWHERE, HOST, host_of
from network.process import Process

PROGRAM = Path("fabric-ca-server")


def prepare(found: Authorities, say: Say) -> Process:
    """Have the image, write the compose file; the process that keeps the servers up."""
    running.get(images.CA, say)
    user = running.user(homes(found.state.resolve()))
    services = {host_of(server.name(id)): service(found, id, user) for id in organisation_ids(found.topology)}
    file = found.layout.folder / engine.AUTHORITIES
    file.write_text(yaml.safe_dump({"services": services}, sort_keys=False))
    return running.keeper_of(file, found.layout, found.processes())


def service(found: Authorities, organisation_id: str, user: str) -> dict[str, Any]:
    """One server. Its settings name files, so its folder has one path here and there; it sees no other's."""
    home, port = found.home(organisation_id), found.port(organisation_id)
    told = server.process(home, organisation_id, PROGRAM, port, found.layout.folder, EVERYWHERE)
    return {
        "image": str(images.CA),
        "entrypoint": list(told.argv),
        "user": user,
        "working_dir": str(home.folder),
        "environment": dict(told.env),
        "volumes": [f"{home.folder}:{home.folder}"],
        "ports": [f"{HOST}:{port}:{port}"],
        **compose.guarded(),
        "restart": "on-failure",
        "stop_grace_period": compose.GRACE,
    }
