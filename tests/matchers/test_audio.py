from pathlib import Path

import numpy as np

from forensics import wirecode
from forensics.content import Content, Spool
from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.features import RATE_HZ
from forensics.matchers.audio import AudioMatcher
from forensics.model import Artifact, Match, Severity
from forensics.register.book import Register
from forensics.register.storage import Issue, NewItem, RegisterWriter
from forensics.rulebook.book import Rulebook
from tests.benchmarks.audio_corpus import Samples
from tests.fingerprints.audio.speech import say


def matcher(folder: Path) -> AudioMatcher:
    items = [
        NewItem(
            id=name,
            kind="clip",
            name=f"{name}.wav",
            seconds=4.0,
            sha256="0" * 62 + f"{n:02}",
            codes=fingerprint(say(name)),
        )
        for n, name in enumerate(("en-1", "de-1"))
    ]
    with RegisterWriter.open(folder) as writer:
        writer.add_package(Issue(package="TR-1", programme="translator", recipient="r-1"), items)
    return AudioMatcher(Rulebook.load([]), Register.load(folder))


def view(samples: Samples, extra: bytes = b"") -> Artifact:
    spool = Spool()
    spool.write(samples.astype("<i2").tobytes() + extra)
    content = spool.close()
    return Artifact(number=3, parent=None, path=("x",), media_type="audio/x-pcm", content=content, is_view=True)


def test_a_match_names_clip_package_and_seconds(tmp_path: Path) -> None:
    [match] = matcher(tmp_path).match(view(say("de-1")[RATE_HZ // 2 :], extra=b"\x01"))
    assert (match.rule, match.matcher, match.item, match.package) == ("registered-audio", "audio", "de-1", "TR-1")
    assert (match.artifact, match.accepted, match.severity) == (3, True, Severity.HIGH)
    assert abs(match.clip_start_s - match.query_start_s - 0.5) < 0.02
    [excerpt] = match.why
    assert excerpt.kind == "audio"
    assert excerpt.text.startswith("clip de-1 seconds 0.5")
    assert "by chance: 1 in " in excerpt.text


def test_a_match_carries_what_draws_it(tmp_path: Path) -> None:
    [match] = matcher(tmp_path).match(view(say("de-1")))
    assert match.programme == "translator"
    assert match.sound is not None
    assert (match.sound.clip_length_s, match.sound.pitch, match.sound.family) == (4.0, 1.0, ())
    assert 0 < match.sound.false_alarm < 1e-3
    assert len(match.sound.issued) == len(match.sound.heard) == len(match.sound.evidence) > 20
    assert min(match.sound.agreements) > 0.7
    assert len(wirecode.encode(match)) < 4000
    assert wirecode.decode(wirecode.encode(match), Match) == match


def test_the_same_take_registered_again_is_its_family(tmp_path: Path) -> None:
    again = NewItem(id="de-1b", kind="clip", name="b.wav", seconds=3.0, sha256="f" * 64, codes=fingerprint(say("de-1")))
    ours = matcher(tmp_path)
    with RegisterWriter.open(tmp_path) as writer:
        writer.add_package(Issue(package="DI-1", programme="dictation", recipient="r-2"), [again])
    found = list(AudioMatcher(ours.rulebook, Register.load(tmp_path)).match(view(say("de-1"))))
    families = {match.item: match.sound.family for match in found if match.sound}
    assert families == {"de-1": ("de-1b",), "de-1b": ("de-1",)}
    assert {match.programme for match in found} == {"translator", "dictation"}


def test_long_recordings_are_mapped(tmp_path: Path) -> None:
    talk = np.tile(say("de-3"), 30)
    artifact = view(np.concatenate([talk, say("en-1"), talk]))
    assert artifact.content.size > 1 << 20
    [match] = matcher(tmp_path).match(artifact)
    assert match.item == "en-1"
    assert abs(match.query_start_s - match.clip_start_s - len(talk) / RATE_HZ) < 0.02


def test_candidates_are_not_accepted(tmp_path: Path) -> None:
    found = list(matcher(tmp_path).match(view(say("fr-1")), candidates=2))
    assert all(not each.accepted for each in found)


def test_only_samples_are_wanted(tmp_path: Path) -> None:
    ours = matcher(tmp_path)
    text = Artifact(number=0, parent=None, path=("x",), media_type="text/plain", content=Content.of(b""), is_view=True)
    assert ours.wants(view(say("en-1")))
    assert not ours.wants(text)
    assert not AudioMatcher(Rulebook.load([]), Register.empty()).wants(view(say("en-1")))


def test_an_empty_view_matches_nothing(tmp_path: Path) -> None:
    assert list(matcher(tmp_path).match(view(np.zeros(0, np.int16)))) == []
