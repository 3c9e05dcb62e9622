"""The ledger by fabric-sdk-py: the same road as the `fabric` driver's, with the SDK's own objects.

Slower and without Byzantine ordering (README); here so that nobody depends on one client alone, and for what the SDK
does well: decoding blocks. Importing this package makes the SDK importable.
"""

from middleware.ledger.hfc.loading import prepare

prepare()
