// Audio written as text or with its bytes turned, so that typing by first bytes does not see it.

rule base64_audio
{
    meta:
        id = "EW-EVA-BASE64-AUDIO"
        title = "Audio written as base64 text"
        description = "The beginning of a sound file in base64, at any of its three alignments. Mail does that to every attachment and is opened instead."
        severity = "high"
        category = "evasion"
        technique = "T1027.013"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 2
        status = "active"
        scope = "raw"
    strings:
        $wave = "WAVEfmt " base64 base64wide
        $wave64 = "riff\x2e\x91\xcf\x11" base64 base64wide
        $ogg = "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00" base64 base64wide
        $flac = "fLaC\x00\x00\x00\x22" base64 base64wide
        $mp4 = "ftypM4A " base64 base64wide
        $mp4_plain = "ftypisom" base64 base64wide
        $mp4_second = "ftypmp42" base64 base64wide
        $mobile = "ftyp3gp" base64 base64wide
        $aiff = "AIFFCOMM" base64 base64wide
        $caf = "caff\x00\x01\x00\x00desc" base64 base64wide
        $au = ".snd\x00\x00\x00" base64 base64wide
        $asf = "\x30\x26\xb2\x75\x8e\x66\xcf\x11" base64 base64wide
        $webm = "\x42\x82\x84webm" base64 base64wide
        $matroska = "\x42\x82\x88matroska" base64 base64wide
        $id3 = "ID3\x03\x00\x00\x00" base64 base64wide
        $id3_four = "ID3\x04\x00\x00\x00" base64 base64wide
        $amr = /(^|[^A-Za-z0-9+\/])IyFBTVI[K-][A-Za-z0-9+\/]{48}/
        $frames = /(^|[^A-Za-z0-9+\/=:\r\n]|\n\r?\n)(\/\/s|\/\/l|\/\/N|\/\/u|\/\/v|\/\/P|\/\/O|\/\/K|\/\/F)[A-Za-z0-9+\/]{57}([A-Za-z0-9+\/]{60}|[A-Za-z0-9+\/]{0,16}\r?\n[A-Za-z0-9+\/]{40})/
        $inline = "data:audio/" nocase
        $mime = "Content-Transfer-Encoding: base64" nocase
        $mime_bare = "Content-Transfer-Encoding:base64" nocase
        $card = "BEGIN:VCARD"
    condition:
        any of ($wave*, $ogg, $flac, $mp4*, $mobile, $aiff, $caf, $au, $asf, $webm, $matroska, $id3*, $amr, $frames)
        and not $inline and not $card
        and uint32be(0) != 0x0A0D0D0A and uint32be(0) != 0xD4C3B2A1 and uint32be(0) != 0xA1B2C3D4  // captures hold mail
        and not (($mime or $mime_bare) and (filetype startswith "message/" or filetype startswith "multipart/"
            or filetype == "application/mbox" or filename iendswith ".eml" or filename iendswith ".mbox"
            or filename iendswith ".mht" or filename iendswith ".mhtml"))
}

rule inline_audio
{
    meta:
        id = "EW-EVA-INLINE-AUDIO"
        title = "Audio inside a web page or document as a data address"
        description = "Saved pages and notebooks do that: a hint beside others."
        severity = "low"
        category = "evasion"
        technique = "T1027.013"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $inline = /data:(audio|video)\/[a-z0-9.+-]{2,30}(;[a-z0-9=-]{1,30}){0,3};base64,[A-Za-z0-9+\/]{64}/ nocase
    condition:
        $inline
}

