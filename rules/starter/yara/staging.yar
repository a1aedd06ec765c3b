// Packages and clips put together in one container before they leave.

rule zip_package
{
    meta:
        id = "EW-STG-ZIP-PACKAGE"
        title = "Review package put into a ZIP archive"
        description = "The archive's directory lists clips beside a manifest or bilingual file. Programmes, books and office documents that carry sounds are left out."
        severity = "medium"
        category = "staging"
        technique = "T1560.001"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $clip = /PK\x01\x02.{42}[^\x00-\x1f]{1,180}\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)/is
        $manifest = /PK\x01\x02.{42}([^\x00-\x1f]{0,180}\/)?(manifest|clips?|segments?|utterances?|hypotheses|candidates?|transcripts?|transcriptions?|translations?|package|metadata)([ _.-][a-z0-9_.-]{1,40})?\.(jsonl?|ndjson|tsv|csv|xml|txt|stm|ctm)/is
        $bilingual = /PK\x01\x02.{42}[^\x00-\x1f]{1,180}\.(xlf|xliff|sdlxliff|mxliff|mqxliff|tmx|textgrid|eaf|trs)/is
        $android = "AndroidManifest.xml"
        $office = "[Content_Types].xml"
        $java = "META-INF/"
        $node = "node_modules/"
    condition:
        uint16be(0) == 0x504B and #clip > 1 and any of ($manifest, $bilingual)
        and none of ($android, $office, $java, $node)
}

rule zip_of_clips
{
    meta:
        id = "EW-STG-ZIP-CLIPS"
        title = "ZIP archive with many recordings"
        description = "Ten recordings or more in one archive. An album is the same, so this is a hint beside others."
        severity = "low"
        category = "staging"
        technique = "T1560.001"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $clip = /PK\x01\x02.{42}[^\x00-\x1f]{1,180}\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)/is
    condition:
        uint16be(0) == 0x504B and #clip > 9
}

rule tar_package
{
    meta:
        id = "EW-STG-TAR-PACKAGE"
        title = "Review package put into a tar archive"
        description = "Member headers name clips beside a manifest or bilingual file."
        severity = "medium"
        category = "staging"
        technique = "T1560.001"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $clip = /\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)\x00{1,99}0[0-7]{6}\x00/i
        $manifest = /[\x00\/\n](manifest|clips?|segments?|utterances?|hypotheses|candidates?|transcripts?|transcriptions?|translations?|package|metadata)([ _.-][a-z0-9_.-]{1,40})?\.(jsonl?|ndjson|tsv|csv|xml|txt|stm|ctm)\x00{1,99}0[0-7]{6}\x00/i
        $first = /^([^\x00\/]{1,80}\/){0,4}(manifest|clips?|segments?|utterances?|hypotheses|candidates?|transcripts?|transcriptions?|translations?|package|metadata)([ _.-][a-z0-9_.-]{1,40})?\.(jsonl?|ndjson|tsv|csv|xml|txt|stm|ctm)\x00{1,99}0[0-7]{6}\x00/i
        $bilingual = /\.(xlf|xliff|sdlxliff|mxliff|mqxliff|tmx|textgrid|eaf|trs)\x00{1,99}0[0-7]{6}\x00/i
    condition:
        uint32be(257) == 0x75737461 and #clip > 1 and any of ($manifest, $first, $bilingual)
}

rule zip_locked_audio
{
    meta:
        id = "EW-EVA-ZIP-LOCKED-AUDIO"
        title = "Password-protected archive with recordings"
        description = "The archive's directory, which stays readable, names recordings whose bytes are encrypted."
        severity = "high"
        category = "evasion"
        technique = "T1560.001"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $locked = /PK\x01\x02.{4}[\x01\x03\x05\x07\x09\x0b\x0d\x0f\x41\x43\x45\x47\x49\x4b\x4d\x4f].{37}[^\x00-\x1f]{1,180}\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph|aiff?|webm|mp4)/is
    condition:
        uint16be(0) == 0x504B and $locked
}

rule sevenzip_locked_audio
{
    meta:
        id = "EW-EVA-7Z-LOCKED-AUDIO"
        title = "Password-protected 7z archive with recordings"
        description = "The archive's directory is readable and names recordings; the archive is encrypted."
        severity = "high"
        category = "evasion"
        technique = "T1560.001"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $aes = { 06 F1 07 01 }
        $clip = /\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)/i wide
    condition:
        uint32be(0) == 0x377ABCAF and uint8(uint32(12) + 32) == 0x01
        and $aes in (uint32(12) + 32..filesize) and $clip in (uint32(12) + 32..filesize)
}

rule archive_hides_names
{
    meta:
        id = "EW-EVA-ARCHIVE-HIDES-NAMES"
        title = "Archive that hides even the names inside"
        description = "7z or RAR with an encrypted directory: nothing can be said of what is in it."
        severity = "low"
        category = "evasion"
        technique = "T1560.001"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $aes = { 06 F1 07 01 }
    condition:
        (uint32be(0) == 0x377ABCAF and uint8(uint32(12) + 32) == 0x17 and $aes in (uint32(12) + 32..filesize))
        or (uint32be(0) == 0x52617221 and uint32be(4) == 0x1A070100 and uint8(12) == 4)
        or (uint32be(0) == 0x52617221 and uint16be(4) == 0x1A07 and uint8(6) == 0 and uint8(9) == 0x73
            and uint8(10) & 0x80 != 0)
}

rule clip_inventory
{
    meta:
        id = "EW-STG-CLIP-INVENTORY"
        title = "Inventory of many recordings with their digests"
        description = "A checksum list of twenty recordings or more, as people make before a copy. A backup does the same."
        severity = "low"
        category = "staging"
        technique = "T1074.001"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $line = /[0-9a-f]{32,128}[ \t]+\*?[^\r\n]{1,240}\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)\r?\n/ nocase
    condition:
        #line > 19
}
