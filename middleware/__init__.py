"""Lonja's middleware: the REST door, the relay down to the ledger and the mirror back from it."""

__version__ = "0.1.0"