rule hex_audio
{
    meta:
        id = "EW-EVA-HEX-AUDIO"
        title = "Audio written as hexadecimal text"
        description = "The beginning of a sound file in hexadecimal digits, as dumps and hand-made encodings write it."
        severity = "high"
        category = "evasion"
        technique = "T1027.013"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $wave = /52[ :]?49[ :]?46[ :]?46[ :]?([0-9a-f]{2}[ :]?){4}57[ :]?41[ :]?56[ :]?45/ nocase
        $ogg = /4f[ :]?67[ :]?67[ :]?53[ :]?00[ :]?02[ :]?00[ :]?00[ :]?00[ :]?00[ :]?00[ :]?00[ :]?00[ :]?00/ nocase
        $flac = /66[ :]?4c[ :]?61[ :]?43[ :]?00[ :]?00[ :]?00[ :]?22/ nocase
        $mp4 = /00[ :]?00[ :]?00[ :]?[0-9a-f]{2}[ :]?66[ :]?74[ :]?79[ :]?70[ :]?(4d[ :]?34[ :]?41|69[ :]?73[ :]?6f|6d[ :]?70[ :]?34|33[ :]?67[ :]?70)/ nocase
        $aiff = /46[ :]?4f[ :]?52[ :]?4d[ :]?([0-9a-f]{2}[ :]?){4}41[ :]?49[ :]?46/ nocase
        $caf = /63[ :]?61[ :]?66[ :]?66[ :]?00[ :]?01[ :]?00[ :]?00[ :]?64[ :]?65[ :]?73[ :]?63/ nocase
        $asf = /30[ :]?26[ :]?b2[ :]?75[ :]?8e[ :]?66[ :]?cf[ :]?11/ nocase
        $webm = /42[ :]?82[ :]?84[ :]?77[ :]?65[ :]?62[ :]?6d/ nocase
        $matroska = /42[ :]?82[ :]?88[ :]?6d[ :]?61[ :]?74[ :]?72[ :]?6f[ :]?73[ :]?6b[ :]?61/ nocase
        $amr = /23[ :]?21[ :]?41[ :]?4d[ :]?52[ :]?(0a|2d)/ nocase
        $au = /(^|[^0-9a-f])2e[ :]?73[ :]?6e[ :]?64[ :]?00[ :]?00[ :]?00/ nocase
        $wave64 = /72[ :]?69[ :]?66[ :]?66[ :]?2e[ :]?91[ :]?cf[ :]?11/ nocase
        $id3 = /(^|[^0-9a-f])49[ :]?44[ :]?33[ :]?0[234][ :]?00[ :]?[08]0([ :]?[0-7][0-9a-f]){4}([ :]?[0-9a-f]{2}){16}/ nocase
    condition:
        any of them
}

rule masked_audio
{
    meta:
        id = "EW-EVA-MASKED-AUDIO"
        title = "Audio whose bytes are masked or reversed"
        description = "The header of a sound file under a one-byte mask (XOR), or the whole file written backwards."
        severity = "high"
        category = "evasion"
        technique = "T1027.013"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $wave = "WAVEfmt " xor(0x01-0xff)
        $ogg = "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00" xor(0x01-0xff)
        $flac = "fLaC\x00\x00\x00\x22" xor(0x01-0xff)
        $mp4 = "ftypM4A " xor(0x01-0xff)
        $mp4_plain = "ftypisom" xor(0x01-0xff)
        $mp4_second = "ftypmp42" xor(0x01-0xff)
        $mobile = "ftyp3gp" xor(0x01-0xff)
        $id3 = "ID3\x03\x00\x00\x00" xor(0x01-0xff)
        $id3_four = "ID3\x04\x00\x00\x00" xor(0x01-0xff)
        $aiff = "AIFFCOMM" xor(0x01-0xff)
        $caf = "caff\x00\x01\x00\x00desc" xor(0x01-0xff)
        $asf = "\x30\x26\xb2\x75\x8e\x66\xcf\x11" xor(0x01-0xff)
        $amr = "#!AMR\x0a" xor(0x01-0xff)
        $wave_backwards = { 45 56 41 57 ?? ?? ?? ?? 46 46 49 52 }
        $ogg_backwards = { 00 00 00 00 00 00 00 00 02 00 53 67 67 4F }
        $flac_backwards = { 22 00 00 00 43 61 4C 66 }
        $mp4_backwards = { 70 79 74 66 ?? 00 00 00 }
        $id3_backwards = { 00 00 00 (03 | 04) 33 44 49 }
        $asf_backwards = { 11 CF 66 8E 75 B2 26 30 }
        $aiff_backwards = { 46 49 41 ?? ?? ?? ?? 4D 52 4F 46 }
    condition:
        $wave at 8 or $aiff at 8 or $mp4 at 4 or $mp4_plain at 4 or $mp4_second at 4 or $mobile at 4
        or $ogg at 0 or $flac at 0 or $id3 at 0 or $id3_four at 0 or $caf at 0 or $asf at 0 or $amr at 0
        or (filesize > 64 and (
            $wave_backwards at filesize - 12 or $ogg_backwards at filesize - 14 or $flac_backwards at filesize - 8
            or $mp4_backwards at filesize - 8 or $id3_backwards at filesize - 7 or $asf_backwards at filesize - 8
            or $aiff_backwards at filesize - 11))
}
