"""Screenshots as people make them: text drawn by FreeType (ffmpeg's drawtext) in a font, size and theme, then saved."""

from __future__ import annotations

import subprocess
import tempfile
import textwrap
from pathlib import Path

FONTS = Path("/usr/share/fonts/truetype/dejavu")
SANS, SERIF, MONO = "DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf"


def screen(
    text: str,
    *,
    size: int = 16,
    font: str = SANS,
    colours: tuple[str, str] = ("black", "white"),
    ending: str = "png",
    quality: int = 4,
    width: int = 1000,
) -> bytes:
    """A picture of the text, wrapped to the width; `colours` of letters and ground, `quality` of a JPEG (2 to 31)."""
    lines = [line for each in text.splitlines() for line in textwrap.wrap(each, int(width / size / 0.62)) or [""]]
    height = max(120, int(len(lines) * size * 1.6) + 60)
    letters, ground = colours
    with tempfile.TemporaryDirectory() as folder:
        written, drawn = Path(folder) / "text", Path(folder) / f"screen.{ending}"
        written.write_text("\n".join(lines), "utf-8")
        draw = (
            f"drawtext=fontfile={FONTS / font}:textfile={written}:fontsize={size}:fontcolor={letters}"
            f":x=24:y=20:line_spacing={size // 3}:expansion=none"
        )
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=c={ground}:s={width}x{height}", "-vf", draw]
        subprocess.run(
            [*command, "-frames:v", "1", "-q:v", str(quality), "-y", str(drawn)], check=True, stdin=subprocess.DEVNULL
        )
        return drawn.read_bytes()
