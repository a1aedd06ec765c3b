from __future__ import annotations

import base64
import io
import struct
import textwrap
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

from forensics.config import Limits
from forensics.errors import Encrypted, LimitReached, Malformed
from tests.decoders.opening import encoded, opened, wav

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def package(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()


def paragraph(text: str, tag: str = "t") -> str:
    return f"<w:p><w:r><w:{tag}>{text}</w:{tag}></w:r></w:p>"


def docx(**extra: str | bytes) -> bytes:
    return package(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": "<r/>",
            "word/document.xml": f"<w:document {W}>{paragraph('Hello wor')}{paragraph('gone', 'delText')}</w:document>",
            "word/header1.xml": f"<w:hdr {W}>{paragraph('On every page')}</w:hdr>",
            "word/footnotes.xml": f"<w:footnotes {W}>{paragraph('A foot note')}</w:footnotes>",
            "word/comments.xml": f"<w:comments {W}>{paragraph('A comment')}</w:comments>",
            "word/styles.xml": "<styles/>",
            "docProps/core.xml": "<core><creator>Editor</creator><title>Serial 77</title></core>",
            "word/media/picture.png": encoded("opus"),
            **{name.replace("__", "/"): data for name, data in extra.items()},
        }
    )


def test_word_text_by_role_and_whatever_is_embedded() -> None:
    result = opened(docx(**{"word__odd.bin": wav(), "custom__thing.xml": "<a>unknown part</a>"}), "letter.docx")
    assert "Hello wor\ngone" in result.text()
    assert "On every page" in result.text()
    assert {"A foot note", "A comment"} <= set(result.text("note").splitlines())
    assert result.text("metadata").splitlines() == ["creator: Editor", "title: Serial 77"]
    assert result.child("word/media/picture.png") == encoded("opus")
    assert result.child("word/odd.bin") == wav()
    assert "custom/thing.xml" in result.names


def test_words_split_over_runs_are_joined() -> None:
    body = f"<w:document {W}><w:p><w:r><w:t>Hel</w:t></w:r><w:r><w:t>lo</w:t></w:r></w:p></w:document>"
    assert opened(docx(**{"word__document.xml": body})).text().startswith("Hello\n")


def test_word_bomb_ends_at_the_limit() -> None:
    body = f"<w:document {W}>" + paragraph("long " * 1_000_000) + "</w:document>"
    result = opened(docx(**{"word__document.xml": body}), limits=Limits(text_mib=1))
    assert result.raised(LimitReached)


def test_entities_in_word_keep_the_text() -> None:
    body = f'<!DOCTYPE d [<!ENTITY a "b">]><w:document {W}>{paragraph("plain words")}</w:document>'
    result = opened(docx(**{"word__document.xml": body}))
    assert "plain words" in result.text()
    assert "entities" in result.raised(Malformed)


def test_cut_word_gives_the_beginning() -> None:
    data = docx()
    result = opened(data[: data.index(b"word/comments.xml")], "cut.docx")
    assert "Hello wor" in result.text()
    assert result.raised(Malformed)


def test_names_and_headings_of_sheets() -> None:
    sheet = (
        "<worksheet><sheetData><row><c t='inlineStr'><is><t>In the cell</t></is></c></row></sheetData>"
        "<headerFooter><oddHeader>&amp;CHead of the sheet</oddHeader></headerFooter></worksheet>"
    )
    data = package(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": "<workbook><sheets><sheet name='Clip list' sheetId='1'/></sheets></workbook>",
            "xl/worksheets/sheet1.xml": sheet,
        }
    )
    result = opened(data)
    assert result.text().strip() == "In the cell"
    assert {"name: Clip list", "&CHead of the sheet"} <= set(result.text("metadata").splitlines())


def test_powerpoint() -> None:
    slide = "<p:sld xmlns:p='p' xmlns:a='a'><a:p><a:r><a:t>On the slide</a:t></a:r></a:p></p:sld>"
    data = package(
        {
            "[Content_Types].xml": "<Types/>",
            "ppt/presentation.xml": "<p/>",
            "ppt/slides/slide1.xml": slide,
            "ppt/notesSlides/notesSlide1.xml": slide.replace("On the slide", "What to say"),
            "ppt/media/media1.m4a": encoded("m4a"),
        }
    )
    result = opened(data)
    assert result.text().strip() == "On the slide"
    assert result.text("note").strip() == "What to say"
    assert result.child("ppt/media/media1.m4a") == encoded("m4a")


