// Manifests of review programmes: which clip, what a machine heard or proposed, what a person should choose from.

rule counted_candidates
{
    meta:
        id = "EW-PKG-CANDIDATES"
        title = "Review package: clips with several candidates each"
        description = "A decoder counted at least two proposals for a unit, whatever the vendor calls them, beside names of recordings. A return carries none."
        severity = "medium"
        category = "package"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $clip = /[a-z0-9_)-]\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)[^a-z0-9]/ nocase ascii wide
    condition:
        units > 0 and candidates >= 2 * units and ($clip or clips > 0)
}

rule translator_manifest
{
    meta:
        id = "EW-PKG-TRANSLATOR-JSON"
        title = "Manifest of a speech translation package"
        description = "JSON that gives each clip a language pair and candidate translations."
        severity = "medium"
        category = "package"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $clip = /:\s{0,8}"[^"\r\n]{1,240}\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)"/ nocase ascii wide
        $candidates = /"((mt|machine|translation)[ _-]?)?(candidates?|translations|proposals|suggestions|alternatives|n[ _-]?best)"\s{0,8}:\s{0,8}[\[{]\s{0,80}["{\[]/ nocase ascii wide
        $language = /"((source|target|src|tgt|from|to)[ _-]?(language|lang|locale)?|language[ _-]?pair|locale)"\s{0,8}:\s{0,8}"[a-z]{2,3}([-_>:][a-z0-9-]{2,10})?"/ nocase ascii wide
        $heard = /"(transcript|transcription|source[ _-]?text|sentence|utterance|recogni[sz]ed|asr|text)"\s{0,8}:\s{0,8}"/ nocase ascii wide
    condition:
        $clip and $candidates and #language > 1 and $heard
}

rule command_manifest
{
    meta:
        id = "EW-PKG-COMMAND-JSONL"
        title = "Manifest of an assistant-command package"
        description = "One JSON object a line: an utterance, its recording and what the recogniser thought it heard."
        severity = "medium"
        category = "package"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $line = /\}\r?\n\{ ?"/
        $clip = /:\s{0,8}"[^"\r\n]{1,240}\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)"/ nocase
        $heard = /"((asr|stt|reco)[ _-]?)?(hypotheses|hypothesis|hyps?|n[ _-]?best|alternatives|candidates|transcripts|guesses)"\s{0,8}:\s{0,8}\[\s{0,80}["{\[]/ nocase
    condition:
        (uint8(0) == 0x7B or uint32be(0) & 0xFFFFFF00 == 0xEFBBBF00) and $clip and $heard
        and ($line or filename iendswith ".jsonl" or filename iendswith ".ndjson")
}

rule dictation_table
{
    meta:
        id = "EW-PKG-DICTATION-TABLE"
        title = "Table of a dictation package"
        description = "A delimited table with a recording, a sentence and two or more hypotheses in each row."
        severity = "medium"
        category = "package"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $heading = /^(\xef\xbb\xbf)?[^\r\n]{0,400}(hyp|hypothesis|candidate|cand|alternative|alt|guess|variant|nbest|proposal|option|choice)[ _-]?[0-9a-c]"?[\t,;|]"?[^\r\n\t,;|]{0,40}(hyp|hypothesis|candidate|cand|alternative|alt|guess|variant|nbest|proposal|option|choice)[ _-]?[0-9a-c]/i
        $clip = /[\t,;|"\n][^\t,;|"\r\n]{1,200}\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)"?[\t,;|\r\n]/ nocase
    condition:
        $heading and #clip > 0
}

rule clip_table
{
    meta:
        id = "EW-PKG-CLIP-TABLE"
        title = "Table of recordings and what is said in them"
        description = "The lists speech corpora use (Common Voice, LJSpeech, NeMo, Kaldi), public ones too: a hint beside others."
        severity = "low"
        category = "package"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 2
        status = "active"
        scope = "raw"
    strings:
        $table = /\n([^\t\r\n]{0,120}\t)?[^\t\r\n]{1,200}\.(wav|flac|opus|ogg|mp3|m4a|amr|sph)\t[^\t\r\n]{0,20}[a-z\x80-\xff]{2,200}[^\t\r\n]{0,40} [^\t\r\n]{1,400}/ nocase
        $pipe = /\n[^|\r\n]{1,120}(\.(wav|flac|opus|ogg|mp3|m4a|amr|sph))\|[^|\r\n]{1,40} [^|\r\n]{1,400}/ nocase
        $comma = /\n"?[^,\r\n]{1,200}\.(wav|flac|opus|ogg|mp3|m4a|amr|sph)"?,"?[^,\r\n]{1,40} [^\r\n]{1,400}/ nocase
        $lines = /"(audio_filepath|audio_path|wav_path|audio_file|recording)"\s{0,8}:\s{0,8}"[^"\r\n]{1,300}"[^\r\n]{0,200}"(text|sentence|transcript|transcription|duration)"\s{0,8}:/ nocase
    condition:
        #table > 4 or #pipe > 4 or #comma > 4 or #lines > 4
}

rule device_context
{
    meta:
        id = "EW-PKG-DEVICE-CONTEXT"
        title = "Package that tells where or on what device a clip was recorded"
        description = "A manifest of clips with hypotheses or transcripts that also carries location, contacts or account fields, which the programmes promise to leave out."
        severity = "medium"
        category = "package"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    strings:
        $clip = /:\s{0,8}"[^"\r\n]{1,240}\.(wav|flac|opus|ogg|mp3|m4a|amr|aac|3gp|wma|sph)"/ nocase
        $heard = /"([a-z]{1,12}[ _-]?)?(hypotheses|hyps?|n[ _-]?best|candidates|transcript|transcription|utterance)"\s{0,8}:/ nocase
        $where = /"(latitude|longitude|gps([ _-]?(coordinates|position|location))?|geo[ _-]?location|home[ _-]?address|ssid|bssid|ip[ _-]?address)"\s{0,8}:\s{0,8}["\[{0-9-]/ nocase
        $who = /"(contacts?([ _-]?(names?|list))?|phone[ _-]?number|msisdn|account[ _-]?(id|name|e?mail)|user[ _-]?(e?mail|name)|installed[ _-]?apps|device[ _-]?name|contact[ _-]?book)"\s{0,8}:\s{0,8}["\[{0-9+]/ nocase
    condition:
        $clip and $heard and any of ($where, $who)
}
