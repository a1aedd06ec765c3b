// Audio that does not say what it is: behind another extension, or behind the end of another file.
// The headers looked for, in this order: WAV, RF64, W64, Ogg, FLAC, AIFF, AMR, CAF, AU, ASF, Matroska (two), SILK, ID3.

private rule sound_header
{
    condition:
        (uint32be(0) == 0x52494646 and uint32be(8) == 0x57415645)                 // RIFF WAVE
        or (uint32be(0) == 0x52463634 and uint32be(8) == 0x57415645)              // RF64 WAVE
        or (uint32be(0) == 0x4F676753 and uint8(4) == 0)                          // Ogg
        or uint32be(0) == 0x664C6143                                              // FLAC
        or (uint16be(0) == 0x4944 and uint8(2) == 0x33 and uint8(3) < 5)          // ID3 before MPEG audio
        or (uint32be(0) == 0x464F524D and (uint32be(8) & 0xFFFFFF00) == 0x41494600)  // AIFF, AIFC
        or (uint32be(0) == 0x2321414D and uint8(4) == 0x52)                       // AMR
        or (uint32be(0) == 0x2E736E64 and uint32be(4) < 1024)                     // AU
        or uint32be(0) == 0x63616666                                              // CAF
        or (uint32be(0) == 0x3026B275 and uint32be(4) == 0x8E66CF11)              // ASF, WMA
        or (uint32be(0) == 0x4E495354 and uint32be(4) == 0x5F31410A)              // NIST SPHERE
        or (uint32be(4) == 0x66747970 and (                                       // ISO media: the audio and video brands
            uint32be(8) == 0x4D344120 or uint32be(8) == 0x4D344220 or uint32be(8) == 0x69736F6D
            or uint32be(8) == 0x6D703431 or uint32be(8) == 0x6D703432 or uint32be(8) == 0x64617368
            or (uint32be(8) & 0xFFFFFF00) == 0x33677000))
        or ((filetype startswith "audio/" or filetype startswith "video/") and filetype != "audio/midi")
}

rule audio_as_picture
{
    meta:
        id = "EW-EVA-AUDIO-AS-PICTURE"
        title = "Audio with the name of a picture"
        description = "The first bytes are those of a sound format, the name ends like a picture's. No programme does that by itself."
        severity = "high"
        category = "evasion"
        technique = "T1036.008"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    condition:
        filename matches /\.(jpe?g|jfif|png|gif|bmp|tiff?|webp|heic|heif|svg|ico|psd|cr2|nef|dng|raw)$/i and sound_header
}

rule audio_as_document
{
    meta:
        id = "EW-EVA-AUDIO-AS-DOCUMENT"
        title = "Audio with the name of a document or archive"
        description = "The first bytes are those of a sound format, the name ends like a document's, table's or archive's."
        severity = "high"
        category = "evasion"
        technique = "T1036.008"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    condition:
        filename matches /\.(pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|txt|md|csv|tsv|jsonl?|xml|html?|xlf|xliff|tmx|po|srt|vtt|eml|msg|ics|log|zip|7z|rar|gz|tgz|tar|epub)$/i
        and not (channel == "http" and filename matches /\.(jsonl?|xml|html?)$/i)  // the name of an endpoint
        and sound_header
}

rule audio_as_data
{
    meta:
        id = "EW-EVA-AUDIO-AS-DATA"
        title = "Audio with the name of programme data"
        description = "The first bytes are those of a sound format, the name ends like a data, system or backup file's."
        severity = "medium"
        category = "evasion"
        technique = "T1036.008"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    condition:
        filename matches /\.(dat|data|bin|db|sqlite3?|bak|old|dll|exe|so|sys|iso|img|cfg|ini|conf|key|pem|pyc|lock|cache|blob|enc|[0-9]{1,3})$/i
        and sound_header
}

