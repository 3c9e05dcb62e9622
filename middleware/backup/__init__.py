"""A whole installation in one file under a passphrase, and back: database, documents, keys, genesis, ledger.

A backup is taken while everything runs; only a ledger must stand still to be copied (a node's files change under the
copier), so it goes with it when its network is stopped. Restoring reads and checks all of a backup before it touches
anything, puts aside what was there, and can be run again when it was broken off.
"""

from middleware.backup.contents import Manifest
from middleware.backup.restoring import refuse_unfinished, restore
from middleware.backup.taking import backup

__all__ = ["Manifest", "backup", "refuse_unfinished", "restore"]
