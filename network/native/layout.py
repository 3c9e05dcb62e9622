"""Where everything of a network lies below the state folder. The only place that joins these paths."""

from dataclasses import dataclass
from pathlib import Path

from network.topology import Member

# What the state folder is called in containers.
ROOT_IN_CONTAINERS = Path("/lonja")


@dataclass(frozen=True)
class Membership:
    """A folder in Fabric's MSP form: whose signatures count and, for a member, its own certificate and key."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "cacerts" / "ca.pem"

    @property
    def tls_authority(self) -> Path:
        return self.folder / "tlscacerts" / "tls-ca.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "signcerts" / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "keystore" / "key.pem"

    @property
    def roles(self) -> Path:
        return self.folder / "config.yaml"


@dataclass(frozen=True)
class Tls:
    """A TLS certificate, its key, and the authority that vouches for the other side."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"


@dataclass(frozen=True)
class Identities:
    """The folder of one organisation's certificates and keys."""

    folder: Path

    def authority(self, purpose: str) -> Tls:
        """The root for `purpose`: signing, tls or chaincode."""
        return Tls(self.folder / "authorities" / purpose)

    @property
    def membership(self) -> Membership:
        """What the channel knows of the organisation: no keys."""
        return Membership(self.folder / "msp")

    def member(self, name: str) -> Membership:
        return Membership(self.folder / "members" / name)

    def tls(self, name: str) -> Tls:
        return Tls(self.folder / "tls" / name)


@dataclass(frozen=True)
class Layout:
    """The `network` folder of a state folder."""

    folder: Path

    @property
    def made(self) -> Path:
        """Written last by `prepare`: what this network was made with."""
        return self.folder / "made.json"

    @property
    def crypto(self) -> Path:
        return self.folder / "crypto"

    def identities(self, organisation_id: str) -> Identities:
        return Identities(self.crypto / organisation_id)

    @property
    def channel(self) -> Path:
        return self.folder / "channel"

    @property
    def builder(self) -> Path:
        return self.folder / "builder"

    def package(self, organisation: Member, number: int = 1) -> Path:
        """The organisation's package; each upgrade has its own."""
        name = organisation.id if number == 1 else f"{organisation.id}-{number}"
        return self.folder / "packages" / f"{name}.tar.gz"

    @property
    def deployment(self) -> Path:
        """What is run for which definition of the chaincode."""
        return self.folder / "deployment.json"

    @property
    def upgrading(self) -> Path:
        """Held by whoever changes the deployment."""
        return self.folder / "upgrading"

    def program(self, fingerprint: str) -> Path:
        """A chaincode program that was approved, by its SHA-256."""
        return self.folder / "programs" / fingerprint / "chaincode"

    @property
    def nodes(self) -> Path:
        return self.folder / "nodes"

    def node(self, name: str) -> Path:
        return self.nodes / name

    def orderer_ledger(self, name: str, channel: str) -> Path:
        return self.node(name) / "ledger" / "chains" / channel

    def peer_ledger(self, name: str, channel: str) -> Path:
        return self.node(name) / "production" / "ledgersData" / "chains" / "chains" / channel

    def builds(self, name: str) -> Path:
        """What a peer keeps of the packages it installed."""
        return self.node(name) / "production" / "externalbuilder" / "builds"

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    @property
    def connection(self) -> Path:
        """The first organisation's view of the network; written last, when all of it works."""
        return self.folder / "connection.json"

    def connection_of(self, organisation_id: str) -> Path:
        """The same network as another organisation sees it."""
        return self.folder / f"connection-{organisation_id}.json"