rule audio_without_extension
{
    meta:
        id = "EW-EVA-AUDIO-UNNAMED"
        title = "Audio without an extension"
        description = "Messengers and caches do that too: a hint beside others, no alarm by itself."
        severity = "low"
        category = "evasion"
        technique = "T1036.008"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    condition:
        filename matches /^[^.]{1,250}$/ and sound_header
}

rule audio_after_jpeg
{
    meta:
        id = "EW-EVA-AUDIO-AFTER-JPEG"
        title = "Audio appended to a JPEG picture"
        description = "A sound format begins behind the picture or in it. Motion photos carry video and stay quiet, as do a camera maker's own sound pictures."
        severity = "high"
        category = "evasion"
        technique = "T1027.003"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $sound = { (52 49 46 46 ?? ?? ?? ?? 57 41 56 45 66 6D 74 20 | 52 46 36 34 ?? ?? ?? ?? 57 41 56 45
            | 72 69 66 66 2E 91 CF 11 | 4F 67 67 53 00 02 00 00 00 00 00 00 00 00 | 66 4C 61 43 00 00 00 22
            | 46 4F 52 4D ?? ?? ?? ?? 41 49 46 (43 | 46) | 63 61 66 66 00 01 00 00 | 30 26 B2 75 8E 66 CF 11
            | 1A 45 DF A3 01 00 00 00 | 1A 45 DF A3 ?? 42 86 81) }
        $short = { FF D9 [0-128] (23 21 41 4D 52 | 2E 73 6E 64 00 00 00 | 23 21 53 49 4C 4B) }
        $id3 = { FF D9 [0-128] 49 44 33 (02 | 03 | 04) 00 }
        $frames = { FF D9 FF (FA | FB | FC | FD | F1 | F2 | F3 | F4 | F5 | F9) }
        $ac3 = { FF D9 0B 77 }
        $media = { FF D9 [0-128] 00 00 00 ?? 66 74 79 70 }
        $moving = /(Motion|Micro)(Photo|Video)/
        $live = "LIVE_"
        $maker = "SoundShot"
        $maker_end = "SEFT"
    condition:
        uint16be(0) == 0xFFD8
        and ($sound or any of ($short, $id3, $frames, $ac3)
            or ($media and not $moving and not ($live in (filesize - 64..filesize))))
        and not ($maker and $maker_end at filesize - 4)
}

rule audio_after_png
{
    meta:
        id = "EW-EVA-AUDIO-AFTER-PNG"
        title = "Audio appended to a PNG picture"
        description = "A sound format begins right behind the picture's end mark."
        severity = "high"
        category = "evasion"
        technique = "T1027.003"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $sound = { 49 45 4E 44 AE 42 60 82 [0-4096] (
            52 49 46 46 ?? ?? ?? ?? 57 41 56 45 | 52 46 36 34 ?? ?? ?? ?? 57 41 56 45 | 72 69 66 66 2E 91 CF 11
            | 4F 67 67 53 00 02 00 00 | 66 4C 61 43 00 00 00 22 | 46 4F 52 4D ?? ?? ?? ?? 41 49 46 (43 | 46)
            | 23 21 41 4D 52 | 63 61 66 66 00 01 00 00 | 2E 73 6E 64 00 00 00 | 30 26 B2 75 8E 66 CF 11
            | 1A 45 DF A3 ?? 42 | 1A 45 DF A3 01 00 00 00 | 23 21 53 49 4C 4B | 49 44 33 (02 | 03 | 04) 00 ) }
        $media = { 49 45 4E 44 AE 42 60 82 [0-4096] 00 00 00 ?? 66 74 79 70 }
        $frames = { 49 45 4E 44 AE 42 60 82 (FF (FA | FB | FC | FD | F1 | F2 | F3 | F4 | F5 | F9) | 0B 77) }
    condition:
        uint32be(0) == 0x89504E47 and any of them
}

