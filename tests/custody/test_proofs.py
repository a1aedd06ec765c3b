import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody import proofs, tree
from tests.custody.definition import (
    FIRST_OF_EIGHT,
    LEAVES,
    MANY,
    SIX_IN_EIGHT,
    plain_path,
    plain_root,
    plain_subproof,
)

sizes = st.integers(1, len(MANY))


def one_inclusion(index, size, leaves=MANY):
    return proofs.prove(leaves, inclusion=[(index, size)]).inclusion[index, size]


def one_consistency(first, second, leaves=MANY):
    return proofs.prove(leaves, consistency=[(first, second)]).consistency[first, second]


def test_the_proofs_known_from_certificate_transparency():
    assert [step.hex() for step in one_inclusion(0, 8, LEAVES)] == FIRST_OF_EIGHT
    assert [step.hex() for step in one_consistency(1, 8, LEAVES)] == FIRST_OF_EIGHT
    assert [step.hex() for step in one_consistency(6, 8, LEAVES)] == SIX_IN_EIGHT


@given(size=sizes, data=st.data())
def test_proofs_are_those_of_the_definition_and_hold(size, data):
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    made = proofs.prove(iter(MANY), inclusion=[(index, size)], consistency=[(first, size)])
    path, link = made.inclusion[index, size], made.consistency[first, size]
    assert path == plain_path(index, MANY[:size])
    assert link == plain_subproof(first, MANY[:size], True)
    old, new = plain_root(MANY[:first]), plain_root(MANY[:size])
    assert proofs.is_included(MANY[index], index=index, size=size, proof=path, root=new)
    assert proofs.is_consistent(first=first, second=size, first_root=old, second_root=new, proof=link)


@given(size=sizes, data=st.data())
def test_a_proof_of_something_else_does_not_hold(size, data):
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    path, root = one_inclusion(index, size), plain_root(MANY[:size])
    assert not proofs.is_included(tree.leaf_hash(b"another"), index=index, size=size, proof=path, root=root)
    if other != index:
        assert not proofs.is_included(MANY[index], index=other, size=size, proof=path, root=root)
    assert not proofs.is_included(MANY[index], index=index, size=size, proof=(*path, root), root=root)
    for place in range(len(path)):
        bent = (*path[:place], tree.leaf_hash(path[place]), *path[place + 1 :])
        assert not proofs.is_included(MANY[index], index=index, size=size, proof=bent, root=root)
        assert not proofs.is_included(MANY[index], index=index, size=size, proof=path[:place], root=root)


@given(size=sizes, data=st.data())
def test_a_tree_that_was_rewritten_is_not_consistent(size, data):
    first = data.draw(st.integers(1, size))
    place = data.draw(st.integers(0, first - 1))
    changed = [*MANY[:place], tree.leaf_hash(b"changed"), *MANY[place + 1 : size]]
    link = one_consistency(first, size, changed)
    known, new = plain_root(MANY[:first]), plain_root(changed)
    assert not proofs.is_consistent(first=first, second=size, first_root=known, second_root=new, proof=link)
    for bent in (link[:-1], (*link, known)):
        assert not proofs.is_consistent(first=first, second=size, first_root=known, second_root=new, proof=bent)


def test_every_tree_begins_with_the_empty_one():
    root = plain_root(MANY)
    assert proofs.is_consistent(first=0, second=70, first_root=tree.EMPTY_ROOT, second_root=root, proof=())
    assert not proofs.is_consistent(first=0, second=70, first_root=root, second_root=root, proof=())
    assert not proofs.is_consistent(first=71, second=70, first_root=root, second_root=root, proof=())
    assert not proofs.is_consistent(first=64, second=70, first_root=root, second_root=root, proof=())


@pytest.mark.parametrize(("inclusion", "consistency"), [((8, 8), None), ((0, 9), None), (None, (5, 4)), (None, (4, 9))])
def test_a_proof_that_there_cannot_be_is_refused(inclusion, consistency):
    with pytest.raises(ValueError, match=r"leaf|leaves|begin"):
        proofs.prove(LEAVES, inclusion=filter(None, [inclusion]), consistency=filter(None, [consistency]))
