/* Our own rules: what is known to be an attack wherever it stands, in raw bytes or in a decoded stream. They know
   content, not structure: what a PDF, an image or an archive does by its structure is judged by code. Each has a test
   with a hit and a benign neighbour in yara_rules_test.cpp, and a line in docs/inspection.md. */

rule lazaret_heap_spray {
  meta:
    description = "script that fills memory with encoded machine code"
    anchor = "unescape"
  strings:
    $code = /(%u[0-9a-f]{4}){24}/ nocase
    $decoder = "unescape" nocase
  condition: all of them
}

rule lazaret_reader_exploit_calls {
  meta:
    description = "calls of Adobe Reader that were used to take it over (CVE-2007-5659, 2008-2992, 2009-0927, 2009-4324)"
    anchor = "collectEmailInfo" anchor = "getIcon" anchor = "printf" anchor = "newPlayer"
  strings:
    $collect = /Collab\s*\.\s*collectEmailInfo\s*\(/
    $icon = /Collab\s*\.\s*getIcon\s*\(/
    $print = /util\s*\.\s*printf\s*\(\s*["']%\d{4,}/
    $player = /media\s*\.\s*newPlayer\s*\(\s*null/
  condition: any of them
}

rule lazaret_font_matrix_script {
  meta:
    description = "a font matrix that holds script (CVE-2024-4367)"
    anchor = "/FontMatrix"
  strings: $matrix = /\/FontMatrix\s*\[[^\]()]{0,120}\([^)]{0,200}[;)]/
  condition: $matrix
}

rule lazaret_powershell_download {
  meta:
    description = "PowerShell started hidden, encoded, or to run what it downloads"
    anchor = "powershell"
  strings:
    $shell = "powershell" nocase ascii wide
    $encoded = /-e(nc|ncodedcommand)?\s+[a-z0-9+\/]{24}/ nocase ascii wide
    $download = /\.download(string|file|data)\s*\(/ nocase ascii wide
    $run = /\b(iex|invoke-expression)\b/ nocase ascii wide
    $hidden = /-w(indowstyle)?\s+hidden/ nocase ascii wide
  condition: $shell and any of ($encoded, $download, $run, $hidden)
}

rule lazaret_command_chain {
  meta:
    description = "a Windows command line that starts another program"
    anchor = "powershell" anchor = "mshta" anchor = "certutil" anchor = "bitsadmin" anchor = "wscript"
    anchor = "cscript" anchor = "rundll32" anchor = "regsvr32"
  strings: $chain = /cmd(\.exe)?\s+\/[ck]\s[^\r\n]{0,80}(powershell|mshta|certutil|bitsadmin|wscript|cscript|rundll32|regsvr32)/ nocase ascii wide
  condition: $chain
}

rule lazaret_living_off_the_land {
  meta:
    description = "programs of Windows that run script from an address"
    anchor = "mshta" anchor = "regsvr32" anchor = "rundll32" anchor = "certutil" anchor = "bitsadmin"
  strings:
    $mshta = /mshta(\.exe)?["']?\s+["']?(https?:|javascript:|vbscript:)/ nocase ascii wide
    $regsvr = /regsvr32(\.exe)?\s[^\r\n]{0,40}\/i:https?:/ nocase ascii wide
    $rundll = /rundll32(\.exe)?\s+javascript:/ nocase ascii wide
    $certutil = /certutil(\.exe)?\s[^\r\n]{0,40}-(urlcache|decode)\b/ nocase ascii wide
    $bits = /bitsadmin(\.exe)?\s[^\r\n]{0,40}\/transfer\b/ nocase ascii wide
  condition: any of them
}

rule lazaret_script_host {
  meta:
    description = "script that starts programs through Windows' script host"
    anchor = "WScript.Shell" anchor = "Shell.Application"
  strings:
    $shell = /(CreateObject|ActiveXObject)\s*\(\s*["'](WScript\.Shell|Shell\.Application)["']\s*\)/ nocase
    $run = /\.\s*(Run|Exec|ShellExecute)\s*\(?\s*["'a-z]/ nocase
  condition: all of them
}

rule lazaret_macro_that_runs_by_itself {
  meta:
    description = "an office macro that runs when the document is opened and starts a program"
    anchor = "AutoOpen" anchor = "Auto_Open" anchor = "Document_Open" anchor = "Workbook_Open"
  strings:
    $open = /Sub\s+(Auto_?Open|Document_Open|Workbook_Open)\s*\(/ nocase
    $start = /\b(Shell|CreateObject)\s*\(/ nocase
  condition: all of them
}

rule lazaret_web_shell {
  meta:
    description = "server script that runs what a request says"
    anchor = "$_GET" anchor = "$_POST" anchor = "$_REQUEST" anchor = "$_COOKIE" anchor = "getRuntime"
  strings:
    $php = /<\?(php)?[^?]{0,400}(eval|assert|system|passthru|shell_exec|exec)\s*\(\s*(base64_decode\s*\(\s*)?\$_(GET|POST|REQUEST|COOKIE)/ nocase
    $jsp = /<%[^%]{0,400}getRuntime\s*\(\s*\)\s*\.\s*exec\s*\(/
  condition: any of them
}

rule lazaret_html_smuggling {
  meta:
    description = "a page that builds a file and saves it without being asked"
    anchor = "atob("
  strings:
    $decode = "atob(" nocase
    $blob = /new\s+Blob\s*\(/
    $save = /msSaveOrOpenBlob|\.download\s*=|createObjectURL\s*\(/
    $click = /\.click\s*\(\s*\)/
  condition: $decode and $blob and $save and $click
}

rule lazaret_equation_object {
  meta:
    description = "an embedded equation editor object, which old Word runs code for (CVE-2017-11882)"
    anchor = "\\objdata" anchor_hex = "02ce020000000000c0"
  strings:
    $rtf = /\{\\rtf/
    $object = /\\objdata/
    $name = /45717561[0-9a-f\s]{0,8}74696f6e2e33/ nocase
    $class = { 02 CE 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
  condition: ($rtf and $object and $name) or $class
}
