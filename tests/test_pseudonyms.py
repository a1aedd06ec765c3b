"""Names of people as pseudonyms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.pseudonyms import Names, is_person, is_pseudonym, owners, pseudonym

KEY = bytes(range(32))


def test_one_person_has_one_pseudonym_however_the_account_is_written():
    anna = pseudonym(KEY, "anna")
    assert {pseudonym(KEY, name) for name in ("anna", "Anna", "CORP\\anna", " anna ", "ａｎｎａ")} == {anna}
    assert pseudonym(KEY, "hanna") != anna != pseudonym(bytes(32), "anna")
    assert is_pseudonym(anna)
    assert not is_person(anna)


@pytest.mark.parametrize("name", ["", "root", "SYSTEM", "NT AUTHORITY\\System", "nobody", "www-data"])
def test_accounts_of_machines_are_nobody(name):
    assert not is_person(name)


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("file:///home/anna/clips/a.wav", ["anna"]),
        ("/Users/anna/Desktop", ["anna"]),
        ("/Users/Shared/x", []),
        ("/run/media/anna/STICK/x", ["anna"]),
        ("/media/stick/x", []),
        ("C:\\Users\\anna\\x", ["anna"]),
        ("file:///c:/Users/an%20na/x", ["an na"]),
        ("/home/anna and /home/ben/x", ["anna", "ben"]),
        ("/home/root/x", []),
        ("http://host/home/", []),
        ("/srv/work/x", []),
    ],
)
def test_folders_name_their_owners(place, found):
    assert list(owners(place)) == found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/anna/anna_cv.pdf", "/home/P/P_cv.pdf"),
        ("sent by ANNA.", "sent by P."),
        ("susanna and annabel", "susanna and annabel"),
        ("anna@host", "P@host"),
        ("", ""),
    ],
)
def test_a_name_is_hidden_as_a_word(text, left):
    assert Names({"anna": "P"}).hidden(text) == left


def test_a_short_name_is_hidden_only_as_a_folder_and_an_escaped_one_in_uris():
    assert Names({"al": "P"}).hidden("/home/al/al.txt al") == "/home/P/al.txt al"
    assert Names({"jürg": "P"}).hidden("file:///x/j%C3%BCrg/a") == "file:///x/P/a"


@given(name=st.text(min_size=1), text=st.text())
def test_any_name_can_be_hidden_in_any_text(name, text):
    assert isinstance(Names({name: pseudonym(KEY, name)}).hidden(text), str)
    list(owners(text))
