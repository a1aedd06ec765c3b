"""What kind of text a text is, by its shape; the name breaks ties, never more."""

from __future__ import annotations

import json
import re
from typing import AnyStr

from forensics.formats import clip_lists, project_files, timed_lines

_XML_START = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?\s*>\s*|<\?.*?\?>\s*)*", re.DOTALL
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)([^>]*)", re.DOTALL)
_ROOT_TYPES = {
    "xliff": "application/x-xliff+xml",
    "tmx": "application/x-tmx+xml",
    "tbx": "application/x-tbx+xml",
    "martif": "application/x-tbx+xml",
    "html": "text/html",
    "svg": "image/svg+xml",
    "rss": "application/rss+xml",
    "annotation_document": "application/x-eaf+xml",
    "tt": "application/ttml+xml",
    "trans": "application/x-trs+xml",
    "basic-transcription": "application/x-exb+xml",
    "sami": "application/x-sami",
}
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]|<(?:head|body|script|table|div|meta)[\s>]", re.IGNORECASE)
_SRT = re.compile(r"\s*\d+\s*\r?\n\s*\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}\s*-->\s*\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}")
_PO = re.compile(r'^msgid\s+"', re.MULTILINE)
_PO_VALUE = re.compile(r'^msgstr(?:\[\d+\])?\s+"', re.MULTILINE)
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*:")
_MAIL_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]*:[ \t\r\n]")
_MAIL_NAMES = frozenset(
    (
        *("received", "from", "to", "cc", "bcc", "subject", "date", "sender", "reply-to", "message-id", "return-path"),
        *("delivered-to", "mime-version", "content-type", "content-transfer-encoding", "x-mailer", "user-agent"),
        "dkim-signature",
    )
)
_MBOX = re.compile(r"From \S+.*\d{2}:\d{2}.*\d{4}")
_JSON_LINE = re.compile(r"\s*[{\[].*[}\]]\s*$", re.DOTALL)
_JSON_START = re.compile(r'(?:\[\s*)*\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}\s*[,\]])')
WHOLE_CHARACTERS = 1 << 14
_FIRST_LINES = 40
_FEW_CHARACTERS = 1 << 12


def text_type(text: str, name: str) -> str:
    """The media type of the beginning of a text; `text/plain` when it has no shape of its own."""
    text = text.lstrip("\ufeff")
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return (
        _document_type(text)
        or _markup_type(text)
        or timed_lines.timed_type(text)
        or _mail_type(text, suffix)
        or _timed_type(text)
        or _gettext_type(text)
        or _json_type(text, suffix)
        or _table_type(text, suffix)
        or _list_type(text, name)
        or "text/plain"
    )


def _document_type(text: str) -> str:
    if text.startswith("%PDF-"):
        return "application/pdf"
    if text.lstrip()[:5] == "{\\rtf":
        return "text/rtf"
    return "application/postscript" if text.startswith("%!PS") else ""


def _markup_type(text: str) -> str:
    start = _XML_START.match(text)
    rest = text[start.end() :] if start else text
    if not rest.startswith("<"):
        return ""
    root = _ROOT.match(rest)
    if root and (kind := _ROOT_TYPES.get(root[1].lower())):
        return kind
    if root and project_files.is_project_root(root[1]):
        return "application/x-translation-project+xml"
    if text.lstrip().startswith("<?xml") or (root and "xmlns" in root[2]):
        return "application/xml"
    return "text/html" if _HTML.search(text[:4096]) else "application/xml" if root else ""


def _mail_type(text: str, suffix: str) -> str:
    if _MBOX.match(text):
        return "application/mbox"
    if text[:1].strip() and not _FIELD_NAME.match(text):
        return ""
    head = text[: _head_length(text, "\n\n", "\n\r\n", "\r")]
    fields = [line for line in head.splitlines() if line and line[0] not in " \t"]
    if not fields or not all(_MAIL_FIELD.match(line + "\n") for line in fields[:40]):
        return ""
    names = {line.partition(":")[0].lower() for line in fields}
    least = 1 if suffix in ("eml", "mht", "mhtml") else 2
    return "message/rfc822" if len(names & _MAIL_NAMES) >= least else ""


