"""Passages to register and passages that must not match: written dialogues from templates, and manuals on this machine.

The dialogues are as alike as customer calls are: a few openings that many share, then about three bits a word, which
is less than people use. The manuals are Vim's tutor in thirty languages (Vim licence), where it is installed, against
its handbook and its messages, which other people wrote about the same things.
"""

from __future__ import annotations

import gzip
import random
import re
from dataclasses import dataclass
from pathlib import Path

import polib

MANUALS = Path("/usr/share/vim/vim90")
UNSPACED = ("zh",)
OPENERS: dict[str, str] = {
    "en": "I was wondering whether you could tell me if|so the thing is that I heard that|could you do me a favour and find out why|honestly I do not understand how|when we spoke last week you said that|I need to change my booking because|just a quick question, is it true that|the reason I am calling is that|can you look up for me when|let me see what I can find, it says here that|all right, I have checked and it seems that|do you happen to know whether|please make a note that|what I wanted to say was that|you will not believe it but",
    "de": "ich wollte mal fragen ob Sie wissen dass|also die Sache ist die, ich habe gehört dass|könntest du bitte herausfinden warum|ehrlich gesagt verstehe ich nicht wie|als wir letzte Woche sprachen meintest du dass|ich muss meine Buchung ändern weil|nur eine kurze Frage, stimmt es dass|der Grund meines Anrufs ist dass|einen Moment bitte, hier steht dass|gut, ich habe nachgesehen und es scheint dass|bitte notieren Sie dass|du wirst es nicht glauben aber",
    "es": "quería preguntar si me puede decir si|pues resulta que me han dicho que|me haces el favor de averiguar por qué|la verdad es que no entiendo cómo|cuando hablamos la semana pasada dijiste que|tengo que cambiar mi reserva porque|una pregunta rápida, es verdad que|el motivo de mi llamada es que|un momento por favor, aquí pone que|bueno, ya lo he mirado y parece que|por favor tome nota de que|no te lo vas a creer pero",
    "zh": "我想问一下您能不能告诉我|事情是这样的我听说|你能不能帮我打听一下为什么|说实话我不明白怎么|上个星期我们说话的时候你说|我必须改一下我的预订因为|就问一个小问题是不是真的|我打电话的原因是|请等一下这里写着|好的我查过了看起来|请记下来|你肯定不会相信但是",
}
WORDS: dict[str, tuple[str, ...]] = {
    "en": (
        "my sister|the neighbour|Martin|our doctor|the landlord|Priya|his lawyer|the nurse|Aunt Vera|her ex|Tom|the teacher|grandpa|the plumber|your boss|Anita|the driver|the baby|my flatmate|the twins|a policeman|the vet|cousin Joe|the priest",
        "sold|lost|hid|found|broke|cancelled|forgot|signed|burned|wants|paid for|stole|borrowed|cleaned|painted|hates|mentioned|returned|posted|washed|ordered|checked|dropped|misses",
        "old|new|red|expensive|broken|second|wrong|tiny|secret|white|stolen|private|rented|silver|medical|heavy|torn|last|spare|wet|electric|favourite|empty|cheap",
        "ring|passport|bicycle|contract|letter|piano|insulin|phone|ticket|photograph|wardrobe|report|kettle|dress|loan|boat|key|diary|testament|scarf|mattress|recipe|ladder|camera",
        "in Leeds|at the clinic|behind the school|on Mill Road|near the harbour|at church|in the cellar|after the funeral|during lunch|on Monday|before Christmas|at half past seven|in spring|without asking|by mistake|last night|for his mother|with a hammer|under the bed|twice|on purpose|for free|at the wedding|too late",
    ),
    "de": (
        "meine Schwester|der Nachbar|Martin|unsere Ärztin|der Vermieter|Priya|sein Anwalt|die Schwester|Tante Vera|ihr Ex|Tom|die Lehrerin|Opa|der Klempner|dein Chef|Anita|der Fahrer|das Baby|der Mitbewohner|ein Polizist|der Tierarzt|der Pfarrer",
        "in Fulda|in der Klinik|hinter der Schule|am Mühlweg|beim Hafen|in der Kirche|im Keller|nach der Beerdigung|beim Essen|am Montag|vor Weihnachten|um halb acht|im Frühling|ungefragt|aus Versehen|gestern Nacht|für seine Mutter|mit einem Hammer|zweimal|absichtlich|umsonst|zu spät",
        "alten|neuen|roten|teuren|kaputten|zweiten|falschen|winzigen|geheimen|weißen|gestohlenen|privaten|gemieteten|silbernen|schweren|zerrissenen|letzten|nassen|leeren|billigen",
        "Ring|Pass|Vertrag|Brief|Schrank|Bericht|Kessel|Rock|Kredit|Kahn|Schlüssel|Kalender|Schal|Teppich|Roller|Koffer|Ofen|Fernseher|Spiegel|Mantel",
        "verkauft|verloren|versteckt|gefunden|zerbrochen|abbestellt|vergessen|verbrannt|bezahlt|gestohlen|geliehen|geputzt|gestrichen|erwähnt|zurückgegeben|gewaschen|bestellt|geprüft|fallen gelassen|vermisst",
    ),
    "es": (
        "mi hermana|el vecino|Martín|la doctora|el casero|Priya|su abogado|la enfermera|la tía Vera|su ex|Tomás|la maestra|el abuelo|el fontanero|tu jefe|Anita|el chófer|el bebé|un policía|el veterinario|el primo Joaquín|el cura",
        "vendió|perdió|escondió|encontró|rompió|anuló|olvidó|firmó|quemó|quiere|pagó|robó|pidió|limpió|pintó|odia|mencionó|devolvió|lavó|encargó|revisó|tiró",
        "el anillo|el pasaporte|la bicicleta|el contrato|la carta|el piano|la insulina|el móvil|el billete|la foto|el armario|el informe|la tetera|el vestido|el préstamo|la barca|la llave|el diario|el testamento|la bufanda|el colchón|la cámara",
        "viejo|nuevo|rojo|de plata|de Lisboa|equivocado|secreto|blanco|de alquiler|prestado|roto|de segunda mano|de la abuela|barato|urgente|de madera|favorito|mojado|vacío|de repuesto",
        "en León|en la clínica|detrás del colegio|junto al puerto|en misa|en el sótano|tras el entierro|durante la comida|el lunes|antes de Navidad|a las siete y media|en primavera|sin preguntar|por error|anoche|para su madre|con un martillo|bajo la cama|dos veces|a propósito|gratis|demasiado tarde",
    ),
    "zh": (
        "我姐姐|邻居|小王|张医生|房东|律师|护士|李叔叔|他前妻|老师|爷爷|水管工|你老板|安妮|司机|孩子|室友|警察|兽医|表哥",
        "在南京|在诊所|在学校后面|在中山路|在码头|在教堂|在地下室|葬礼以后|午饭时|星期一|圣诞节前|七点半|春天的时候|没问一声就|不小心|昨天夜里|为了他妈妈|故意|免费|太晚才",
        "卖了|弄丢了|藏了|找到了|打破了|取消了|忘了|签了|烧了|想要|付了|偷了|借了|洗了|讨厌|提到了|退了|订了|检查了|扔了",
        "旧的|新的|红色的|很贵的|坏的|第二个|错的|小小的|秘密的|白色的|偷来的|私人的|租来的|银的|很重的|最后一个|湿的|空的|便宜的|电动的",
        "戒指|护照|自行车|合同|信|钢琴|胰岛素|手机|车票|照片|衣柜|报告|水壶|裙子|贷款|小船|钥匙|日记|遗嘱|围巾",
    ),
}  # fmt: skip
LANGUAGES = tuple(WORDS)


