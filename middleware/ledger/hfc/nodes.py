"""The SDK's peer and orderer, without the text of every message that they make for a log which nobody keeps.

For a full batch that took longer than signing, sending and endorsing it.
"""

from typing import Any

from hfc.fabric import orderer, peer
from hfc.util.utils import stream_envelope


class Peer(peer.Peer):  # type: ignore[misc]
    """A peer of the network."""

    def send_proposal(self, proposal: Any) -> Any:
        """What the peer answers, to be awaited."""
        return self._endorser_client.ProcessProposal(proposal)


class Orderer(orderer.Orderer):  # type: ignore[misc]
    """An orderer of the network."""

    def broadcast(self, envelope: Any) -> Any:
        """The orderer's answers, as a stream."""
        return self._orderer_client.Broadcast(stream_envelope(envelope))
