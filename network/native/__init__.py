"""The network as processes of this machine: no containers, one topology, Fabric 2.1 and 3.x.

`prepare` makes (or finds again) everything a network needs before its first process starts; the `Network` it returns
describes the processes, deploys the chaincode once they serve, and tells where clients connect.
"""

from network.native.network import Network, find, prepare

__all__ = ["Network", "find", "prepare"]