def test_open_document_and_e_book() -> None:
    text = "<o:d xmlns:o='o' xmlns:t='t'><t:p>Some <t:span>open</t:span> text</t:p></o:d>"
    mime = "application/vnd.oasis.opendocument.text"
    result = opened(package({"mimetype": mime, "content.xml": text, "Pictures/a.png": encoded("mp3")}))
    assert result.text().strip() == "Some open text"
    assert result.child("Pictures/a.png") == encoded("mp3")
    book = package({"mimetype": "application/epub+zip", "b/c1.xhtml": "<html><p>Chapter <i>one</i></p></html>"})
    assert opened(book).text().strip() == "Chapter one"


def pdf(password: str = "") -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")})
    font[NameObject("/BaseFont")] = NameObject("/Helvetica")
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf 20 200 Td (The words on the page) Tj ET")
    page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_attachment("clip.wav", wav())
    writer.add_metadata({"/Author": "Editor"})
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_pdf() -> None:
    result = opened(pdf())
    assert "The words on the page" in result.text()
    assert "Author: Editor" in result.text("metadata")
    assert result.child("clip.wav") == wav()


def test_notes_fields_and_outline_of_a_pdf() -> None:
    writer = PdfWriter(io.BytesIO(pdf()))
    note = DictionaryObject({NameObject("/Subtype"): NameObject("/Text"), NameObject("/Rect"): ArrayObject()})
    note[NameObject("/Contents")] = TextStringObject("A sticky note")
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    field = DictionaryObject({NameObject("/FT"): NameObject("/Tx"), NameObject("/T"): TextStringObject("name")})
    field[NameObject("/V")] = TextStringObject("typed in")
    form = DictionaryObject({NameObject("/Fields"): ArrayObject([writer._add_object(field)])})
    writer.root_object[NameObject("/AcroForm")] = form
    writer.add_outline_item(title="Chapter one", page_number=0)
    out = io.BytesIO()
    writer.write(out)
    result = opened(out.getvalue())
    assert result.text("note").splitlines() == ["A sticky note", "typed in", "Chapter one"]
    assert result.errors == []


def test_locked_pdf_and_the_password_that_opens_it() -> None:
    result = opened(pdf("secret"), passwords=["wrong", "secret"])
    assert "The words on the page" in result.text()
    assert (result.child("clip.wav"), result.facts["password"], result.errors) == (wav(), "2", [])
    assert "none of 2 passwords fits" in opened(pdf("secret"), passwords=["a", "b"]).raised(Encrypted)


def test_locked_pdf() -> None:
    assert "password" in opened(pdf("secret")).raised(Encrypted)


def test_the_streams_of_a_broken_pdf_are_opened() -> None:
    stream = zlib.compress(wav())
    broken = b"%PDF-1.4\n1 0 obj<</Filter/FlateDecode>>stream\n" + stream + b"\nendstream endobj\n%%EOF"
    result = opened(broken)
    assert result.raised(Malformed)
    (part,) = result.children
    assert (part.media_type, part.content.bytes()) == ("application/zlib", stream)


def test_cut_pdf_is_no_clean_file() -> None:
    result = opened(pdf()[:300])
    assert result.errors or result.text()


