// Pictures of the screen, told by what the capturing programme wrote into them; what stands in the picture is not read.

private rule is_picture
{
    condition:
        uint32be(0) == 0x89504E47 or uint16be(0) == 0xFFD8 or (uint32be(0) == 0x52494646 and uint32be(8) == 0x57454250)
}

private rule says_screenshot
{
    strings:
        $programme = /(gnome-screenshot|gnome screenshot|spectacle|flameshot|ksnip|shutter|greenshot|sharex|lightshot|snipping ?tool|snip & sketch|screencapture|snagit|monosnap|cleanshot|xfce4-screenshooter)/ nocase
        $comment = /(UserComment|Comment|Description)[\x00-\x20:="'>]{1,16}(ASCII\x00{0,3})?screenshot/ nocase
        $exif = { 41 53 43 49 49 00 00 00 53 63 72 65 65 6E 73 68 6F 74 }
        $apple = "exif:UserComment>Screenshot" nocase
        $xmp = "<rdf:li xml:lang=\"x-default\">Screenshot</rdf:li>"
    condition:
        any of them or filename matches /^(screen ?shot|screen ?capture|screenshot|bildschirmfoto|capture d.{1,5}cran|captura de pantalla|istantanea|schermafbeelding|snip)[ _-]/i
}

rule screenshot
{
    meta:
        id = "EW-SCR-SCREENSHOT"
        title = "Picture of a screen"
        description = "Told by its name or the programme that took it; people take many: context for other findings."
        severity = "low"
        category = "screenshot"
        technique = "T1113"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 1
        status = "active"
        scope = "raw"
    condition:
        is_picture and says_screenshot
}

rule work_tool_screenshot
{
    meta:
        id = "EW-SCR-WORK-TOOL"
        title = "Picture of the review tool's screen"
        description = "A picture of a screen whose title or window name, as the capturing programme noted it, speaks of reviewing speech."
        severity = "medium"
        category = "screenshot"
        technique = "T1113"
        author = "Earwitness maintainers"
        created = "2026-11-22"
        version = 2
        status = "active"
        scope = "raw"
    strings:
        $noted = /([Tt]itle|[Dd]escription|Window|Caption)[\x00:="'>]{1,8}([^\x00]{0,24}\x00){0,2}[^\x00]{0,160}([Tt]ranscription|TRANSCRIPTION|[Tt]ranslation ([Rr]eview|[Cc]andidate)|[Aa]nnotation [Tt]ool|[Aa]nnotator|[Uu]tterance|UTTERANCE|[Ss]peech ([Rr]eview|[Gg]rading|[Ll]abell?ing)|[Gg]rading ([Tt]ool|[Qq]ueue|[Tt]ask)|[Rr]eview ([Tt]ool|[Qq]ueue|[Tt]ask)|[Aa]udio ([Rr]eview|[Tt]ask)|[Cc]andidate [1-9]|[Hh]ypothes[ie]s)/
    condition:
        is_picture and says_screenshot
        and ($noted or filename matches /(transcription|translation review|annotation tool|utterance|grading (tool|queue|task)|review (tool|queue|task)|speech review)/i)
}
