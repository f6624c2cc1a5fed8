#!/usr/bin/env bash
# Times the answer to a request for a child's file of 1,000 documents: collecting, the list of items, and the package, beside bsdtar's
# zip with AES-256 of the same files. Then the redaction of a paper of ten pages: all processes together, and on one core alone.
#
#     disclosure.sh [REPETITIONS] [FILES]
#
# Works in ./bench-scratch, which is removed at the end. The two programs that write packages take turns. Needs the release build.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
readonly root
readonly repetitions=${1:-3}
readonly files=${2:-1000}
readonly pages=10
readonly scratch=$root/bench-scratch
readonly program=${MUNIMENT:-$root/.build/release/muniment}
readonly reason='Nothing in it is about anybody but the child.'
# shellcheck source=scripts/small-vault.sh
. "$root/scripts/small-vault.sh"
# shellcheck source=bench/timing.sh
. "$root/bench/timing.sh"

muniment() { "$program" "$@"; }

add_person() {
    local place
    place=$(muniment organisation add "$1's office" --party "$3" --session "$scratch/ada")
    muniment person add "$1" --name "$1" --organisation "$place" --role "$2" --password-file "$scratch/password" \
        --session "$scratch/ada"
    muniment sign-in "$1" --password-file "$scratch/password" --session "$scratch/$1"
}

# A PDF of so many pages of about 500 words, in each paragraph of which a name stands that is to go.
paper() {
    python3 - "$pages" >"$scratch/paper.html" <<'END'
import random, sys
chance = random.Random(1)
words = "the report of a school visit says that reading and writing go well with help every day while noise in class is hard".split()
for page in range(int(sys.argv[1])):
    print('<section style="break-after: page; font: 10pt Liberation Serif">')
    for _ in range(5):
        print("<p>", *(chance.choice(words) for _ in range(50)), "Jo Sample", *(chance.choice(words) for _ in range(50)), "</p>")
    print("</section>")
END
    weasyprint -q "$scratch/paper.html" "$scratch/paper.pdf"
}

# A request about a child of whom so many documents are kept, which the officer may read.
prepare() {
    rm -rf -- "$scratch"
    mkdir "$scratch"
    trap 'rm -rf -- "$scratch"' EXIT
    python3 "$root/bench/corpus.py" "$scratch/corpus" --files "$files"
    small_vault "$scratch/vault" "$scratch"
    add_person hana SCH education
    add_person mona SMGR education
    # shellcheck disable=SC2154  # small_vault sets it
    muniment case team add "$case_id" hana --role SCH --session "$scratch/sam"
    muniment import "$scratch/corpus" --case "$case_id" --category D01 --session "$scratch/hana"
    paper
    document=$(muniment document deposit "$scratch/paper.pdf" --case "$case_id" --category D01 --session "$scratch/hana" --json |
        jq -r .document)
    muniment task grant dana --role DPO --case "$case_id" --category D01 --purpose rights.request \
        --until "$(date -d tomorrow +%F)" --session "$scratch/sam"
    printf '{"name": "Pat Parent", "capacity": "parent-with-responsibility", "authority": "Seen", "contact": "By post",
        "asked": "All"}' >"$scratch/letter.json"
    child=$(muniment case show "$case_id" --session "$scratch/sam" --json | jq -r .child)
    request=$(muniment request receive --child "$child" --kind subject-access --channel letter \
        --particulars "$scratch/letter.json" --session "$scratch/dana")
    muniment request note "$request" triaged --session "$scratch/dana"
}

plan() {
    jq --arg document "$document" '{item: (map(select(.document == $document)) | .[0].number),
        terms: [{text: "Jo Sample", kind: "name", exemption: "S2-P3-16"}]}' "$scratch/items" >"$scratch/plan.json"
}

decide() {
    local judged
    muniment request decide "$request" --release "1-$(jq 'map(.number) | max' "$scratch/items")" --because "$reason" \
        --session "$scratch/dana" >"$scratch/decided"
    judged=$(printf '{"by": "dana", "on": "%s", "reasoning": "Looked at the file and spoke to the school."}' "$(date +%F)")
    printf '{"authority": {"evidence": ["birth-certificate"], "isGivenBySubject": false, "isGivenByHolder": false, "hasCare": true,
        "subjectObjects": false}, "competence": {"isCompetent": false, "judgement": %s}, "bestInterests": %s,
        "orders": {"checked": %s, "restrainsContact": false}}' "$judged" "$judged" "$judged" >"$scratch/standing.json"
    muniment request standing "$request" --from "$scratch/standing.json" --session "$scratch/dana"
    muniment request approve "$request" --session "$scratch/mona"
}

prepare
for ((repetition = 0; repetition < repetitions; repetition++)); do
    run 'request collect' "$program" request collect "$request" --session "$scratch/dana"
    run 'request items' "$program" request items "$request" --session "$scratch/dana" --json
done
mv "$scratch/output" "$scratch/items"
plan
for ((repetition = 0; repetition < repetitions; repetition++)); do
    run 'request redact' "$program" request redact "$request" --plan "$scratch/plan.json" --session "$scratch/dana"
    run 'request redact, one core' taskset -c 0 "$program" request redact "$request" --plan "$scratch/plan.json" --session "$scratch/dana"
done
decide
for ((repetition = 0; repetition < repetitions; repetition++)); do
    rm -f -- "$scratch/package.zip" "$scratch/bsdtar.zip"
    run 'request disclose' "$program" request disclose "$request" --to 'Pat Parent' --output "$scratch/package.zip" \
        --passphrase-from-file "$scratch/password" --session "$scratch/dana"
    run 'bsdtar, zip with AES-256' bsdtar --format zip --options zip:encryption=aes256 \
        --passphrase "$(cat "$scratch/password")" -cf "$scratch/bsdtar.zip" -C "$scratch/corpus" .
done
# shellcheck disable=SC2016  # awk expands
a_page() { awk -v a="$(median "$1" "$2")" -v n="$pages" 'BEGIN { printf "%.2f", a / n }'; }
7z t -p"$(cat "$scratch/password")" "$scratch/package.zip" >"$scratch/output"
printf '\nMedians of %s runs, %s files\n' "$repetitions" "$files"
line 'collect and list, seconds' \
    "$(awk -v a="$(median 'request collect' seconds)" -v b="$(median 'request items' seconds)" 'BEGIN { print a + b }')" 'at most 5'
line 'package : bsdtar' \
    "$(awk -v a="$(median 'request disclose' seconds)" -v b="$(median 'bsdtar, zip with AES-256' seconds)" \
        'BEGIN { printf "%.2f", a / b }')" 'at most 1.5'
for peer in 'request collect' 'request items' 'request disclose'; do
    line "$peer, peak MiB" "$(($(median "$peer" peak_kib) / 1024))" 'at most 128'
done
line "redaction of $pages pages, seconds a page" "$(a_page 'request redact' seconds)" 'pages in parallel'
line 'the same on one core' "$(a_page 'request redact, one core' seconds)" 'at most 3'
line 'the same, seconds of processors' "$(a_page 'request redact' cpu)" 'reported'