rule audio_after_pdf
{
    meta:
        id = "EW-EVA-AUDIO-AFTER-PDF"
        title = "Audio appended to a PDF document"
        description = "A sound format begins behind the document's end mark; a recording embedded as PDF knows it lies before."
        severity = "high"
        category = "evasion"
        technique = "T1027.003"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $sound = { 25 25 45 4F 46 [0-4096] (
            52 49 46 46 ?? ?? ?? ?? 57 41 56 45 | 52 46 36 34 ?? ?? ?? ?? 57 41 56 45 | 72 69 66 66 2E 91 CF 11
            | 4F 67 67 53 00 02 00 00 | 66 4C 61 43 00 00 00 22 | 46 4F 52 4D ?? ?? ?? ?? 41 49 46 (43 | 46)
            | 23 21 41 4D 52 | 63 61 66 66 00 01 00 00 | 2E 73 6E 64 00 00 00 | 30 26 B2 75 8E 66 CF 11
            | 1A 45 DF A3 ?? 42 | 1A 45 DF A3 01 00 00 00 | 23 21 53 49 4C 4B | 49 44 33 (02 | 03 | 04) 00 ) }
        $media = { 25 25 45 4F 46 [0-4096] 00 00 00 ?? 66 74 79 70 }
        $frames = { 25 25 45 4F 46 [0-2] (FF (FA | FB | FC | FD | F1 | F2 | F3 | F4 | F5 | F9) | 0B 77) }
    condition:
        uint32be(0) == 0x25504446 and any of them
}

rule audio_after_archive
{
    meta:
        id = "EW-EVA-AUDIO-AFTER-ARCHIVE"
        title = "Audio appended to a ZIP archive or office document"
        description = "A sound format begins behind the archive's end record; archive programmes neither write nor show it."
        severity = "high"
        category = "evasion"
        technique = "T1027.003"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $sound = { 50 4B 05 06 [18-4096] (
            52 49 46 46 ?? ?? ?? ?? 57 41 56 45 | 52 46 36 34 ?? ?? ?? ?? 57 41 56 45 | 72 69 66 66 2E 91 CF 11
            | 4F 67 67 53 00 02 00 00 | 66 4C 61 43 00 00 00 22 | 46 4F 52 4D ?? ?? ?? ?? 41 49 46 (43 | 46)
            | 23 21 41 4D 52 | 63 61 66 66 00 01 00 00 | 2E 73 6E 64 00 00 00 | 30 26 B2 75 8E 66 CF 11
            | 1A 45 DF A3 ?? 42 | 1A 45 DF A3 01 00 00 00 | 23 21 53 49 4C 4B | 49 44 33 (02 | 03 | 04) 00 ) }
        $media = { 50 4B 05 06 [18-4096] 00 00 00 ?? 66 74 79 70 }
        $frames = { 50 4B 05 06 [18] (FF (FA | FB | FC | FD | F1 | F2 | F3 | F4 | F5 | F9) | 0B 77) }
    condition:
        uint32be(0) == 0x504B0304 and any of them
}

rule archive_after_media
{
    meta:
        id = "EW-EVA-ARCHIVE-AFTER-MEDIA"
        title = "Archive appended to a picture or recording"
        description = "The file opens as a picture or sound and, from its end, as a ZIP archive."
        severity = "high"
        category = "evasion"
        technique = "T1027.003"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $entry = { 50 4B 01 02 ?? ?? ?? ?? ?? ?? (00 | 08 | 09 | 0C | 0E | 5D | 63) 00 }
        $end = { 50 4B 05 06 00 00 00 00 }
    condition:
        (uint32be(0) & 0xFFFFFF00 == 0xFFD8FF00 or uint32be(0) == 0x89504E47 or uint32be(0) == 0x47494638
            or (uint32be(0) == 0x52494646 and uint32be(8) == 0x57415645)
            or (uint16be(0) == 0x4944 and uint8(2) == 0x33) or uint32be(0) == 0x4F676753 or uint32be(0) == 0x664C6143)
        and $entry and filesize > 100 and $end in (filesize - 1024..filesize)
}
