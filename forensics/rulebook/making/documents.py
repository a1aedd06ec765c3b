"""Text as documents and mails, as office programs and mailers write them; the same bytes every time."""

from __future__ import annotations

import io
import re
import tarfile
import textwrap
import zipfile
import zlib
from collections.abc import Mapping
from email.message import EmailMessage
from xml.sax.saxutils import escape

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RUN_CHARACTERS = 17
"""Spell checkers tear words into runs anywhere."""
_LINES_A_PAGE = 50
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def docx(text: str) -> bytes:
    """A Word file: a paragraph a line, words split over runs."""
    runs = (
        "<w:p>" + "".join(f'<w:r><w:t xml:space="preserve">{escape(p)}</w:t></w:r>' for p in _torn(line)) + "</w:p>"
        for line in _NO_XML.sub("", text).splitlines()
    )
    document = f'<?xml version="1.0"?><w:document xmlns:w="{_WORD}"><w:body>{"".join(runs)}</w:body></w:document>'
    return zipped({"[Content_Types].xml": _TYPES.encode(), "word/document.xml": document.encode()})


def xlsx(text: str) -> bytes:
    """An Excel file: a cell a line, its texts shared."""
    lines = _NO_XML.sub("", text).splitlines()
    cells = "".join(f'<row r="{n + 1}"><c r="A{n + 1}" t="s"><v>{n}</v></c></row>' for n in range(len(lines)))
    sheet = f'<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData></worksheet>'
    shared = "".join(f"<si><t>{escape(line)}</t></si>" for line in lines)
    return zipped(
        {
            "[Content_Types].xml": _TYPES.encode(),
            "xl/worksheets/sheet1.xml": sheet.encode(),
            "xl/sharedStrings.xml": f'<sst xmlns="{_SHEET}">{shared}</sst>'.encode(),
        }
    )


def pdf(text: str) -> bytes:
    """A PDF, a wrapped line a text operator, its streams compressed; what is not Latin-1 becomes `?`."""
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, 80)]
    pages = [lines[at : at + _LINES_A_PAGE] for at in range(0, len(lines), _LINES_A_PAGE)] or [[]]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        objects += _pdf_page(page, stream=5 + 2 * number)
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))


def html(text: str) -> bytes:
    """A web page, a paragraph a line."""
    body = "".join(f"<p>{escape(line)}</p>\n" for line in text.splitlines())
    page = (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>notes</title></head><body>\n{body}</body></html>\n'
    )
    return page.encode("utf-8", "replace")


def eml(text: str) -> bytes:
    """A mail in HTML, quoted-printable."""
    message = _mail()
    body = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines()).encode("utf-8", "replace").decode()
    message.set_content(f"<html><body>{body}</body></html>", subtype="html", cte="quoted-printable")
    return message.as_bytes()


def attached(name: str, data: bytes) -> bytes:
    """A mail with a file attached."""
    message = _mail()
    message.set_content("See attachment.")
    message.add_attachment(data, maintype="application", subtype="octet-stream", filename=re.sub("[\r\n]", " ", name))
    message.set_boundary("=_part_1")
    return message.as_bytes()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip archive without times."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            is_mark = name == "mimetype"  # by which OpenDocument and EPUB are known, where it stands as it is
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_STORED if is_mark else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    """A tar archive without times."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "one@example.com", "other@example.net", "notes"
    return message


def _torn(line: str) -> list[str]:
    return [line[at : at + _RUN_CHARACTERS] for at in range(0, len(line), _RUN_CHARACTERS)]


def _pdf_page(lines: list[str], *, stream: int) -> list[bytes]:
    shown = " ".join(f"({_pdf_text(line)}) Tj T*" for line in lines)
    data = zlib.compress(f"BT /F1 11 Tf 14 TL 50 780 Td {shown} ET".encode("cp1252", "replace"))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
    return [
        (page + b" /Resources << /Font << /F1 3 0 R >> >> >>") % stream,
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(data), data),
    ]


def _pdf_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
