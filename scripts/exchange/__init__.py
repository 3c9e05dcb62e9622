"""A small exchange for demo and tests: MERCADO, an outside venue that speaks FIX 4.4 and keeps a price-time book."""
