#!/usr/bin/env bash
# Makes a vault for the fictional county of Wealdshire and tells, step by step, what it does.
#
#     demo.sh [FOLDER]
#
# Deposits the papers of Samples/, or the files of FOLDER. Makes ./demo-vault, ./demo-vault.anchor and ./demo-vault.keys
# (keys, passwords and sessions), and replaces them only where an earlier run made them. MUNIMENT names the program to
# use; without it the debug build is made. Exit status: 0 when everything went as told, 1 when not, 2 misused.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

main() {
    local own_files=${1-}
    [[ $# -le 1 ]] || { echo 'demo: give one folder at most.' >&2 && exit 2; }
    [[ -z $own_files ]] || own_files=$(cd "$own_files" && pwd) || exit 2
    cd "$(dirname "$0")/.."
    settings
    make_room
    program
    tell_beginning
    make_vault
    make_people
    make_cases
    if [[ -z $own_files ]]; then deposit_samples; else deposit_own "$own_files"; fi
    write_environment
    tell_reading
    tell_storing_once
    tell_ledger
    tell_damage
    tell_extract
    tell_consent
    tell_release
    tell_emergency
    tell_agreement
    tell_leaving
    tell_secrecy
    start_service
    tell_end
}

settings() {
    vault=$PWD/demo-vault keys=$PWD/demo-vault.keys chapters=0
    export MUNIMENT_VAULT=$vault MUNIMENT_KEY_FILE=$keys/vault.key
    bold='' dim='' plain=''
    if [[ -t 1 && -z ${NO_COLOR-} ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi
}

fail() {
    printf 'demo: %s\n' "$1" >&2
    exit 1
}

# An earlier run left a copy of the vault's marker among the keys: only that vault is replaced.
make_room() {
    if [[ -e $vault || -e $vault.anchor || -e $keys ]]; then
        [[ -e $keys/made-by-demo ]] ||
            fail 'demo-vault, demo-vault.anchor or demo-vault.keys was not made by this script. Move it away first.'
        [[ ! -e $vault/muniment-vault ]] || cmp -s "$keys/made-by-demo" "$vault/muniment-vault" ||
            fail 'demo-vault is not the vault that this script made. Move it away first.'
        stop_service
        rm -rf "$vault" "$vault.anchor" "$keys"
    fi
    mkdir -m 0700 "$keys" "$keys/passwords" "$keys/sessions" "$keys/policies"
    touch "$keys/made-by-demo"
}

# The service of an earlier run, if it still is that.
stop_service() {
    local pid
    pid=$(cat "$keys/service.pid" 2>/dev/null) || return 0
    [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == *" serve --config $keys/muniment.yaml "* ]] || return 0
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

program() {
    if [[ -z ${MUNIMENT-} ]]; then
        printf 'Building muniment (the first time takes some minutes) ...\n'
        swift build -j 2 --product muniment >"$keys/build.log" 2>&1 || {
            cat "$keys/build.log" >&2
            fail 'the build failed.'
        }
        MUNIMENT=$(swift build --show-bin-path)/muniment
    fi
    MUNIMENT=$(realpath "$MUNIMENT")
    PATH=$(dirname "$MUNIMENT"):$PATH
}

# --- Telling ---------------------------------------------------------------------------------------------------------

title() { printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"; }

chapter() { title "$((++chapters)). $1"; }

say() { fold -s -w 100 <<<"$1" | sed 's/ *$//'; }

# show PERSON STATUSES LINE: shows a command line, runs that very line as the person, shows what it says, and fails
# unless it ends with one of the statuses. Long identifiers are cut short; long lines are wrapped or, with trim=cut_off,
# cut as well.
show() {
    local person=$1 expected=$2 line=$3 output status=0
    printf '\n  %s%s$%s %s%s%s\n' "$dim" "$person" "$plain" "$bold" "$(shorten <<<"$line" | continued)" "$plain"
    output=$(by "$person" eval "$line" 2>&1) || status=$?
    [[ -z $output ]] || shorten <<<"$output" | "${trim:-wrap}" | sed 's/^/    /'
    [[ $status -eq 0 ]] || printf '    %s(exit status %s)%s\n' "$dim" "$status" "$plain"
    [[ $expected == *"$status"* ]] || fail "that should have ended with status $expected."
}

shorten() { sed -E "s/\b([0-9a-f]{8})[0-9a-f]{24,}\b/\1…/g; s|$PWD/||g"; }

continued() { fold -s -w 92 | sed -e '$!s/ *$/ \\/' -e '2,$s/^/      /'; }

wrap() {
    local line
    while IFS= read -r line; do fold -s -w 104 <<<"$line" | sed '2,$s/^/    /'; done
}

cut_off() { sed -E 's/\b([0-9a-f]{4})[0-9a-f]{4}…/\1…/g; s/^(.{126}).+$/\1 …/'; }

quoted() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

by() {
    local person=$1
    shift
    MUNIMENT_SESSION=$keys/sessions/$person "$@"
}

# --- Wealdshire ------------------------------------------------------------------------------------------------------

# username | role | party | organisation | name
readonly people='
ada.admin|ADM|education|Wealdshire Digital Services|Ada Quill
sam.send|SEND|education|Wealdshire SEND Service|Sam Birtles
morag.manager|SMGR|education|Wealdshire SEND Service|Morag Tennant
edie.psych|EP|education|Wealdshire Psychology Service|Edie Calloway
lena.legal|LEG|education|Wealdshire Legal Services|Lena Brook
hana.head|SCH|education|Oakfield Primary School|Hana Wray
priya.paeds|HADV|health|Wealdshire Community Health Trust|Priya Nambiar
sol.social|SW|social-care|Wealdshire Social Care|Sol Marchetti
yusuf.youth|YJS|youth-justice|Wealdshire Youth Justice Service|Yusuf Adeyemi-Holt
noor.duty|SW|social-care|Wealdshire Social Care|Noor Haddad
pat.parent|P|family|The Ashdown family|Pat Ashdown
rosa.rep|REP|family|Wealdshire Family Support|Rosa Lindley
ros.parent|P|family|The Fenwick family|Ros Fenwick
dana.dpo|DPO|rights|Wealdshire Rights Office|Dana Okafor
mel.mediator|MED|rights|Weald Mediation|Mel Arkwright'

readonly camhs_letter='Samples/maya-fenwick/CAMHS letter 2026-10-06.pdf'
readonly camhs_extract='Samples/maya-fenwick/CAMHS letter - extract.txt'

tell_beginning() {
    title 'Muniment: a vault for the papers of children with special educational needs'
    say "A child's education, health and care plan is made from papers of many hands: the school, the health service, \
social care, youth justice, the family. Each may see some of them and not others, and the law says which. This vault \
keeps the papers of all of them. It gives every document a key of its own, wraps that key only for the parties that \
the sharing agreement admits, says why when it refuses, and writes down every look in a record that cannot be \
rewritten unnoticed."
    echo
    say "You are about to see it at work in Wealdshire, a county that does not exist. What stands after a \$ is a real \
command, run now as the person named before it; below it is what the program answered."
}

make_vault() {
    cp Policies/categories.yaml "$keys/policies/"
    write_agreement
    new_password ada.admin
    chapter 'A vault, and the people who use it'
    say "The administrator makes a vault. Its key file and passwords go to demo-vault.keys, which stands for another \
disk."
    show ada.admin 0 "muniment init demo-vault --origin vault.wealdshire.example/ledger --key-file \
demo-vault.keys/vault.key --administrator ada.admin --name 'Ada Quill' --organisation 'Wealdshire Digital Services' \
--anchor demo-vault.anchor --policies demo-vault.keys/policies --password-file demo-vault.keys/passwords/ada.admin"
    cp "$vault/muniment-vault" "$keys/made-by-demo"
    sign_in ada.admin
}

# The shipped agreement and its cases, in force from two months ago, so that the demonstration works in any year. A case
# keeps its place: before the agreement, before, on or after the review date, on the last day or after it.
write_agreement() {
    local from review until day moved days=''
    from=$(sed -n 's/^from: //p' Policies/agreement.yaml)
    review=$(sed -n 's/^reviewBy: //p' Policies/agreement.yaml)
    until=$(sed -n 's/^until: //p' Policies/agreement.yaml)
    sed -E "s/^from: .*/from: $(date -d '-60 days' +%F)/; s/^reviewBy: .*/reviewBy: $(date -d '+180 days' +%F)/; \
s/^until: .*/until: $(date -d '+240 days' +%F)/" Policies/agreement.yaml >"$keys/policies/agreement.yaml"
    while read -r day; do
        moved=+0
        if [[ $day < $from ]]; then moved=-61; fi
        if [[ $day == "$review" ]]; then moved=+180; fi
        if [[ $day > $review ]]; then moved=+181; fi
        if [[ $day == "$until" ]]; then moved=+240; fi
        if [[ $day > $until ]]; then moved=+241; fi
        days+="s/(day|shared): $day/\\1:  $(date -d "$moved days" +%F)/g; "
    done < <(grep -oE '(day|shared): [0-9-]+' Policies/agreement.cases.yaml | cut -d ' ' -f 2 | sort -u)
    sed -E "$days" Policies/agreement.cases.yaml >"$keys/policies/agreement.cases.yaml"
}

new_password() {
    (umask 077 && head -c 15 /dev/urandom | base64 | tr -d '\n' >"$keys/passwords/$1")
}

sign_in() { by "$1" muniment sign-in "$1" --password-file "$keys/passwords/$1" >/dev/null; }

make_people() {
    local username role party organisation name
    local -A organisations=()
    while IFS='|' read -r username role party organisation name; do
        [[ -n $username && $username != ada.admin ]] || continue
        [[ -n ${organisations[$organisation]-} ]] ||
            organisations[$organisation]=$(by ada.admin muniment organisation add "$organisation" --party "$party")
        new_password "$username"
        by ada.admin muniment person add "$username" --name "$name" --organisation "${organisations[$organisation]}" \
            --role "$role" --password-file "$keys/passwords/$username" >/dev/null
        sign_in "$username"
    done <<<"$people"
    echo
    say 'She adds fourteen others: four agencies, the families and the rights office. All have signed in.'
    show ada.admin 0 'muniment person list'
}

make_cases() {
    robin=$(open_case 'Robin Ashdown' 2018-05-09 '999 012 3012' Q987200222014 \
        SMGR:morag.manager EP:edie.psych SCH:hana.head HADV:priya.paeds SW:sol.social \
        YJS:yusuf.youth P:pat.parent REP:rosa.rep MED:mel.mediator)
    maya=$(open_case 'Maya Fenwick' 2015-12-03 '999 078 9045' M987200220037 \
        SMGR:morag.manager EP:edie.psych SCH:hana.head HADV:priya.paeds SW:sol.social P:ros.parent)
    kofi=$(open_case 'Kofi Larch' 2013-02-17 '999 023 4019' L987200217005 \
        SMGR:morag.manager EP:edie.psych SCH:hana.head SW:sol.social YJS:yusuf.youth LEG:lena.legal)
    robin_child=$(child_of "$robin") maya_child=$(child_of "$maya") kofi_child=$(child_of "$kofi")
    echo
    say "The case officer, Sam, opens a case for each of three children and makes up their teams. To everyone else a \
case is not there."
    show sam.send 0 "muniment case show $robin"
}

# open_case NAME BORN NHS UPN ROLE:USERNAME... prints the case.
open_case() {
    local child case member
    child=$(printf 'name: %s\nborn: %s\nnhs: %s\nupn: %s\n' "$1" "$2" "$3" "$4" |
        by sam.send muniment child add --details -)
    case=$(by sam.send muniment case open "$child")
    for member in "${@:5}"; do
        by sam.send muniment case team add "$case" "${member#*:}" --role "${member%%:*}" >/dev/null
    done
    echo "$case"
}

child_of() { by sam.send muniment case show "$1" | sed -n -E 's/^child .*\(([0-9a-f]+)\)$/\1/p'; }

# --- Deposits --------------------------------------------------------------------------------------------------------

deposit_samples() {
    local username rest
    chapter 'Papers come in'
    say "Each person deposits what is his or hers to give: 29 papers in all, with a manifest that names case, \
category and title."
    while IFS='|' read -r username rest; do
        if [[ -z $username ]] || ! manifest_of "$username"; then continue; fi
        [[ $username != priya.paeds ]] || continue
        by "$username" muniment import "$keys/manifest-$username.csv" >/dev/null
    done <<<"$people"
    show priya.paeds 0 'cut -d, -f2-4 demo-vault.keys/manifest-priya.paeds.csv'
    show priya.paeds 0 'muniment import demo-vault.keys/manifest-priya.paeds.csv'
    author=priya.paeds reader=sam.send refused=hana.head blind=yusuf.youth category=D05
    what='health advice' original='Samples/robin-ashdown/SALT advice - Robin Ashdown.pdf'
    document=$(document_of "$author" "$robin" 'Speech and language therapy advice')
    plan=$(document_of sam.send "$robin" 'Draft EHC plan')
    letter=$(document_of priya.paeds "$maya" 'Letter from CAMHS')
    extract='Samples/robin-ashdown/SALT advice - extract for school.txt'
    again='The therapy advice came twice: 29 documents, 28 objects. It comes a third time.'
    reasons='The head of the school may know that it exists, and may have an extract; its text is not hers.'
}

# The rows of Samples/manifest.csv that one person deposits, each with its case; fails when there are none.
manifest_of() {
    local rows
    rows=$(grep ",$1\$" Samples/manifest.csv) || return 1
    sed -E "s/,$1\$//; s|^robin-|$robin,&|; s|^maya-|$maya,&|; s|^kofi-|$kofi,&|; s|,|,../Samples/|" \
        <<<"$rows" | sed '1i case,path,category,title,type' >"$keys/manifest-$1.csv"
}

# document_of USERNAME CASE TITLE: a document, as that person's list names it.
document_of() {
    by "$1" muniment document list --case "$2" | sed -n -E "s/^([0-9a-f]+) .* $3\$/\1/p" | head -n 1
}

deposit_own() {
    local first
    chapter 'Papers come in'
    say "The case officer deposits the files of your folder in Robin's case, as drafts of the plan (category D11)."
    show sam.send 01 "muniment import $(quoted "$1") --case $robin --category D11 --report demo-vault.keys/report.csv"
    first=$(grep -m 1 '^stored,' "$keys/report.csv") || fail 'the folder has no file that can be deposited.'
    IFS=, read -r _ document original <<<"$first"
    original=$(sed 's/^"//; s/"$//; s/""/"/g' <<<"$original")
    plan=$document extract='Samples/robin-ashdown/EHC draft plan - extract.txt'
    letter=$(by priya.paeds muniment document deposit "$camhs_letter" --case "$maya" --category D06 |
        sed -n 's/^document *//p')
    author=sam.send reader=hana.head refused=yusuf.youth blind=mel.mediator category=D11
    what='the draft plan' again='The same file comes in again.'
    reasons='The youth justice worker may know that it exists, and may have an extract; its text is not his.'
}

# What the story needs later, and what its reader needs to go on.
write_environment() {
    cat >"$keys/env.sh" <<END
# Sets a shell up for the demonstration vault:   . demo-vault.keys/env.sh
export PATH=$(printf %q "$(dirname "$MUNIMENT")"):\$PATH
export MUNIMENT_VAULT=$(printf %q "$vault") MUNIMENT_KEY_FILE=$(printf %q "$keys/vault.key")
ROBIN=$robin MAYA=$maya KOFI=$kofi DOCUMENT=$document PLAN=$plan
ROBIN_CHILD=$robin_child MAYA_CHILD=$maya_child KOFI_CHILD=$kofi_child

# as USERNAME: sign in as one of the people of Wealdshire. Later commands are that person's.
as() {
    export MUNIMENT_SESSION=$(printf %q "$keys/sessions")/\$1
    muniment sign-in "\$1" --password-file $(printf %q "$keys/passwords")/"\$1"
}
END
}

# --- The story -------------------------------------------------------------------------------------------------------

tell_reading() {
    chapter 'Who may read'
    say "Robin's case now has $what, deposited by $author. The sharing agreement lets $reader read it:"
    show "$reader" 0 "muniment document read $document --output demo-vault.keys/read-back"
    show "$reader" 0 "cmp demo-vault.keys/read-back $(quoted "$original") && echo 'the same, byte for byte'"
    echo
    say "$reasons"
    show "$refused" 1 "muniment document read $document"
    echo
    say "Another member of the same team is not to know that it is there. The answer is the one for a document that \
does not exist:"
    show "$blind" 1 "muniment document read $document"
    show "$blind" 1 'muniment document read 00000000000000000000000000000000'
    echo
    say "Why? The case officer may ask, about anyone. The program shows its reasoning, from the first check to the \
one that failed:"
    show sam.send 0 "muniment access explain $document --person $refused"
    show sam.send 0 "muniment access explain $document --person $reader"
}

tell_storing_once() {
    chapter 'The same paper twice'
    say "$again It becomes a document of its own; what is stored for it is the object that is there already."
    show sam.send 0 'muniment status | grep holds'
    show "$author" 0 "muniment document deposit $(quoted "$original") --case $robin --category $category --title \
'The same again'"
    show sam.send 0 'muniment status | grep holds'
}

tell_ledger() {
    local entry vkey
    chapter 'Every look is on the record'
    say "The data protection officer reads the ledger. The read is there, and so are the refusals; reading the \
ledger is itself an entry."
    trim=cut_off show dana.dpo 0 'muniment ledger show --limit 8'
    entry=$(by dana.dpo muniment ledger show --limit 40 | sed -n -E 's/^([0-9]+) .*access\.denied.*/\1/p' | tail -n 1)
    vkey=$(by dana.dpo muniment status | sed -n 's/^key *//p')
    echo
    say "Entry $entry is the refusal to $refused. She makes a proof of it for someone outside: two small files and a \
public key. \
Whoever has them can check, without the vault, that the entry is in the ledger, and that it was not changed:"
    show dana.dpo 0 "muniment ledger prove $entry --output demo-vault.keys/entry-$entry"
    show outsider 0 "muniment ledger verify --proof demo-vault.keys/entry-$entry.tlog-proof --entry \
demo-vault.keys/entry-$entry.entry --vkey $vkey"
    flip_byte "$keys/entry-$entry.entry" 12
    echo
    say 'One bit of the entry changed:'
    show outsider 1 "muniment ledger verify --proof demo-vault.keys/entry-$entry.tlog-proof --entry \
demo-vault.keys/entry-$entry.entry --vkey $vkey"
    flip_byte "$keys/entry-$entry.entry" 12
}

# flip_byte FILE OFFSET: turns one bit over; a second time, back.
flip_byte() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059 # the format is the byte itself
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

tell_damage() {
    local name object middle
    name=$(by "$reader" muniment document history "$document" | sed -n -E 's/.*\b([0-9a-f]{64})\b.*/\1/p' | tail -n 1)
    object=$vault/objects/${name:0:2}/$name
    middle=$(($(stat -c %s "$object") / 2))
    chapter 'A damaged disk'
    say "The document is one file on disk, named by the SHA-256 of its sealed bytes. One bit in the middle of it \
changes:"
    flip_byte "$object" "$middle"
    show ada.admin 3 'muniment check --read-data 100%'
    show "$reader" 1 "muniment document read $document --output demo-vault.keys/never-made"
    [[ ! -e $keys/never-made ]] || fail 'a damaged object was read.'
    echo
    say 'No wrong byte was handed over. The byte is put back, as from a backup, which needs no key:'
    flip_byte "$object" "$middle"
    show ada.admin 0 'muniment check --read-data 100%'
    show ada.admin 0 "sha256sum ${object#"$PWD"/}"
}

tell_extract() {
    chapter 'An extract'
    say "$refused may have an extract of the document that $author deposited. Making one is the author's work; the \
program keeps it beside the original, under a key of its own. Whoever may have only that, reads that:"
    show "$author" 0 "muniment document add-rendition $document $(quoted "$extract") --rendition extract"
    show "$refused" 0 "muniment document read $document | head -n 9"
    show "$refused" 1 "muniment document read $document --rendition original"
    show "$blind" 1 "muniment document read $document"
}

tell_consent() {
    local consent until
    until=$(date -d '+300 days' +%F)
    chapter 'A consent, given and taken back'
    say "Rosa helps families. She is on the team, and sees nothing of the draft plan, for nothing but the family's \
consent would let her:"
    show rosa.rep 1 "muniment document read $plan"
    echo
    say 'Pat, the parent, consents, for this one person and this kind of paper. How it came about is on record with it:'
    printf '%s\n' 'authority: parental responsibility, seen by the case officer' 'notice: 2026-1' 'channel: meeting' \
        >"$keys/consent.txt"
    show pat.parent 0 'cat demo-vault.keys/consent.txt'
    show pat.parent 0 "muniment consent give --child $robin_child --kind lawful-basis --category D11 --role REP \
--recipient rosa.rep --until $until --details demo-vault.keys/consent.txt"
    consent=$(by pat.parent muniment consent list --child "$robin_child" --json |
        sed -n -E 's/^    "id" : "([0-9a-f]+)".*/\1/p')
    show rosa.rep 0 "muniment document read $plan --output demo-vault.keys/for-rosa"
    echo
    say 'The receipt is a page to print. Two other forms of it are for programs. It begins:'
    show pat.parent 0 "muniment consent receipt $consent > demo-vault.keys/receipt.html"
    show pat.parent 0 "sed -n '/<h1>/,\$p' demo-vault.keys/receipt.html | sed 's|</dt>|: |; s|<[^>]*>||g' | grep . | head -n 8"
    echo
    say 'Pat takes it back. It works at the next read:'
    show pat.parent 0 "echo 'We have another supporter now.' | muniment consent withdraw $consent --note -"
    show rosa.rep 1 "muniment document read $plan"
    show pat.parent 0 "muniment consent list --child $robin_child"
}

tell_release() {
    chapter 'A paper goes to the family'
    say "Maya's clinician has written a letter that her mother, Ros, does not have. Such papers go to the family only \
after a check: could they do serious harm, and do they tell of other people? Without a record of the check nothing goes:"
    show priya.paeds 1 "muniment document release $letter"
    echo
    say 'The check finds that the letter holds what Maya told in confidence. So an extract is made, and that goes:'
    printf '%s\n' 'serious-harm: none from the extract; the letter itself would break what was promised to Maya' \
        'third-parties: what is said of her father is left out' >"$keys/check.txt"
    show priya.paeds 0 "muniment document add-rendition $letter $(quoted "$camhs_extract") --rendition extract"
    show priya.paeds 0 'cat demo-vault.keys/check.txt'
    show priya.paeds 0 "muniment document release $letter --rendition extract --harm-check demo-vault.keys/check.txt"
    show ros.parent 0 "muniment document read $letter"
}

tell_emergency() {
    local emergency
    chapter 'An emergency'
    say "It is night. Noor is the duty social worker, and has no case of Maya's; the police have found Maya far from \
home, frightened. Noor signs in anew, finds the child by number, says why, and may read for four hours. Nobody has to be \
asked first:"
    sign_in noor.duty
    printf 'nhs: 999 078 9045\n' >"$keys/who.txt"
    printf '%s\n' 'The police found Maya by the railway at 23:40 and she will not speak. We must know her illness and' \
        'whom she is afraid of before we take her anywhere.' >"$keys/why.txt"
    show noor.duty 1 "muniment document read $letter"
    show noor.duty 0 'muniment emergency open --details demo-vault.keys/who.txt --reason - < demo-vault.keys/why.txt'
    show noor.duty 0 "muniment document read $letter > demo-vault.keys/for-noor"
    echo
    say "The data protection officer finds it in her status and in her list, and every look of that night in the ledger. \
Nothing is sent by mail: who does not look does not learn of it. Somebody other than Noor must judge it within one working \
day; one that nobody has judged by then bars Noor from the next."
    show dana.dpo 0 'muniment status | grep WARNING'
    emergency=$(by dana.dpo muniment emergency list --unreviewed --json | sed -n -E 's/^    "id" : "([0-9a-f]+)".*/\1/p')
    trim=cut_off show dana.dpo 0 'muniment emergency list --unreviewed'
    show dana.dpo 0 'muniment ledger looks --person noor.duty'
    show dana.dpo 0 "echo 'The police confirm it. One paper was read, the one that was needed.' | muniment emergency \
review $emergency --outcome justified --note -"
    echo
    say "Ros, Maya's mother, sees it too, by role and not by name:"
    trim=cut_off show ros.parent 0 "muniment ledger looks --child $maya_child | head -n 4"
}

tell_agreement() {
    local proposal
    cp -r "$keys/policies" "$keys/new-policies"
    sed -i -E 's/^version: 1$/version: 2/; /id: D11-full/,/grant/s/ HADV,//
        /id: D11-full/,/grant/s/CUST\]/CUST, YJS]/; /id: D11-extract/s/DSL, YJS/DSL, HADV/' "$keys/new-policies/agreement.yaml"
    chapter 'The agreement changes'
    say "The partners have decided that youth justice reads draft plans in full, and that health advisers, whose advice \
is in by then, have an extract. The agreement is a file, and a table of cases says how it must answer. First the file \
alone is changed:"
    show dana.dpo 3 'muniment agreement check demo-vault.keys/new-policies'
    sed -i -E '/what: D11, action: read/s/who: \[HADV\].*$/who: [HADV], what: D11, action: read, rendition: extract, '\
'expect: permit, clause: D11-extract }/; /what: D11, action: read, rendition: extract/s/who: \[YJS\].*$/who: [YJS], '\
'what: D11, action: read, expect: permit, clause: D11-full }/; /who: \[YJS\], what: D11, action: read, expect: extract/d' \
        "$keys/new-policies/agreement.cases.yaml"
    echo
    say 'The table did not expect that. Whoever changes the one must change the other, on purpose:'
    show dana.dpo 0 'muniment agreement check demo-vault.keys/new-policies'
    show dana.dpo 0 'muniment agreement diff demo-vault.keys/new-policies'
    echo
    say 'Who would gain, and who would lose, over every document in the vault? Nothing has changed yet:'
    show dana.dpo 0 'muniment agreement preview demo-vault.keys/new-policies'
    echo
    say 'She proposes it. She cannot approve it herself; the SEND manager does, having seen the same preview.'
    show dana.dpo 0 'muniment agreement propose demo-vault.keys/new-policies'
    proposal=$(by dana.dpo muniment agreement list --json | sed -n -E 's/^    "id" : "([0-9a-f]+)".*/\1/p')
    show dana.dpo 1 "muniment agreement approve $proposal --confirm $proposal > demo-vault.keys/preview"
    show morag.manager 0 "muniment agreement approve $proposal --confirm $proposal > demo-vault.keys/preview"
    show priya.paeds 0 "muniment document read $plan > demo-vault.keys/for-priya"
    show dana.dpo 0 "muniment agreement activate $proposal --confirm $proposal"
    echo
    say 'From now on it decides, and the keys have followed it:'
    show priya.paeds 1 "muniment document read $plan --rendition original"
    show yusuf.youth 0 "muniment document read $plan > demo-vault.keys/for-yusuf"
    show ada.admin 0 'muniment check'
}

tell_leaving() {
    local recipient
    chapter 'No lock-in'
    say "Objects are ordinary age files (age-encryption.org). A solicitor makes a key pair with the stock program \
and sends \
the public half; $reader exports the document to it; the solicitor opens it without this program."
    show solicitor 0 'age-keygen -o demo-vault.keys/solicitor.txt'
    recipient=$(age-keygen -y "$keys/solicitor.txt")
    show "$reader" 0 "muniment export $document --to $recipient --output demo-vault.keys/report.age"
    show solicitor 0 'age -d -i demo-vault.keys/solicitor.txt demo-vault.keys/report.age | sha256sum'
    show "$author" 0 "sha256sum < $(quoted "$original")"
}

tell_secrecy() {
    chapter 'What a thief finds'
    say "All $(find "$vault" "$vault.anchor" -type f | wc -l) files of the vault are searched for names of children, \
people \
and places, and for Robin's NHS and pupil numbers. Those that have any of them in clear:"
    show thief 1 "grep -rliaE 'Robin|Ashdown|Fenwick|Larch|999.?012.?3012|Q987200222014|Birtles|Oakfield|Larkrise' \
demo-vault demo-vault.anchor"
    echo
    say 'None: grep ends with 1 when it finds nothing.'
}

# Leaves the service running on loopback, on a free port.
start_service() {
    chapter 'Over HTTP'
    for port in {8080..8099}; do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    cat >"$keys/muniment.yaml" <<END
vault: $vault
unlock:
  key-file: $keys/vault.key
listen:
  port: $port
END
    say "The same vault answers on http://127.0.0.1:$port, described at /openapi.json. It goes on running when this ends."
    setsid muniment serve --config "$keys/muniment.yaml" 2>"$keys/service.log" </dev/null >/dev/null &
    echo $! >"$keys/service.pid"
    for _ in {1..100}; do
        ! curl --silent --fail --output /dev/null "http://127.0.0.1:$port/readyz" || return 0
        sleep 0.1
    done
    cat "$keys/service.log" >&2
    fail 'the service did not start.'
}

tell_end() {
    title 'That was Muniment'
    say 'The vault stays in demo-vault. To go on in this shell:'
    cat <<'END'

    . demo-vault.keys/env.sh                      # sets the vault, its key file, $ROBIN, $MAYA, $KOFI, $DOCUMENT and $PLAN
    as sam.send                                   # sign in; passwords are in demo-vault.keys/passwords
    muniment document list --case $ROBIN
    muniment access explain $PLAN --all           # who may read it, who may not, and what would change it
    as pat.parent
    muniment document list --case $ROBIN          # the parent's view of the same case
    muniment consent --help                       # consents; release, emergency, agreement and the rest: muniment --help

END
    say 'Or over HTTP, as a professional or a partner system would; the first line signs in:'
    cat <<END

    URL=http://127.0.0.1:$port
    TOKEN=\$(curl -s \$URL/v1/session --data-urlencode username=sam.send --data-urlencode password@demo-vault.keys/passwords/sam.send | sed 's/.*"token":"\([0-9a-f]*\)".*/\1/')
    curl -s \$URL/v1/account -H "Authorization: Bearer \$TOKEN"; echo
    curl -s "\$URL/v1/cases/$robin/documents?limit=3" -H "Authorization: Bearer \$TOKEN"; echo
    curl -s \$URL/v1/documents/$document/content -H "Authorization: Bearer \$TOKEN" | head -c 8; echo
    curl -s \$URL/v1/documents/$document/explain -H "Authorization: Bearer \$TOKEN" --json '{"username":"yusuf.youth"}'; echo
    curl -s \$URL/v1/documents/$document/versions -H "Authorization: Bearer \$TOKEN"; echo
    kill \$(cat demo-vault.keys/service.pid)        # stops the service

END
    say 'README.md has a tour of ten minutes. Running this again replaces the demonstration by a fresh one.'
}

main "$@"
