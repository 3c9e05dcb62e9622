"""What reaches outside, or cannot be repeated, stands in exactly one module of its package."""

from collections.abc import Iterator

import pytest

from tests.house.source import Place, go_code, imports, names, under, within

PACKAGES = ("middleware", "web")
WORLD = {
    "the environment": ("os.environ", "os.getenv", "os.environb"),
    "the clock": (
        "datetime.now",
        "datetime.utcnow",
        "datetime.datetime.now",
        "date.today",
        "time.time",
        "time.time_ns",
    ),
    "chance": ("uuid.uuid4", "uuid4", "uuid.uuid1", "os.urandom", "random", "secrets", "uuid6"),
    "HTTP": ("requests", "urllib3", "http.client", "httpx", "urllib.request"),
    "gRPC": ("grpc", "fabric_protos"),
    "the SDK": ("hfc",),
    "the typesetter": ("typst",),
}
# A door that is a folder or a family of files counts as one module.
FAMILIES = ("middleware/ledger/fabric", "middleware/ledger/hfc")
# The sandbox is our own program on loopback; webhooks call strangers, under rules that would only hide in one module
# with it: which addresses may be reached, where the connection goes, how long it may take.
APART = {"HTTP": {"middleware/outward.py"}}
GO_FORBIDDEN = ("time.Now", "rand.", "os.", "runtime.", "float32", "float64", "fmt.Print", "%p", "math.Float")


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("world", WORLD)
def test_the_world_is_asked_in_one_module_of_its_package(world: str, package: str) -> None:
    found = [place for path in under(package, suffix=".py") for place in _used(path, WORLD[world])]
    doors = {_door(place.path) for place in found} - APART.get(world, set())
    assert len(doors) <= 1, "\n".join(map(str, found))


def _used(path: str, wanted: tuple[str, ...]) -> Iterator[Place]:
    yield from (place for place in imports(path) if within(place, *wanted))
    yield from (place for place in names(path) if place.text in wanted)


def _door(path: str) -> str:
    return next((family for family in FAMILIES if path.startswith(family)), path)


def test_the_rules_have_no_clock_no_chance_no_float_and_no_goroutine() -> None:
    for path in under("chaincode/ledger", suffix=".go"):
        if path.endswith("_test.go"):
            continue
        for place in go_code(path):
            assert not [word for word in GO_FORBIDDEN if word in place.text], str(place)
            assert not place.text.startswith(("go ", "select {")), str(place)
