"""SQL and the ledger agree, by the command that an operator uses."""

from scripts.product import Product


def reconciles(product: Product) -> None:
    """Every key that either of them has is the same in the other."""
    said = product.lonja("reconcile")
    assert "reconcile: clean" in said.stdout, said.stdout + said.stderr
