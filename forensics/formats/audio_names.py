"""Recognises the file name of a clip in a cell, an attribute or a note."""

from __future__ import annotations

import re

EXTENSIONS = (
    "wav|wave|mp3|m4a|mp4|aac|flac|ogg|oga|opus|spx|amr|awb|3gp|3gpp|wma|aif|aiff|aifc|au|snd|caf|w64|rf64|webm|mka|"
    "mkv|mov|g722|gsm|sph|silk|slk|ape|wv|tta|ac3|mp2|dss|ds2|ul|al|pcm|raw|sln|vox"
)
_NAME = re.compile(rf"[^\r\n\t<>|\"*?]{{1,1024}}\.(?:{EXTENSIONS})(?:[?#][^\s]*)?", re.IGNORECASE)


def is_audio_name(text: str) -> bool:
    """Say whether the whole text is the name, path or address of an audio file."""
    text = text.strip()
    return len(text) < 2048 and bool(_NAME.fullmatch(text))


def clip_stem(audio: str) -> str:
    """The file name of an audio path without folders and ending."""
    name = re.split(r"[\\/]", re.split(r"[?#]", audio.strip(), maxsplit=1)[0])[-1]
    return name.rpartition(".")[0] or name