@dataclass(frozen=True, slots=True)
class Corpus:
    """One body of alike passages, shuffled: some get registered, the others must stay silent."""

    name: str
    registered: list[str]
    negatives: list[str]


def turn(language: str, rng: random.Random) -> str:
    """One turn of a call: perhaps one of a few openings that all callers share, then who did what to which thing."""
    said = [rng.choice(words.split("|")) for words in WORDS[language]]
    if language == "en":
        said.insert(2, rng.choice(("the", "a", "that", "this")))
    opening = [rng.choice(OPENERS[language].split("|"))] if rng.random() < 0.5 else []
    return ("" if language in UNSPACED else " ").join(opening + said) + ("。" if language in UNSPACED else ".")


def dialogues(language: str, seed: int, *, registered: int, negatives: int) -> Corpus:
    """Passages of one turn (5-8 words, 13-17 with an opening) up to four."""
    rng = random.Random(f"{language}-{seed}")
    texts = [
        " ".join(turn(language, rng) for _ in range(rng.choice((1, 2, 2, 3, 4)))) for _ in range(registered + negatives)
    ]
    texts = list(dict.fromkeys(texts))
    return Corpus(f"dialogues {language}", texts[:registered], texts[registered:])


def manuals() -> list[Corpus]:
    """Vim's tutor in every language, a sentence or two a passage, all of it registered; negatives are written by others."""
    found = []
    for path in sorted((MANUALS / "tutor").glob("tutor.*.utf-8")):
        language = path.name.split(".")[1]
        if language not in ("nb", "bar", "zh_tw", "eo"):  # the same text again, in a sister language or script
            found.append(
                Corpus(f"manual {language}", _passages(path.read_text("utf-8", "replace")), _messages(language))
            )
    return found


def handbook(*, limit: int) -> list[str]:
    """Passages of Vim's English handbook, about the same things as the tutor."""
    found: list[str] = []
    for path in sorted((MANUALS / "doc").glob("*.txt*")):
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        found += _passages(text.decode("utf-8", "replace"))
    return random.Random(0).sample(found, min(limit, len(found)))


def _passages(text: str) -> list[str]:
    sentences = [" ".join(s.split()) for s in re.split(r"(?<=[.!?。？！:])\s+|\n\s*\n", text)]
    return list(dict.fromkeys(s for s in sentences if len(s) > 40 and sum(c.isalpha() for c in s) > 0.6 * len(s)))


def _messages(language: str) -> list[str]:
    """What Vim says in that language: the translations of its message catalogue, some a passage."""
    for name in (f"{language}.UTF-8", language):
        path = MANUALS / "lang" / name / "LC_MESSAGES" / "vim.mo"
        if path.exists():
            texts = [entry.msgstr for entry in polib.mofile(str(path)) if len(entry.msgstr) > 15]
            return [" ".join(texts[i : i + 3]) for i in range(1, len(texts), 3)]
    return []
