"""Lets fabric-sdk-py, whose last release is of 2020, run on today's Python and protobuf.

Its generated message modules are refused by protobuf since version 4. What they hold is still right: each carries its
file's descriptor as bytes, from which protobuf's own builder makes the classes anew.
"""

import ast
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import logging
import sys
from collections.abc import Sequence
from types import ModuleType

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.internal import builder

_MESSAGES = "hfc.protos."
_DESCRIPTOR = "  serialized_pb=_b("
_CHATTY = ("hfc", "aiogrpc")


class _Finder(importlib.abc.MetaPathFinder):
    """Takes the SDK's message modules before the ordinary import does."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not (name.startswith(_MESSAGES) and name.endswith("_pb2")):
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        if found is None or not isinstance(found.loader, importlib.abc.InspectLoader):
            return None
        return importlib.util.spec_from_loader(name, _Rebuilding(found.loader))


class _Rebuilding(importlib.abc.Loader):
    """Makes a message module from the descriptor in its source, instead of running that."""

    def __init__(self, original: importlib.abc.InspectLoader) -> None:
        self._original = original

    def exec_module(self, module: ModuleType) -> None:
        content = _descriptor(self._original.get_source(module.__name__) or "")
        for needed in descriptor_pb2.FileDescriptorProto.FromString(content).dependency:
            importlib.import_module(needed.removesuffix(".proto").replace("/", ".") + "_pb2")
        made = descriptor_pool.Default().AddSerializedFile(content)
        vars(module)["DESCRIPTOR"] = made
        builder.BuildMessageAndEnumDescriptors(made, vars(module))
        builder.BuildTopDescriptorsAndMessages(made, module.__name__, vars(module))


def _descriptor(source: str) -> bytes:
    (line,) = (line for line in source.splitlines() if line.startswith(_DESCRIPTOR))
    text: str = ast.literal_eval(line.removeprefix(_DESCRIPTOR).removesuffix(")"))
    return text.encode("latin1")


def prepare() -> None:
    """Make the SDK importable. Refuses where the other driver is loaded: both define the same messages."""
    if "fabric_protos" in sys.modules:
        raise ImportError("the fabric driver is loaded in this process; the hfc driver needs one of its own")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    if importlib.util.find_spec("_sha256") is None:  # a private module of Python, gone since 3.12
        stand_in = ModuleType("_sha256")
        vars(stand_in)["sha256"] = hashlib.sha256
        sys.modules["_sha256"] = stand_in
    for name in _CHATTY:  # they tell everything, and of a stream that breaks where in their own code it did
        logging.getLogger(name).propagate = False
        logging.getLogger(name).addHandler(logging.NullHandler())
