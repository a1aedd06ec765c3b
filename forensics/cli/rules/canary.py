"""`earwitness rules canary`: words to plant, and what a pack is to know of them."""

from __future__ import annotations

import click

from forensics.errors import InputError
from forensics.rulebook.canaries import digest, new_salt, new_word


@click.command()
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--id", "id", default="OUR-CANARY", show_default=True, help="The rule's id.")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 1000), help="Words made without WORD.")
def canary(*, words: tuple[str, ...], id: str, count: int) -> int:
    """Print a rule for canary words, for `fingerprints/*.toml` of a pack; without WORD it makes them up.

    The words go to stderr, once: plant them where only a leak would carry them (a clip's notes, a title nobody shows).
    The rule holds their keyed digests alone; a word somebody thought of can be tried against it, one made here cannot.
    """
    planted = words or tuple(new_word() for _ in range(count))
    salt = new_salt()
    try:
        tokens = [digest(word, salt) for word in planted]
    except ValueError as error:
        raise InputError(str(error)) from error
    click.echo(
        f'[[rule]]\nid = "{id}"\nkind = "canary"\ntitle = "Canary word"\nseverity = "high"\ncategory = "canary"\n'
        f'author = ""\ncreated = ""\nversion = 1\nstatus = "draft"\n[rule.match]\nsalt = "{salt}"\ntokens = ['
    )
    for token in tokens:
        click.echo(f'    "{token}",')
    click.echo("]")
    for word in planted:
        click.echo(word, err=True)
    return 0
