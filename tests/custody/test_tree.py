from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody import tree
from forensics.errors import Malformed

# The inputs and roots that implementations of Certificate Transparency (RFC 6962) are held against.
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
FIRST_OF_EIGHT = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
SIX_IN_EIGHT = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
LEAVES = [tree.leaf_hash(data) for data in INPUTS]
MANY = [tree.leaf_hash(bytes([number])) for number in range(70)]

sizes = st.integers(1, len(MANY))


def plain_root(leaves):
    """MTH of RFC 6962 section 2.1, as it stands there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = plain_half(len(leaves))
    return sha256(b"\1" + plain_root(leaves[:half]) + plain_root(leaves[half:])).digest()


def plain_half(count):
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def plain_path(index, leaves):
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return ()
    half = plain_half(len(leaves))
    if index < half:
        return (*plain_path(index, leaves[:half]), plain_root(leaves[half:]))
    return (*plain_path(index - half, leaves[half:]), plain_root(leaves[:half]))


def plain_subproof(first, leaves, is_known):
    """SUBPROOF of section 2.1.2."""
    if first == len(leaves):
        return () if is_known else (plain_root(leaves),)
    half = plain_half(len(leaves))
    if first <= half:
        return (*plain_subproof(first, leaves[:half], is_known), plain_root(leaves[half:]))
    return (*plain_subproof(first - half, leaves[half:], False), plain_root(leaves[:half]))


def grown(leaves):
    frontier = tree.Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier


def one_inclusion(index, size, leaves=MANY):
    return tree.prove(leaves, inclusion=[(index, size)]).inclusion[index, size]


def one_consistency(first, second, leaves=MANY):
    return tree.prove(leaves, consistency=[(first, second)]).consistency[first, second]


def test_the_roots_known_from_certificate_transparency():
    assert tree.root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert [tree.root_of(LEAVES[:size]).hex() for size in range(1, 9)] == ROOTS


def test_the_proofs_known_from_certificate_transparency():
    assert [step.hex() for step in one_inclusion(0, 8, LEAVES)] == FIRST_OF_EIGHT
    assert [step.hex() for step in one_consistency(1, 8, LEAVES)] == FIRST_OF_EIGHT
    assert [step.hex() for step in one_consistency(6, 8, LEAVES)] == SIX_IN_EIGHT


@given(size=st.integers(0, len(MANY)))
def test_a_root_is_that_of_the_definition(size):
    assert tree.root_of(MANY[:size]) == plain_root(MANY[:size])


@given(size=sizes, data=st.data())
def test_proofs_are_those_of_the_definition_and_hold(size, data):
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    made = tree.prove(iter(MANY), inclusion=[(index, size)], consistency=[(first, size)])
    path, link = made.inclusion[index, size], made.consistency[first, size]
    assert path == plain_path(index, MANY[:size])
    assert link == plain_subproof(first, MANY[:size], True)
    old, new = plain_root(MANY[:first]), plain_root(MANY[:size])
    assert tree.is_included(MANY[index], index=index, size=size, proof=path, root=new)
    assert tree.is_consistent(first=first, second=size, first_root=old, second_root=new, proof=link)


@given(size=sizes, data=st.data())
def test_a_proof_of_something_else_does_not_hold(size, data):
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    path, root = one_inclusion(index, size), plain_root(MANY[:size])
    assert not tree.is_included(tree.leaf_hash(b"another"), index=index, size=size, proof=path, root=root)
    if other != index:
        assert not tree.is_included(MANY[index], index=other, size=size, proof=path, root=root)
    assert not tree.is_included(MANY[index], index=index, size=size, proof=(*path, root), root=root)
    for place in range(len(path)):
        bent = (*path[:place], tree.leaf_hash(path[place]), *path[place + 1 :])
        assert not tree.is_included(MANY[index], index=index, size=size, proof=bent, root=root)
        assert not tree.is_included(MANY[index], index=index, size=size, proof=path[:place], root=root)


@given(size=sizes, data=st.data())
def test_a_tree_that_was_rewritten_is_not_consistent(size, data):
    first = data.draw(st.integers(1, size))
    place = data.draw(st.integers(0, first - 1))
    changed = [*MANY[:place], tree.leaf_hash(b"changed"), *MANY[place + 1 : size]]
    link = one_consistency(first, size, changed)
    known, new = plain_root(MANY[:first]), plain_root(changed)
    assert not tree.is_consistent(first=first, second=size, first_root=known, second_root=new, proof=link)
    for bent in (link[:-1], (*link, known)):
        assert not tree.is_consistent(first=first, second=size, first_root=known, second_root=new, proof=bent)


def test_every_tree_begins_with_the_empty_one():
    root = plain_root(MANY)
    assert tree.is_consistent(first=0, second=70, first_root=tree.EMPTY_ROOT, second_root=root, proof=())
    assert not tree.is_consistent(first=0, second=70, first_root=root, second_root=root, proof=())
    assert not tree.is_consistent(first=71, second=70, first_root=root, second_root=root, proof=())
    assert not tree.is_consistent(first=64, second=70, first_root=root, second_root=root, proof=())


@given(size=st.integers(0, len(MANY)), stop=st.integers(0, len(MANY)))
def test_a_frontier_is_taken_up_where_it_was_left(size, stop):
    stop = min(stop, size)
    kept = grown(MANY[:stop]).to_bytes()
    again = tree.Frontier.from_bytes(kept)
    for leaf in MANY[stop:size]:
        again.append(leaf)
    assert (again.size, again.root()) == (size, plain_root(MANY[:size]))


@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"\0" * 7 + b"\3" + b"x" * 32, b"\0" * 8 + b"x" * 32])
def test_a_frontier_that_is_none_is_refused(data):
    with pytest.raises(Malformed):
        tree.Frontier.from_bytes(data)


@pytest.mark.parametrize(("inclusion", "consistency"), [((8, 8), None), ((0, 9), None), (None, (5, 4)), (None, (4, 9))])
def test_a_proof_that_there_cannot_be_is_refused(inclusion, consistency):
    with pytest.raises(ValueError, match=r"leaf|leaves|begin"):
        tree.prove(LEAVES, inclusion=filter(None, [inclusion]), consistency=filter(None, [consistency]))
