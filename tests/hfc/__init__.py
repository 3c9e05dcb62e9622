"""Tests of the second ledger driver, which run in a process of their own: its messages clash with the first one's."""
