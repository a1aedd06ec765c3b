// Audio that does not say what it is: behind another extension, or behind the end of another file.

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
        or (filetype startswith "audio/" and uint8(0) == 0xFF and uint8(1) & 0xE0 == 0xE0)  // bare MPEG or ADTS frames
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
        description = "A sound format begins inside or behind the picture. Motion photos carry video and stay quiet, as do a camera maker's own sound pictures."
        severity = "high"
        category = "evasion"
        technique = "T1027.003"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $wave = { 52 49 46 46 ?? ?? ?? ?? 57 41 56 45 66 6D 74 20 }
        $ogg = { 4F 67 67 53 00 02 00 00 00 00 00 00 00 00 }
        $flac = { 66 4C 61 43 00 00 00 22 }
        $mp4 = "ftypM4A " ascii
        $amr = "#!AMR" ascii
        $id3 = { FF D9 [0-64] 49 44 33 (02 | 03 | 04) 00 }
        $mpeg = { FF D9 FF (FB | FA | F3 | F2 | E3) }
        $maker = "SoundShot" ascii
        $maker_end = "SEFT" ascii
    condition:
        uint16be(0) == 0xFFD8
        and (any of ($wave, $ogg, $flac, $mp4, $id3, $mpeg) or ($amr in (512..filesize)))
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
        $wave = { 49 45 4E 44 AE 42 60 82 [0-512] 52 49 46 46 ?? ?? ?? ?? 57 41 56 45 }
        $ogg = { 49 45 4E 44 AE 42 60 82 [0-512] 4F 67 67 53 00 02 }
        $flac = { 49 45 4E 44 AE 42 60 82 [0-512] 66 4C 61 43 00 00 00 22 }
        $mp4 = { 49 45 4E 44 AE 42 60 82 [0-512] 66 74 79 70 4D 34 41 }
        $amr = { 49 45 4E 44 AE 42 60 82 [0-512] 23 21 41 4D 52 }
        $id3 = { 49 45 4E 44 AE 42 60 82 [0-512] 49 44 33 (02 | 03 | 04) 00 }
        $mpeg = { 49 45 4E 44 AE 42 60 82 FF (FB | FA | F3 | F2 | E3) }
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
        $wave = { 25 25 45 4F 46 [0-512] 52 49 46 46 ?? ?? ?? ?? 57 41 56 45 }
        $ogg = { 25 25 45 4F 46 [0-512] 4F 67 67 53 00 02 }
        $flac = { 25 25 45 4F 46 [0-512] 66 4C 61 43 00 00 00 22 }
        $mp4 = { 25 25 45 4F 46 [0-512] 66 74 79 70 4D 34 41 }
        $amr = { 25 25 45 4F 46 [0-512] 23 21 41 4D 52 }
        $id3 = { 25 25 45 4F 46 [0-512] 49 44 33 (02 | 03 | 04) 00 }
        $mpeg = { 25 25 45 4F 46 [0-2] FF (FB | FA | F3 | F2 | E3) }
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
        $wave = { 50 4B 05 06 [18-64] 52 49 46 46 ?? ?? ?? ?? 57 41 56 45 }
        $ogg = { 50 4B 05 06 [18-64] 4F 67 67 53 00 02 }
        $flac = { 50 4B 05 06 [18-64] 66 4C 61 43 00 00 00 22 }
        $id3 = { 50 4B 05 06 [18-64] 49 44 33 (02 | 03 | 04) 00 }
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
