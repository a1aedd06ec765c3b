"""Which encoding bytes are in, also where no letter of ASCII breaks the text up."""

from __future__ import annotations

import pytest

from forensics.formats.text_encoding import encoding_of

CHINESE = "这是一个很长的句子里面没有任何标点符号也没有空格"
RUSSIAN = "этооченьдлинноепредложениебеззнаковпрепинания"


@pytest.mark.parametrize(("text", "encoding"), [(CHINESE, "gb18030"), (RUSSIAN, "cp1251")])
def test_one_run_of_letters_as_long_as_the_sample(text: str, encoding: str) -> None:
    assert encoding_of((text * 2000).encode(encoding)) == encoding


@pytest.mark.parametrize("encoding", ["cp1251", "koi8_r"])
def test_russian_among_english_words_stays_russian(encoding: str) -> None:
    text = f"<transcripts original='clips of the seventh programme'>{RUSSIAN}</transcripts>"
    assert encoding_of(text.encode(encoding)) == encoding


def test_an_xml_declaration_is_believed_where_the_bytes_keep_it() -> None:
    said = "<?xml version='1.0' encoding='windows-1255'?><a>שלום</a>"
    assert encoding_of(said.encode("cp1255")) == "windows-1255"
    assert encoding_of(said.replace("windows-1255", "utf-16").encode("cp1255")) != "utf-16"
    assert encoding_of(said.replace("windows-1255", "x-none").encode()) == "utf-8"
