"""The certification of a broker's FIX session: a run of small conversations that scores itself."""
