"""The tree over an omnibus account's clients: one root, a proof for each, and no other leaf leads to it."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware import merkle
from middleware.merkle import Leaf, Step

LEAVES = st.lists(
    st.builds(Leaf, st.text(min_size=1, max_size=20), st.integers(1, 2**63 - 1), st.text("0123456789abcdef")),
    min_size=1,
    max_size=33,
)


def leaves(count: int) -> list[Leaf]:
    return [Leaf(f"client {n}", 10 + n, f"{n:032x}") for n in range(count)]


def digest(*parts: str) -> str:
    """As the module's documentation says it, in another hand."""
    return hashlib.sha256(b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)).hexdigest()


def test_the_root_is_made_as_it_is_written_down() -> None:
    three = leaves(3)
    first, second, third = (
        digest("lonja/disclosure/leaf/1", str(n), one.client, str(one.quantity), one.salt)
        for n, one in enumerate(three)
    )
    pair = digest("lonja/disclosure/node/1", first, second)
    assert merkle.root(three) == digest("lonja/disclosure/node/1", pair, third)
    assert merkle.proof(three, 1) == [Step(first, "left"), Step(third, "right")]
    assert merkle.proof(three, 2) == [Step(pair, "left")]  # carried up unchanged


def test_one_client_alone_is_the_root() -> None:
    assert merkle.proof(leaves(1), 0) == []
    assert merkle.leads_to(leaves(1)[0], 0, []) == merkle.root(leaves(1))


@given(LEAVES, st.data())
def test_every_leaf_is_led_to_the_root_and_no_changed_one_is(tree: list[Leaf], data: st.DataObject) -> None:
    root = merkle.root(tree)
    n = data.draw(st.integers(0, len(tree) - 1))
    leaf, steps = tree[n], merkle.proof(tree, n)
    assert merkle.leads_to(leaf, n, steps) == root
    for wrong in (
        replace(leaf, quantity=leaf.quantity - 1),
        replace(leaf, client=leaf.client + "x"),
        replace(leaf, salt=leaf.salt + "0"),
    ):
        assert merkle.leads_to(wrong, n, steps) != root
    assert merkle.leads_to(leaf, n + 1, steps) != root
    assert merkle.leads_to(leaf, n, [*steps, Step(root, "left")]) != root


@given(LEAVES, LEAVES)
def test_different_clients_have_different_roots(one: list[Leaf], other: list[Leaf]) -> None:
    assert (merkle.root(one) == merkle.root(other)) == (one == other)


def test_where_a_text_ends_counts() -> None:
    assert merkle.root([Leaf("ab", 1, "c")]) != merkle.root([Leaf("a", 1, "bc")])
    assert merkle.root([Leaf("a", 11, "")]) != merkle.root([Leaf("a1", 1, "")])
    first, second = leaves(2)
    # A leaf that spells a node is none.
    node = Leaf(merkle.root([first]), second.quantity, second.salt)
    assert merkle.root([node]) != merkle.root([first, second])


def test_there_is_no_tree_of_nobody() -> None:
    with pytest.raises(ValueError, match="needs a leaf"):
        merkle.root([])
