"""Fabric CA: a certificate authority for each organisation, at which nodes and clients are enrolled. See README.md."""
