"""Where an organisation's certificate authority keeps what is its own, apart from what nodes read."""

from dataclasses import dataclass
from pathlib import Path

from network.native.layout import Tls

SIGNING, TLS = "signing", "tls"
PURPOSES = (SIGNING, TLS)


@dataclass(frozen=True)
class Home:
    """The folder of one organisation's server: two authorities with their keys, databases and secrets."""

    folder: Path

    @property
    def config(self) -> Path:
        """The server's settings and those of its signing authority. Secrets stand in it."""
        return self.folder / "fabric-ca-server-config.yaml"

    @property
    def second(self) -> Path:
        """The settings of the authority for TLS."""
        return self.folder / TLS / "fabric-ca-config.yaml"

    @property
    def server(self) -> Tls:
        """The server's own certificate."""
        return Tls(self.folder / "server")

    def root(self, purpose: str) -> Tls:
        return Tls(self.folder / "roots" / purpose)


def homes(state: Path) -> Path:
    """The folder with every organisation's server. It is there when the network was made with Fabric CA."""
    return state / "network" / "authorities"


def home(state: Path, organisation_id: str) -> Home:
    return Home(homes(state) / organisation_id)
