"""Proofs that evidence was not changed: the chain, the Merkle tree over it, signed heads, and who checks them."""
