"""How the database came to its shape: numbered revisions that say why. One that has landed is never edited."""
