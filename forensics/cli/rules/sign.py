"""`earwitness rules sign`: vouch for a pack as it is."""

from __future__ import annotations

import os
from pathlib import Path

import click

from forensics.cli.wording import counted
from forensics.custody.keys import SigningKey, is_name, load_key_file, write_key_file
from forensics.errors import InputError, RuleError
from forensics.rulebook.pack import find_packs, read_pack
from forensics.rulebook.signing import SIGNATURE, sign
from forensics.text_safety import visible


@click.command(name="sign")
@click.argument("packs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PACK...")
@click.option("--key", "file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The private key.")
@click.option("--new-key", "is_new", is_flag=True, help="Make the key first; its file must not be there yet.")
def sign_packs(packs: tuple[Path, ...], file: Path, is_new: bool) -> int:
    """Sign packs: pack.sig holds the digest of every file, and Ed25519 signatures over them.

    The key is a PEM file (PKCS 8) that only its owner can read; its file's name is the signer's name. What is printed
    last goes into the setting rules_signers of those who rely on it.
    """
    key = _key(file, is_new=is_new)
    for place in (place for path in packs for place in find_packs(path)):
        if place.is_file():
            raise RuleError(f"{place}: a lone rule file cannot be signed; put it into a folder")
        count = sign(place, read_pack(place).manifest, key)
        click.echo(visible(f"{place / SIGNATURE}: {counted(count, 'file')} signed by {key.name}"), err=True)
    click.echo(str(key.verifier))
    return 0


def _key(file: Path, *, is_new: bool) -> SigningKey:
    if not is_name(file.stem):
        raise InputError(f"{visible(file.stem)}: no name for a signer; one word without a plus sign")
    if is_new:
        write_key_file(file, os.urandom(32))
    return load_key_file(file, file.stem)
