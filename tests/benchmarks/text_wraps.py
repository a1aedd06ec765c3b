"""Text put into documents as office programs and mailers write them."""

from __future__ import annotations

import io
import textwrap
import zipfile
import zlib
from email.message import EmailMessage
from xml.sax.saxutils import escape

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def docx(text: str) -> bytes:
    """A Word file: a paragraph a line, words split over runs as spell checkers leave them."""
    runs = (
        "<w:p>" + "".join(f'<w:r><w:t xml:space="preserve">{escape(p)}</w:t></w:r>' for p in _torn(line)) + "</w:p>"
        for line in text.splitlines()
    )
    document = f'<?xml version="1.0"?><w:document xmlns:w="{_WORD}"><w:body>{"".join(runs)}</w:body></w:document>'
    return _package({"[Content_Types].xml": _TYPES, "word/document.xml": document})


def xlsx(text: str) -> bytes:
    """An Excel file: a cell a line, its texts shared."""
    lines = text.splitlines()
    cells = "".join(f'<row r="{n + 1}"><c r="A{n + 1}" t="s"><v>{n}</v></c></row>' for n in range(len(lines)))
    shared = "".join(f"<si><t>{escape(line)}</t></si>" for line in lines)
    return _package(
        {
            "[Content_Types].xml": _TYPES,
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData></worksheet>',
            "xl/sharedStrings.xml": f'<sst xmlns="{_SHEET}">{shared}</sst>',
        }
    )


def pdf(text: str) -> bytes:
    """A PDF of one page, a wrapped line a text operator, its stream compressed."""
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, 80)]
    shown = " ".join(f"({_pdf_text(line)}) Tj T*" for line in lines)
    stream = zlib.compress(f"BT /F1 11 Tf 14 TL 50 780 Td {shown} ET".encode("latin-1", "replace"))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))


def eml(text: str) -> bytes:
    """A mail in HTML, quoted-printable."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "one@example.com", "other@example.net", "notes"
    body = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
    message.set_content(f"<html><body>{body}</body></html>", subtype="html", cte="quoted-printable")
    return message.as_bytes()


WRAPS = {"docx": docx, "xlsx": xlsx, "pdf": pdf, "eml": eml}


def _torn(line: str) -> list[str]:
    return [line[at : at + 17] for at in range(0, len(line), 17)]


def _pdf_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _package(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return buffer.getvalue()
