"""The self-check's package: always the same for a key, another for another, known again by sound and words alone."""

import hashlib
import io
import re
import zipfile

import numpy as np
import pytest

from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.index import AudioIndex
from forensics.fingerprints.audio.search import search
from forensics.fingerprints.text.acceptance import WEAK_BELOW_BITS
from forensics.fingerprints.text.shingles import Shingler
from forensics.selfcheck import sound
from forensics.selfcheck.kit import Kit
from tests.fingerprints.audio.speech import SENTENCES, registered, say

KEYS = tuple(hashlib.sha256(bytes([number])).digest() for number in range(6))


def members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_a_key_gives_the_same_package_and_no_two_canaries():
    one, again, other = Kit(KEYS[0]), Kit(KEYS[0]), Kit(KEYS[1])
    assert one.files == again.files
    assert one.package != other.package
    assert not set(one.files.values()) & set(other.files.values())
    assert one.canary("a") == again.canary("a")
    sent = [members(one.canary(nonce)) for nonce in ("a", "b")]
    assert {hashlib.sha256(each).digest() for each in one.files.values()}.isdisjoint(
        hashlib.sha256(each).digest() for canary in sent for each in canary.values()
    ), "by its digest no part of a canary is known"
    assert sent[0]["README.txt"] == sent[1]["README.txt"]
    assert all(sent[0][name] != sent[1][name] for name in sent[0] if name != "README.txt")


def test_it_carries_the_token_of_its_store():
    kit = Kit(KEYS[0])
    [xliff] = [content for name, content in members(kit.canary("0123")).items() if name.endswith(".xlf")]
    assert f"earwitness selfcheck 0123 {kit.mark('0123')}".encode() in xliff
    assert Kit(KEYS[1]).mark("0123") != kit.mark("0123")
    assert kit.seal("a", "bc") != kit.seal("ab", "c")


@pytest.mark.parametrize("key", KEYS)
def test_its_words_are_enough_to_be_named_by(key):
    text = Kit(key).files["candidates.xlf"].decode()
    shingler = Shingler(bytes(32))
    for sentence in re.findall(r"<(?:source|target)>([^<]+)<", text):
        assert not shingler.print(sentence, weak_below_bits=WEAK_BELOW_BITS).is_weak


@pytest.mark.slow
def test_voices_of_other_keys_and_of_people_are_told_apart():
    voices = {key.hex(): sound.voice(key) for key in KEYS}
    index = AudioIndex.build((name, fingerprint(samples)) for name, samples in voices.items())
    for name, samples in voices.items():
        rough = sound.roughened(samples, KEYS[0])
        assert np.abs(rough.astype(int) - samples).max() <= 2
        assert [(match.item, match.accepted) for match in search(index, rough)] == [(name, True)]
        assert not [match for match in search(registered(), samples) if match.accepted]
    for strange in (*(sound.voice(bytes([n]) * 16) for n in range(6)), *map(say, SENTENCES)):
        assert not [match for match in search(index, strange) if match.accepted]
