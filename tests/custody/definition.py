"""The trees and proofs of RFC 6962 as its recursive definitions have them, and known ones."""

from __future__ import annotations

from hashlib import sha256

from forensics.custody import tree

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
