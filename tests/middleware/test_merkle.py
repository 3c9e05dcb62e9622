"""Trees: one root, a proof for each leaf, and no other leaf leads to it."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware import merkle
from middleware.merkle import ALLOTMENT, DISCLOSURE, Kind, Step, Tree

KINDS = st.sampled_from((DISCLOSURE, ALLOTMENT))
LEAVES = st.lists(st.lists(st.text(max_size=20), max_size=3), min_size=1, max_size=33).map(
    lambda leaves: [[str(n), *leaf] for n, leaf in enumerate(leaves)]
)


def leaves(count: int) -> list[list[str]]:
    return [[str(n), f"client {n}", str(10 + n), f"{n:032x}"] for n in range(count)]


def digest(*parts: str) -> str:
    """As the module's documentation says it, in another hand."""
    return hashlib.sha256(b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)).hexdigest()


@pytest.mark.parametrize(("kind", "words"), [(DISCLOSURE, "lonja/disclosure"), (ALLOTMENT, "lonja/allotment")])
def test_the_root_is_made_as_it_is_written_down(kind: Kind, words: str) -> None:
    three = leaves(3)
    first, second, third = (digest(f"{words}/leaf/1", *one) for one in three)
    pair = digest(f"{words}/node/1", first, second)
    tree = Tree(kind, three)
    assert tree.root == digest(f"{words}/node/1", pair, third)
    assert tree.proof(1) == [Step(first, "left"), Step(third, "right")]
    assert tree.proof(2) == [Step(pair, "left")]  # carried up unchanged


def test_one_leaf_alone_is_the_root() -> None:
    tree = Tree(DISCLOSURE, leaves(1))
    assert tree.proof(0) == []
    assert merkle.leads_to(DISCLOSURE, leaves(1)[0], []) == tree.root


@given(KINDS, LEAVES, st.data())
def test_every_leaf_is_led_to_the_root_and_no_changed_one_is(
    kind: Kind, told: list[list[str]], data: st.DataObject
) -> None:
    tree = Tree(kind, told)
    n = data.draw(st.integers(0, len(told) - 1))
    leaf, steps = told[n], tree.proof(n)
    assert merkle.leads_to(kind, leaf, steps) == tree.root
    for at, text in enumerate(leaf):
        assert merkle.leads_to(kind, [*leaf[:at], text + "0", *leaf[at + 1 :]], steps) != tree.root
    assert merkle.leads_to(kind, [*leaf, ""], steps) != tree.root
    assert merkle.leads_to(kind, leaf, [*steps, Step(tree.root, "left")]) != tree.root
    other = ALLOTMENT if kind is DISCLOSURE else DISCLOSURE
    assert merkle.leads_to(other, leaf, steps) != tree.root


@given(KINDS, LEAVES, LEAVES)
def test_different_leaves_have_different_roots(kind: Kind, one: list[list[str]], other: list[list[str]]) -> None:
    assert (Tree(kind, one).root == Tree(kind, other).root) == (one == other)


def test_where_a_text_ends_counts() -> None:
    assert Tree(DISCLOSURE, [["0", "ab", "1", "c"]]).root != Tree(DISCLOSURE, [["0", "a", "1", "bc"]]).root
    first, second = leaves(2)
    # A leaf that spells a node is none.
    spelled = [Tree(DISCLOSURE, [first]).root, *second[1:]]
    assert Tree(DISCLOSURE, [spelled]).root != Tree(DISCLOSURE, [first, second]).root


def test_there_is_no_tree_of_nothing() -> None:
    with pytest.raises(ValueError, match="needs a leaf"):
        Tree(DISCLOSURE, [])
