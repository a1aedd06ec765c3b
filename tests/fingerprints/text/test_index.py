"""What the index finds and what it must leave alone. Figures over large corpora: tests/benchmarks/bench_text.py."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import Malformed
from forensics.fingerprints.text.acceptance import WEAK_BELOW_BITS
from forensics.fingerprints.text.index import TextIndex, TextItem, TextMatch
from forensics.fingerprints.text.shingles import Shingler, TextPrint, unpacked
from tests.benchmarks.text_corpus import dialogues

KEY = bytes(range(32))
SHINGLER = Shingler(KEY)
PASSAGES = {
    "C-1:source-1": "Doctor, I have lost nine kilos since March and my husband does not know why.",
    "C-1:candidate-1": "Herr Doktor, ich habe seit März neun Kilo abgenommen und mein Mann weiß nicht warum.",
    "C-1:candidate-2": "Doktor, ich verlor neun Kilo seit März und mein Ehemann weiß nicht wieso.",
    "C-2:source-1": "我昨天在上海的医院做了检查，医生说情况不太好，要再等两个星期。",
    "C-3:source-1": "ฉันไปโรงพยาบาลเมื่อวานนี้และหมอบอกว่าฉันต้องผ่าตัดเข่าซ้าย",
    "C-4:source-1": "Моя сестра сказала что хозяин квартиры продаёт дом и мы должны съехать до мая",
    "C-5:source-1": "أخبرتني أختي أن صاحب الشقة يبيع المنزل وعلينا أن نغادر قبل شهر مايو",
    "C-6:source-1": "मेरी बहन ने बताया कि मकान मालिक घर बेच रहा है और हमें मई से पहले निकलना होगा",
    "C-7:source-1": "Thank you for calling, how can I help you today?",
    "C-8:source-1": "yes please",
    "C-9:source-1": "昨日病院で検査を受けたら、お医者さんに再検査が必要だと言われました。",
}


def index_of(passages: Mapping[str, str], package: str = "P-1") -> TextIndex:
    return TextIndex(
        KEY,
        [
            TextItem(
                id=identity,
                group=identity.partition(":")[0],
                package=package,
                print=SHINGLER.print(text, weak_below_bits=WEAK_BELOW_BITS),
            )
            for identity, text in passages.items()
        ],
    )


def named(hits: list[TextMatch]) -> list[str]:
    return [hit.item for hit in hits if hit.accepted]


INDEX = index_of(PASSAGES)
STRONG = [identity for identity in PASSAGES if identity not in ("C-7:source-1", "C-8:source-1")]
FILLER = "\n".join(dialogues("en", 1, registered=0, negatives=40).negatives)


@pytest.mark.parametrize("identity", STRONG)
def test_a_passage_is_found_inside_a_longer_text(identity: str) -> None:
    text = f"{FILLER}\n{PASSAGES[identity].upper()}\n{FILLER}"
    hits = INDEX.search(text)
    assert named(hits) == [identity]
    assert hits[0].score == 1.0
    passage = text[hits[0].offset : hits[0].offset + hits[0].length]
    assert passage.rstrip("。.") == PASSAGES[identity].upper().rstrip("。.")
    assert hits[0].excerpt == passage


def test_wrapping_hidden_characters_and_look_alikes_do_not_hide_it() -> None:
    text = "> DОCTOR — I hа\u200bve lost\n> nine ki\u00adlos since March, and my hus-\nband does not know why!"
    assert named(INDEX.search(text)) == ["C-1:source-1"]


def test_one_edit_costs_one_word() -> None:
    replaced = INDEX.search("Doctor, I have lost eleven kilos since March and my husband does not know why")
    dropped = INDEX.search("Doctor, I have lost kilos since March and my husband does not know why")
    added = INDEX.search("Doctor, I have lost nine whole kilos since March and my husband does not know why")
    assert [hits[0].item for hits in (replaced, dropped, added)] == ["C-1:source-1"] * 3
    assert replaced[0].coverage == pytest.approx(14 / 15, abs=0.01)
    assert dropped[0].coverage == pytest.approx(14 / 15, abs=0.01)
    assert added[0].coverage == 1.0


def test_only_the_best_candidate_of_a_clip_is_named_for_one_place() -> None:
    alike = {
        "K-1:candidate-1": "I never told him about the baby and I never will",
        "K-1:candidate-2": "I never told him of the baby and never will I",
    }
    index = index_of(alike)
    for identity, text in alike.items():
        assert named(index.search(text)) == [identity]
    assert set(named(index.search("\n".join(alike.values())))) == set(alike)


def test_stock_phrases_and_a_few_words_name_nothing() -> None:
    assert named(INDEX.search(PASSAGES["C-7:source-1"])) == []
    assert named(INDEX.search("yes please")) == []
    below = INDEX.search("yes please", candidates=3)
    assert [(hit.item, hit.accepted) for hit in below] == [("C-8:source-1", False)]


def test_weak_passages_of_one_package_count_together() -> None:
    rng = random.Random(4)
    words = [f"{a}{b}" for a in ("kal", "mor", "tev", "sul", "bri") for b in ("ano", "ixa", "ope", "uti")]
    short = {f"S-{n}:source-1": " ".join(rng.sample(words, 3)) for n in range(8)}
    index = index_of(short)
    assert named(index.search(short["S-3:source-1"])) == []
    assert set(named(index.search(". ".join(short.values())))) == set(short)


def test_what_many_clips_say_tells_little() -> None:
    rng = random.Random(2)
    opening = "so my cousin the plumber from Aberdeen told me yesterday evening that"
    index = index_of(
        {f"D-{n}:source-1": f"{opening} {rng.getrandbits(64):x} {rng.getrandbits(64):x}" for n in range(60)}
    )
    assert named(index.search(f"{opening} nothing happened")) == []


def test_candidates_below_the_threshold_are_asked_for() -> None:
    text = "he said my husband does not know why it rains"
    assert INDEX.search(text) == []
    (below,) = INDEX.search(text, candidates=1)
    assert (below.item, below.accepted) == ("C-1:source-1", False)
    assert 0 < below.score < 0.6


@pytest.mark.parametrize("language", ["en", "de", "es", "zh"])
def test_calls_that_are_alike_are_not_taken_for_one_another(language: str) -> None:
    corpus = dialogues(language, 7, registered=80, negatives=250)
    index = index_of({f"{language}-{n}:source-1": text for n, text in enumerate(corpus.registered)})
    wrong = [text for text in corpus.negatives if named(index.search(text))]
    assert len(wrong) <= 2, wrong
    found = sum(f"{language}-{n}:source-1" in named(index.search(text)) for n, text in enumerate(corpus.registered))
    assert found >= len(corpus.registered) - 2


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_searched_and_the_planted_passage_is_found(before: str, after: str) -> None:
    text = f"{before}\n{PASSAGES['C-1:source-1']}\n{after}"
    hits = INDEX.search(text, candidates=2)
    assert "C-1:source-1" in named(hits)
    for hit in hits:
        assert 0 <= hit.offset <= hit.offset + hit.length <= len(text)
        assert 0 <= hit.score <= 1


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text())
def test_any_text_is_registered(one: str, other: str) -> None:
    index = index_of({"A:source-1": one, "B:source-1": other})
    for hit in index.search(one + other, candidates=5):
        assert hit.item in ("A:source-1", "B:source-1")


def test_a_text_of_nothing_but_repeats_costs_no_more_than_others() -> None:
    hits = INDEX.search(" ".join([PASSAGES["C-1:source-1"]] * 3000))
    assert named(hits) == ["C-1:source-1"]


def test_the_print_holds_no_word_and_differs_under_another_key() -> None:
    text = PASSAGES["C-1:source-1"]
    ours, theirs = (Shingler(key).print(text, weak_below_bits=40) for key in (KEY, bytes(32)))
    assert len(ours.packed) == len(theirs.packed)
    assert not set(ours.shingles().hashes) & set(theirs.shingles().hashes)
    assert b"kilo" not in ours.packed


def test_a_damaged_print_is_malformed() -> None:
    with pytest.raises(Malformed):
        TextPrint(elements=9, words=9, bits=60, is_weak=False, packed=b"1234567").shingles()


def test_passages_unpacked_together_are_those_unpacked_one_by_one() -> None:
    prints = [
        SHINGLER.print(text, weak_below_bits=40) for text in ("", "one two", "to be or not to be is asked here", "x")
    ]
    table, counts = unpacked(prints)
    assert table["hash"].tolist() == [value for print_ in prints for value in print_.shingles().hashes]
    assert table["start"].tolist() == [value for print_ in prints for value in print_.shingles().start]
    assert counts.tolist() == [len(print_.shingles().hashes) for print_ in prints]
    assert len(unpacked([])[0]) == 0
    with pytest.raises(Malformed):
        unpacked([TextPrint(elements=9, words=9, bits=60, is_weak=False, packed=b"1234567")])