def is_mail_head(head: bytes) -> bool:
    """Say whether bytes that are no text as a whole begin with mail headers: binary bodies are legal (RFC 3030)."""
    fields = head[: _head_length(head, b"\n\n", b"\n\r\n", b"\r")]
    return len(fields) < len(head) and b"\0" not in fields and bool(_mail_type(fields.decode("latin-1"), ""))


def _head_length(text: AnyStr, blank: AnyStr, blank_crlf: AnyStr, cr: AnyStr) -> int:
    """Where the first blank line begins, with the line end before it; the whole length when there is none."""
    places = [place for place in (text.find(blank), text.find(blank_crlf)) if place >= 0]
    at = min(places, default=len(text))
    return at - 1 if places and text[at - 1 : at] == cr else at


def _timed_type(text: str) -> str:
    if text.startswith("WEBVTT") and text[6:7] in ("", " ", "\t", "\r", "\n"):
        return "text/vtt"
    return "application/x-subrip" if _SRT.match(text) else ""


def _gettext_type(text: str) -> str:
    if "msgid" not in text:
        return ""
    return "text/x-gettext-translation" if _PO.search(text) and _PO_VALUE.search(text) else ""


def _json_type(text: str, suffix: str) -> str:
    """Objects by their first key; other lists only when they parse, because prose and settings have brackets too."""
    stripped = text.lstrip()
    if not stripped or stripped[0] not in "{[":
        return ""
    lines = [line for line in stripped.splitlines()[:5] if line.strip()]
    whole = lines if len(text) < WHOLE_CHARACTERS or len(lines) < 2 else lines[:-1]
    is_lined = len(whole) > 1 or suffix in ("jsonl", "ndjson")
    if is_lined and sum(map(_parses, whole)) * 2 > len(whole):
        return "application/x-ndjson"
    if _JSON_START.match(stripped) or (len(text) < WHOLE_CHARACTERS and _parses(stripped)):
        return "application/json"
    return ""


def _parses(text: str) -> bool:
    if not _JSON_LINE.match(text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _table_type(text: str, suffix: str) -> str:
    """Tab-separated when every line has the same number of tabs; commas only with such regularity or the name."""
    lines = [line for line in _first_lines(text) if line.strip()]
    if len(text) >= 1 << 14 and len(lines) > 1:
        lines = lines[:-1]
    if not lines:
        return ""
    for separator, kind in (
        ("\t", "text/tab-separated-values"),
        (",", "text/csv"),
        (";", "text/csv"),
        ("|", "text/csv"),
    ):
        if separator not in lines[0]:
            continue
        counts = [line.count(separator) for line in lines]
        is_named = suffix in ("csv", "tsv", "tab", "psv")
        if min(counts) >= 1 and (is_named or (len(lines) >= 2 and len(set(counts)) == 1)):
            return kind if not _is_prose(lines, separator) or is_named else ""
    return {"csv": "text/csv", "tsv": "text/tab-separated-values"}.get(suffix, "")


def _list_type(text: str, name: str) -> str:
    lines = _first_lines(text)
    whole = lines[:-1] if len(text) >= WHOLE_CHARACTERS and len(lines) > 1 else lines
    return "text/x-clip-list" if clip_lists.is_clip_list(whole, name) else ""


def _first_lines(text: str) -> list[str]:
    """The first 40 lines, for which most texts need not be split to their end."""
    lines = text[:_FEW_CHARACTERS].splitlines()
    return (lines if len(lines) > _FIRST_LINES else text.splitlines())[:_FIRST_LINES]


def _is_prose(lines: list[str], separator: str) -> bool:
    """Commas followed by blanks are punctuation."""
    if separator == "\t":
        return False
    return sum(line.count(separator + " ") for line in lines) * 2 > sum(line.count(separator) for line in lines)
