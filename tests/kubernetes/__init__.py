"""The Kubernetes manifests: rendered as a cluster would be told, and looked at."""
