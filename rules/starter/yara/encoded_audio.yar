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
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $wave = "WAVEfmt " base64 base64wide
        $ogg = "OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00" base64 base64wide
        $flac = "fLaC\x00\x00\x00\x22" base64 base64wide
        $mp4 = "ftypM4A " base64 base64wide
        $id3 = /[^A-Za-z0-9+\/]SUQz(Ag|Aw|BA)A[A-Za-z0-9+\/]{48}/
        $id3_first = /^SUQz(Ag|Aw|BA)A[A-Za-z0-9+\/]{48}/
        $amr = /[^A-Za-z0-9+\/]IyFBTVI[K-][A-Za-z0-9+\/]{48}/
        $mpeg = /[^A-Za-z0-9+\/]\/\/[sNuPvOK][A-Za-z0-9+\/]{56,76}[\r\n"][A-Za-z0-9+\/\r\n]/
        $inline = "data:audio/" nocase
        $mime = "Content-Transfer-Encoding: base64" nocase
        $mime_bare = "Content-Transfer-Encoding:base64" nocase
        $card = "BEGIN:VCARD"
    condition:
        any of ($wave, $ogg, $flac, $mp4, $id3, $id3_first, $amr, $mpeg)
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
        $wave = /52[ :]?49[ :]?46[ :]?46[ :]?([0-9a-f]{2}[ :]?){4}57[ :]?41[ :]?56[ :]?45[ :]?66[ :]?6d[ :]?74[ :]?20/ nocase
        $ogg = /4f[ :]?67[ :]?67[ :]?53[ :]?00[ :]?02([ :]?00){8}/ nocase
        $flac = /66[ :]?4c[ :]?61[ :]?43[ :]?00[ :]?00[ :]?00[ :]?22/ nocase
        $id3 = /^49[ :]?44[ :]?33[ :]?0[234][ :]?00[ :]?[08]0([ :]?[0-7][0-9a-f]){4}([ :]?[0-9a-f]{2}){16}/ nocase
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
        $backwards = { 20 74 6D 66 45 56 41 57 ?? ?? ?? ?? 46 46 49 52 }
        $ogg_backwards = { 00 00 00 00 00 00 00 00 02 00 53 67 67 4F }
    condition:
        $wave at 8 or $ogg at 0 or $flac at 0
        or (filesize > 64 and ($backwards at filesize - 16 or $ogg_backwards at filesize - 14))
}
