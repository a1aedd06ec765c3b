// Papers of the programmes themselves; run over the text a decoder found, so that DOCX and PDF count too.

rule programme_guidelines
{
    meta:
        id = "EW-DOC-GUIDELINES"
        title = "Contractor guidelines of a review programme"
        description = "A mark of confidence and the vocabulary of grading recorded speech in one document."
        severity = "medium"
        category = "document"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "text"
    strings:
        $mark1 = /do\s+not\s+(distribute|share|forward|copy|disclose)/ nocase
        $mark2 = /not\s+for\s+(public\s+)?(distribution|disclosure|release)/ nocase
        $mark3 = /(company|strictly|highly|vendor|internal)\s{1,3}[\/&-]?\s{0,3}confidential/ nocase
        $mark4 = /confidential\s{1,3}(information|material|document|[-\xe2\/])/ nocase
        $mark5 = /(nicht|keine)\s+(weitergeben|weitergabe|zur\s+weitergabe)/ nocase
        $mark6 = /ne\s+pas\s+(diffuser|divulguer|partager)/ nocase
        $mark7 = /no\s+(distribuir|divulgar|compartir)/ nocase
        $mark8 = /non-?\s?disclosure\s+agreement/ nocase
        $guide1 = /(transcription|grading|annotation|labell?ing|rating|review|translation|evaluation|judgement)\s+(guidelines?|guide|instructions|handbook|conventions)/ nocase
        $guide2 = /(guidelines?|instructions|handbook|training\s+(manual|material))\s+for\s+(the\s+)?(graders?|annotators?|transcribers?|contractors?|reviewers?|linguists?|vendors?|raters?)/ nocase
        $guide3 = /(transkriptions|bewertungs|annotations)(richtlinien?|leitfaden|anleitung)/ nocase
        $guide4 = /(guide|consignes|directives)\s+(de\s+transcription|d.{1,3}annotation|de\s+notation)/ nocase
        $guide5 = /(gu\xc3\xada|instrucciones|directrices)\s+de\s+(transcripci\xc3\xb3n|anotaci\xc3\xb3n|evaluaci\xc3\xb3n)/ nocase
        $speech1 = /(audio|voice|sound)\s+(clips?|snippets?|samples?|recordings?|files?)/ nocase
        $speech2 = /\butterances?\b/ nocase
        $speech3 = /(speech|voice)\s+(recognition|assistant|command|data)/ nocase
        $speech4 = /(wake|hot)[ -]?word|accidental\s+activation|false\s+(trigger|wake|accept)/ nocase
        $speech5 = /(candidate|machine)\s+(translations?|hypothes[ie]s|transcripts?)/ nocase
        $speech6 = /(audioclips?|sprachaufnahmen?|tonaufnahmen?|extraits?\s+audio|clips?\s+de\s+audio|fragmentos\s+de\s+audio)/ nocase
    condition:
        any of ($mark*) and any of ($guide*) and 2 of ($speech*)
}

rule confidence_mark
{
    meta:
        id = "EW-DOC-CONFIDENTIAL"
        title = "Document marked as confidential"
        description = "Many letters and mails carry such a line: context for other findings."
        severity = "low"
        category = "document"
        technique = "T1213"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "text"
    strings:
        $mark1 = /do\s+not\s+(distribute|disclose|forward)/ nocase
        $mark2 = /not\s+for\s+(public\s+)?(distribution|disclosure|release)/ nocase
        $mark3 = /(company|strictly|highly|vendor|internal)\s{1,3}[\/&-]?\s{0,3}confidential/ nocase
        $mark4 = /streng\s+vertraulich|strictement\s+confidentiel|estrictamente\s+confidencial/ nocase
        $mark5 = /under\s+(the\s+terms\s+of\s+)?(a|the|your)\s+(nda|non-?\s?disclosure\s+agreement)/ nocase
    condition:
        any of them
}
