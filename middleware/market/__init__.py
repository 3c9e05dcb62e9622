"""Matching: pure folds of the ledger's facts. No clock, no SQL, no network."""
