"""Who may import whom (the floors of the house)."""

import pytest

from tests.house.source import Place, go_imports, imports, under, within

FORBIDDEN = {
    "web": ("middleware", "network", "scripts", "tests", "sqlalchemy", "grpc"),
    "middleware": ("web", "scripts", "tests"),
    "network": ("middleware", "web", "tests"),
    "scripts": ("tests",),
    # Doors speak to use cases, never to tables or the ledger.
    "middleware/api": ("middleware.models", "middleware.ledger", "middleware.relay", "middleware.mirror", "sqlalchemy"),
    "middleware/fix": ("middleware.models", "middleware.ledger", "middleware.relay", "middleware.mirror", "sqlalchemy"),
    # Use cases never see a request, a FIX message or gRPC.
    "middleware/services": ("middleware.api", "middleware.fix", "flask", "flask_smorest", "werkzeug", "grpc"),
    "middleware/models": ("middleware.services", "middleware.api", "middleware.relay", "middleware.mirror", "flask"),
    "middleware/ledger": ("middleware.services", "middleware.api", "middleware.relay", "middleware.mirror", "flask"),
}
PURE = ("middleware.market", "middleware.ids", "middleware.amounts", "middleware.errors")
GO_LEDGER_MAY_IMPORT = ("github.com/go-jose/go-jose/", "github.com/gowebpki/jcs", "lonja/chaincode/ledger")
GO_LEDGER_NEVER = ("math/rand", "crypto/rand", "os", "net", "sync", "unsafe", "runtime", "plugin", "io/fs")
SHIM = "github.com/hyperledger/fabric-chaincode-go"


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_floor_imports_only_what_is_below_it(folder: str) -> None:
    found = [place for path in under(folder, suffix=".py") for place in imports(path)]
    assert [str(place) for place in found if within(place, *FORBIDDEN[folder])] == []


def test_matching_is_pure() -> None:
    found = [place for path in under("middleware/market", suffix=".py") for place in imports(path)]
    assert [str(p) for p in found if within(p, "middleware") and not within(p, *PURE) and p.text != "middleware"] == []
    effects = ("sqlalchemy", "flask", "os", "time", "socket", "random", "threading", "requests", "grpc")
    assert [str(p) for p in found if within(p, *effects)] == []


def test_only_the_port_loads_drivers_and_only_when_asked() -> None:
    """The drivers' message definitions clash, so one process loads one; the port picks it inside a function."""
    drivers = ("middleware.ledger.fabric", "middleware.ledger.sandbox", "middleware.ledger.hfc")
    found = [p for path in under("middleware", suffix=".py") for p in imports(path) if within(p, *drivers)]
    outside = [p for p in found if not p.path.startswith(("middleware/ledger/", "middleware/cli"))]
    assert [str(place) for place in outside] == []


def test_the_rules_import_the_standard_library_and_two_libraries_for_signatures() -> None:
    for path in _go("chaincode/ledger"):
        for package in go_imports(path):
            standard = "." not in package.split("/")[0] and not package.startswith("lonja/")
            assert standard or package.startswith(GO_LEDGER_MAY_IMPORT), f"{path} imports {package}"
            assert package not in GO_LEDGER_NEVER, f"{path} imports {package}"
            assert not package.startswith("net/"), f"{path} imports {package}"


def test_only_the_contract_and_its_program_know_fabric() -> None:
    for path in _go("chaincode"):
        if not path.startswith(("chaincode/contract/", "chaincode/cmd/chaincode/")):
            assert not [p for p in go_imports(path) if p.startswith((SHIM, "github.com/hyperledger/"))], path


def _go(folder: str) -> list[str]:
    found = [path for path in under(folder, suffix=".go") if not path.endswith("_test.go")]
    assert found, f"no Go source in {folder}"
    return found


def test_the_test_itself_sees_imports() -> None:
    assert Place("tests/house/test_floors.py", 3, "pytest") in list(imports("tests/house/test_floors.py"))
