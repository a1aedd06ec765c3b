"""A package drawn from a seed: the same clips, candidates and choices in every format."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

WORDS = {
    "de": "morgen rechnung zweite anruf bitte warten fenster straße übung größe küche abend schlüssel brücke zahlung"
    " woche schön vielleicht müssen können gestern termin versicherung ärztin zug bahnhof koffer regen garten brief",
    "ar": "صباح فاتورة ثانية مكالمة انتظار نافذة شارع مطبخ مساء مفتاح جسر دفعة أسبوع جميل ربما أمس موعد تأمين طبيبة "
    "قطار محطة حقيبة مطر حديقة رسالة مدينة طريق كتاب سوق بيت",
    "ja": "請求書 二番目 電話 窓口 台所 今晩 鍵 橋 支払い 来週 昨日 予約 保険 医者 電車"
    " 駅前 鞄 大雨 庭園 手紙 町内 道路 図書 市場 自宅 友人 会議 資料 写真 音楽",
    "ru": "утро счёт второй звонок подождите окно улица кухня вечер ключ мост платёж неделя красиво возможно вчера "
    "встреча страховка врач поезд вокзал чемодан дождь сад письмо город дорога книга рынок дом",
    "fr": "matin facture deuxième appel attendre fenêtre rue cuisine soirée clé pont paiement semaine peut-être hier"
    " rendez-vous assurance médecin train gare valise pluie jardin lettre ville route livre marché maison été",
}
ENGLISH = [
    "morning",
    "invoice",
    "second",
    "call",
    "waiting",
    "window",
    "street",
    "kitchen",
    "evening",
    "key",
    "bridge",
    "payment",
    "week",
    "maybe",
    "yesterday",
    "appointment",
    "insurance",
    "doctor",
    "train",
    "station",
    "suitcase",
    "rain",
    "garden",
    "letter",
    "town",
    "road",
    "book",
    "market",
    "house",
    "summer",
    "please",
    "hold",
    "about",
    "little",
    "later",
    "before",
    "after",
    "never",
    "always",
    "under",
    "over",
    "quiet",
    "broken",
    "yellow",
    "wooden",
    "early",
    "cheap",
    "heavy",
    "narrow",
]
LEGACY = {"de": "cp1252", "ar": "cp1256", "ja": "shift_jis", "ru": "cp1251", "fr": "utf-16"}
"""An encoding of each language that is not UTF-8."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One clip: what was said in it, what machines proposed and what the person chose."""

    id: str
    audio: str
    source: str
    candidates: tuple[str, ...]
    chosen: str = ""


@dataclass(frozen=True, kw_only=True)
class Package:
    """Clips of one language. An issued one has candidates and no choice, a returned one a choice and nothing else."""

    id: str
    language: str
    lines: tuple[Line, ...]

    def returned(self) -> Package:
        """The package as it comes back: no recording, no candidates, one choice a line."""
        lines = (replace(line, chosen=line.candidates[1], candidates=(), audio="") for line in self.lines)
        return replace(self, lines=tuple(lines))


Writer = Callable[[Package], str | bytes]


def package(language: str, seed: int = 11, clips: int = 4) -> Package:
    """A package of that many clips, each of which has three candidates."""
    dice = random.Random(f"{language}{seed}")
    words, gap = WORDS[language].split(), "" if language == "ja" else " "
    lines = []
    for number in range(1, clips + 1):
        name = f"{language}-{seed}-clip{number:02d}"
        said = gap.join(dice.sample(words, 14))
        meant = dice.sample(ENGLISH, 14)
        drafts = tuple(" ".join(_reworded(meant, dice)) for _ in range(3))
        lines.append(Line(id=name, audio=f"clips/{name}.wav", source=said, candidates=drafts))
    return Package(id=f"PK-{language.upper()}-{seed}", language=language, lines=tuple(lines))


def _reworded(words: list[str], dice: random.Random) -> list[str]:
    """What another engine makes of it: a third of the words are others."""
    changed = list(words)
    for at in dice.sample(range(len(words)), len(words) // 3 + 1):
        changed[at] = dice.choice([word for word in ENGLISH if word not in changed])
    return changed
