"""Who sends: our organisation's client certificate, and signatures in the form that Fabric takes."""

from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from middleware.ledger.fabric.protos import identities

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256's group
_SHA256 = ec.ECDSA(hashes.SHA256())


class Identity:
    """The service identity that signs envelopes. It gives no right over any holding: commands are signed apart."""

    def __init__(self, msp_id: str, certificate: Path, key: Path) -> None:
        self.msp_id = msp_id
        self.creator: bytes = identities.SerializedIdentity(
            mspid=msp_id, id_bytes=certificate.read_bytes()
        ).SerializeToString()
        private = load_pem_private_key(key.read_bytes(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key} does not hold an elliptic curve key")
        self._key = private

    def sign(self, message: bytes) -> bytes:
        """ECDSA over SHA-256, DER, S in the lower half: Fabric refuses the other of the two equal signatures."""
        r, s = decode_dss_signature(self._key.sign(message, _SHA256))
        return encode_dss_signature(r, min(s, _ORDER - s))
