"""Which images the containers are made of. Each has a variable that names another one."""

from collections.abc import Mapping
from dataclasses import dataclass

from network.ca import program
from network.fetched import VERSION as VERSION

RELEASE = (int(VERSION.split(".")[0]), int(VERSION.split(".")[1]))


@dataclass(frozen=True)
class Image:
    """An image by its default name, and the variable of the environment that names another in its place."""

    variable: str
    default: str

    def named(self, environment: Mapping[str, str]) -> str:
        """What it is called where compose reads this environment."""
        return environment.get(self.variable) or self.default

    def __str__(self) -> str:
        """As compose files say it."""
        return f"${{{self.variable}:-{self.default}}}"


PEER = Image("LONJA_PEER_IMAGE", f"hyperledger/fabric-peer:{VERSION}")
ORDERER = Image("LONJA_ORDERER_IMAGE", f"hyperledger/fabric-orderer:{VERSION}")
CA = Image("LONJA_CA_IMAGE", f"hyperledger/fabric-ca:{program.VERSION}")
CHAINCODE = Image("LONJA_CHAINCODE_IMAGE", "lonja-chaincode")
PRODUCT = Image("LONJA_IMAGE", "lonja")
