"""Synthetic speech of several languages that the audio tests register and distort."""

from __future__ import annotations

import shutil
from functools import cache

import pytest

from forensics.fingerprints.audio.codes import fingerprint
from forensics.fingerprints.audio.index import AudioIndex
from tests.benchmarks.audio_corpus import Samples, synthetic

SENTENCES = {
    "en-1": ("en-us", "The quarterly report shows that sales in the northern region fell by nine percent."),
    "en-2": ("en-us", "My daughter left her blue jacket on the bus yesterday afternoon."),
    "en-3": ("en-us", "He told the doctor that the pain began after dinner on Sunday."),
    "de-1": ("de", "Meine Tochter hat gestern ihre blaue Jacke im Bus vergessen."),
    "de-2": ("de", "Mach bitte das Licht in der Küche aus und schließ die Haustür ab."),
    "ru-1": ("ru", "Отчёт показывает, что продажи на севере упали на девять процентов."),
    "ar-1": ("ar", "نسيت ابنتي معطفها الأزرق في الحافلة أمس بعد الظهر"),
    "cmn-1": ("cmn", "我女儿昨天下午把蓝色外套忘在公共汽车上了。"),
}
STRANGERS = {
    "en-4": ("en-us", "The hearing has been moved to the third floor, please bring your papers."),
    "de-3": ("de", "Der Zug nach Hamburg hat heute leider zwanzig Minuten Verspätung."),
    "ru-2": ("ru", "Завтра утром мы поедем на дачу, если погода не испортится."),
    "fr-1": ("fr", "Le boulanger ouvre sa boutique à six heures tous les matins."),
}


@cache
def say(name: str) -> Samples:
    """The samples of a sentence; skips the test where espeak-ng is missing."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    voice, text = (SENTENCES | STRANGERS)[name]
    return synthetic(text, voice)


@cache
def registered() -> AudioIndex:
    """An index of SENTENCES."""
    return AudioIndex.build((name, fingerprint(say(name))) for name in SENTENCES)
