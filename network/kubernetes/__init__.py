"""The network and the product on Kubernetes: manifests, and the Secrets that they name. See README.md beside this."""
