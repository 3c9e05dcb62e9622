"""Commands around the product: environment, start, demo, bench."""
