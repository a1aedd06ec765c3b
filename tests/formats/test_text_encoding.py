"""Which encoding bytes are in, also where no letter of ASCII breaks the text up."""

from __future__ import annotations

import pytest

from forensics.formats.text_encoding import encoding_of

CHINESE = "这是一个很长的句子里面没有任何标点符号也没有空格"
RUSSIAN = "этооченьдлинноепредложениебеззнаковпрепинания"


@pytest.mark.parametrize(("text", "encoding"), [(CHINESE, "gb18030"), (RUSSIAN, "cp1251")])
def test_one_run_of_letters_as_long_as_the_sample(text: str, encoding: str) -> None:
    assert encoding_of((text * 2000).encode(encoding)) == encoding
