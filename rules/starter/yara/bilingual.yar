// Bilingual files: with several candidates for a segment they are an issued package, without they may be anybody's work.

private rule is_markup
{
    condition:
        for any place in (0..8) : (uint8(place) == 0x3C)
}

rule xliff_candidates
{
    meta:
        id = "EW-BIL-XLIFF-CANDIDATES"
        title = "XLIFF with several candidate translations for a segment"
        description = "Two alt-trans elements in a row for one unit. A translation memory offers one, a return none. Phrase writes two by habit and counts only with recordings."
        severity = "medium"
        category = "bilingual"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $xliff = /<([a-z0-9]{1,12}:)?xliff[\s>]/ nocase ascii wide
        $two = /<\/([a-z0-9]{1,12}:)?alt-trans>\s{0,200}<([a-z0-9]{1,12}:)?alt-trans[\s>]/ nocase ascii wide
        $phrase = "http://www.memsource.com/mxlf/" ascii wide
        $clip = /[a-z0-9_)-]\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)["'<\s]/ nocase ascii wide
    condition:
        is_markup and $xliff and $two and (not $phrase or $clip)
}

rule xliff2_candidates
{
    meta:
        id = "EW-BIL-XLIFF2-CANDIDATES"
        title = "XLIFF 2 with several candidate translations for a segment"
        description = "Two match elements of the translation candidates module in a row."
        severity = "medium"
        category = "bilingual"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $module = "urn:oasis:names:tc:xliff:matches:2.0" ascii wide
        $two = /<\/([a-z0-9]{1,12}:)?match>\s{0,200}<([a-z0-9]{1,12}:)?match[\s>]/ nocase ascii wide
    condition:
        is_markup and $module and $two
}

rule xliff_of_clips
{
    meta:
        id = "EW-BIL-XLIFF-CLIPS"
        title = "XLIFF whose segments were spoken"
        description = "Segments refer to recordings, and at least one still carries a proposal. A return refers to none or carries no proposal."
        severity = "medium"
        category = "bilingual"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $xliff = /<([a-z0-9]{1,12}:)?xliff[\s>]/ nocase ascii wide
        $proposal = /<([a-z0-9]{1,12}:)?(alt-trans|match)[\s>]/ nocase ascii wide
        $clip = /[a-z0-9_)-]\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)["'<\s]/ nocase ascii wide
    condition:
        is_markup and $xliff and $proposal and $clip
}

rule sdlxliff
{
    meta:
        id = "EW-BIL-SDLXLIFF"
        title = "Trados bilingual file (SDLXLIFF)"
        description = "A translator's everyday file, and the form of many returns: context for other findings."
        severity = "low"
        category = "bilingual"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $xliff = /<xliff[\s>]/ ascii wide
        $space = "http://sdl.com/FileTypes/SdlXliff/1.0" ascii wide
    condition:
        $xliff and $space
}

rule mxliff
{
    meta:
        id = "EW-BIL-MXLIFF"
        title = "Phrase bilingual file (MXLIFF)"
        description = "A translator's everyday file: context for other findings."
        severity = "low"
        category = "bilingual"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $xliff = /<xliff[\s>]/ ascii wide
        $space = "http://www.memsource.com/mxlf/2.0" ascii wide
    condition:
        $xliff and $space
}

rule memoq
{
    meta:
        id = "EW-BIL-MEMOQ"
        title = "memoQ bilingual file"
        description = "A translator's everyday file: context for other findings."
        severity = "low"
        category = "bilingual"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $xliff = /<xliff[\s>]/ ascii wide
        $space = "MQXliff" ascii wide
        $attribute = /\smq:(ch|status|segmentguid|translatorcommitusername)="/ ascii wide
    condition:
        $xliff and ($space or #attribute > 1)
}

rule translation_memory
{
    meta:
        id = "EW-BIL-TMX"
        title = "Translation memory (TMX)"
        description = "Whole memories hold many customers' texts: context for other findings."
        severity = "low"
        category = "bilingual"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $tmx = /<tmx[\s>]/ nocase ascii wide
        $unit = /<tu[\s>]/ nocase ascii wide
        $variant = /<tuv[\s>]/ nocase ascii wide
    condition:
        $tmx and $unit and #variant > 1
}

rule translation_package
{
    meta:
        id = "EW-BIL-TRANSLATION-PACKAGE"
        title = "Project package of a translation programme"
        description = "A ZIP with the project file of Trados, memoQ, XLZ or Wordfast: issued and returned work both look so."
        severity = "low"
        category = "bilingual"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $trados = /PK\x01\x02.{42}[^\x00-\x1f]{1,180}\.sdlproj/is
        $trados_files = /PK\x01\x02.{42}[^\x00-\x1f]{1,180}\.sdlxliff/is
        $memoq = /PK\x01\x02.{42}[^\x00-\x1f]{1,180}\.(mqxliff|mqxlz|mbd)/is
        $xlz = /PK\x01\x02.{42}content\.xlf/is
        $wordfast = /PK\x01\x02.{42}[^\x00-\x1f]{1,180}\.txlf/is
    condition:
        uint16be(0) == 0x504B and any of them
}
