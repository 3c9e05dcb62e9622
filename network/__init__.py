"""The Fabric network: one topology, several ways to run it. See README.md beside this file."""