def compound(streams: dict[str, bytes]) -> bytes:
    """A version 3 compound file of one folder level, every stream in whole sectors (MS-CFB)."""
    sectors: list[bytes] = []
    fat: list[int] = []

    def place(data: bytes) -> int:
        first = len(sectors)
        count = max(1, -(-len(data) // 512))
        sectors.extend(data[at * 512 : (at + 1) * 512].ljust(512, b"\0") for at in range(count))
        fat.extend([*range(first + 1, first + count), 0xFFFFFFFE])
        return first

    def entry(name: str, kind: int, first: int, size: int, right: int, child: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\0\0"
        head = raw.ljust(64, b"\0") + struct.pack("<HBB3I", len(raw), kind, 1, 0xFFFFFFFF, right, child)
        return head + bytes(36) + struct.pack("<IQ", first, size)

    places = {name: place(data.ljust(4096, b"\0")) for name, data in streams.items()}
    entries = [entry("Root Entry", 5, 0xFFFFFFFE, 0, 0xFFFFFFFF, 1)]
    for number, (name, data) in enumerate(streams.items(), 1):
        right = number + 1 if number < len(streams) else 0xFFFFFFFF
        entries.append(entry(name, 2, places[name], max(4096, len(data)), right, 0xFFFFFFFF))
    directory = place(b"".join(entries))
    fat_at = len(sectors)
    fat.append(0xFFFFFFFD)
    sectors.append(struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff"))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(10) + struct.pack("<IIIIIIII", 1, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", fat_at) + b"\xff" * 432
    return header + b"".join(sectors)


def test_outlook_message() -> None:
    streams = {
        "__substg1.0_0037001F": "Übung".encode("utf-16-le"),
        "__substg1.0_1000001F": "The body of the message".encode("utf-16-le"),
        "__substg1.0_3707001F": "clip.opus".encode("utf-16-le"),
        "__substg1.0_37010102": encoded("opus"),
    }
    result = opened(compound(streams), "mail.msg")
    assert "Subject: Übung" in result.text()
    assert "The body of the message" in result.text()
    assert result.child("clip.opus") == encoded("opus")


def test_old_word() -> None:
    result = opened(compound({"WordDocument": b"\0\1" * 300 + "Die alten Wörter".encode("utf-16-le")}), "old.doc")
    assert "Die alten Wörter" in result.text()


def test_locked_office_package() -> None:
    data = compound({"EncryptionInfo": b"x", "EncryptedPackage": bytes(5000)})
    assert "password" in opened(data, "locked.docx").raised(Encrypted)


SEEDS = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": docx(),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": docx(),
    "application/pdf": pdf()[-1500:],
    "application/x-ole-storage": compound({"WordDocument": b"text " * 99, "__substg1.0_37010102": b"data" * 99}),
    "text/rtf": rb"{\rtf1\ansi{\object{\*\objdata 0105" + b"00" * 200 + rb"}}\u8364? text\par}",
}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SEEDS)), st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=10))
def test_damaged_documents_end_in_a_report(kind: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(SEEDS[kind])
    for at, value in changes:
        data[at % len(data)] = value
    opened(bytes(data), kind=kind)


@pytest.mark.parametrize("kind", sorted(SEEDS))
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_end_in_a_report(kind: str, data: bytes) -> None:
    opened(data, kind=kind)


B64 = base64.b64encode(encoded("opus")).decode()
SPELLED = {
    "word/document.xml": f"<w:document {W}>" + "".join(map(paragraph, textwrap.wrap(B64, 60))) + "</w:document>",
    "customXml/item1.xml": f"<a><b>{B64}</b></a>",
    "customXml/itemProps1.xml": f'<a b="{B64}"/>',
    "docProps/custom.xml": f'<Properties><property name="x"><lpwstr>{B64}</lpwstr></property></Properties>',
    "word/settings.xml": f"<settings><x v='{encoded('opus').hex()}'/></settings>",
    "word/_rels/document.xml.rels": f'<Relationships><R Target="data:audio/ogg;base64,{B64}"/></Relationships>',
}


@pytest.mark.parametrize("name", SPELLED)
def test_what_is_spelled_in_a_member_is_a_part_once(name: str) -> None:
    (part,) = (part for part in opened(package({**WORD, name: SPELLED[name]}), "a.docx").children)
    assert part.name.startswith(f"{name}/")
    assert part.content.bytes() == encoded("opus")


WORD: dict[str, str | bytes] = {
    "[Content_Types].xml": "<Types/>",
    "word/document.xml": f"<w:document {W}>{paragraph('Hello')}</w:document>",
    "word/styles.xml": "<styles>" + "<style/>" * 99 + "</styles>",
    "customXml/item1.xml": "<a>" + "some words of no meaning " * 40 + "</a>",
}


@pytest.mark.parametrize(
    ("front", "name"),
    [
        (WORD, "word/theme/hidden.bin"),
        ({"[Content_Types].xml": "<T/>", "xl/workbook.xml": "<workbook/>"}, "xl/vbaProject.bin"),
        ({"[Content_Types].xml": "<T/>", "xl/workbook.xml": "<workbook/>"}, "xl/printerSettings/printerSettings1.bin"),
        ({"[Content_Types].xml": "<T/>", "ppt/presentation.xml": "<p/>"}, "ppt/slideMasters/odd.dat"),
        ({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<c/>"}, "Thumbnails/thumbnail.png"),
        ({"mimetype": "application/epub+zip", "a.xhtml": "<html/>"}, "META-INF/x.ttf"),
    ],
)
def test_binary_members_are_parts_wherever_they_lie(front: dict[str, str | bytes], name: str) -> None:
    assert opened(package(front)).children == []
    assert opened(package({**front, name: wav()})).child(name) == wav()


def test_what_is_spelled_in_cells_is_a_part() -> None:
    rows = "".join(f'<row><c t="inlineStr"><is><t>{line}</t></is></c></row>' for line in textwrap.wrap(B64, 500))
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"
    members = {"[Content_Types].xml": "<T/>", "xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": sheet}
    assert [part.content.bytes() for part in opened(package(members), "a.xlsx").children] == [encoded("opus")]
