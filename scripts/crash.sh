#!/usr/bin/env bash
# Kills the program at random moments and holds the vault to its word each time.
#
#     crash.sh [CYCLES] [everything|keys]
#
# Cycles import a folder of small files, deposit one large file, put another agreement in force, which gives or takes a wrap of
# every document, back everything up and restore it, rotate the key of a party or of the child, or dispose of a document; SIGKILL ends
# each at a random moment. An activation that was killed is brought to its end by `agreement align`, a rotation by the same command
# again, and a disposal by whoever opens the vault next.
# Then everything is checked and read back, what was acknowledged is compared with what was sent, and nothing half-made
# or in clear may be left. At the end an import that was killed is finished by running it again.
#
# With `keys` the vault is small and the cycles are those of crash-keys.sh: rotations of every level, sealing anew, disposals of a child,
# a document and a version, backups, and restores from before the disposals.
#
# SEED repeats the moments of an earlier run, MUNIMENT names the program (the debug build otherwise), TMPDIR the disk.
# Exit status: 0 when every promise was kept, 1 when not, 2 misused. A vault that failed is left for inspection.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

readonly files=700  # More than one batch of an import, so that some kills fall between two.
readonly sample=25  # Of what an import acknowledged, one in so many is read back; all of it must be listed.
readonly canary='CANARY-of-the-crash-test'

readonly order=(import deposit import deposit backup rotation disposal rotation disposal activation)

main() {
    cycles=${1:-50} what=${2:-everything} seed=${SEED:-$(od -An -tu2 -N 2 /dev/urandom | tr -d ' ')}
    [[ $cycles =~ ^[0-9]+$ && $seed =~ ^[0-9]+$ && $what =~ ^(everything|keys)$ ]] ||
        { echo 'crash: CYCLES and SEED are numbers, and what to do is everything or keys.' >&2 && exit 2; }
    program
    work=$(mktemp -d "${TMPDIR:-/tmp}/muniment-crash.XXXXXX")
    RANDOM=$seed killed=0 finished=0 acknowledged=0
    printf 'crash: %s cycles, seed %s\n' "$cycles" "$seed"
    make_vault
    if [[ $what == keys ]]; then run_keys; else run_everything; fi
    rm -rf "$work"
    printf 'crash: all promises kept: %s cycles, %s killed, %s ended first, %s acknowledged, ' \
        "$cycles" "$killed" "$finished" "$acknowledged"
    printf 'seed %s, %s s\n' "$seed" "$SECONDS"
}

run_everything() {
    measure
    printf 'crash: undisturbed, an import of %s files takes %s ms and a deposit %s ms\n' \
        "$files" "$import_time" "$deposit_time"
    go_round "${order[@]}"
    resume
}

# go_round KIND...: as many cycles as were asked for, of each kind in turn.
go_round() {
    local kinds=("$@")
    for ((cycle = 1; cycle <= cycles; cycle++)); do
        kind=${kinds[$(((cycle - 1) % $#))]}
        stay_signed_in
        "crash_$kind"
        ((cycle % 10)) || report
    done
    ((cycles % 10 == 0)) || report
}

# A session ends after a quarter of an hour in which nobody uses it, and a machine may be that slow.
stay_signed_in() {
    local name
    ((SECONDS - signed_in > 300)) || return 0
    for name in ada sam morag dana rex; do
        "$MUNIMENT" sign-in "$name" --password-file "$work/password" --session "$work/$name" >"$work/out" 2>&1 ||
            fail "$name cannot sign in: $(cat "$work/out")"
    done
    signed_in=$SECONDS
}

fail() {
    printf 'crash: cycle %s, seed %s: %s\ncrash: the vault is left in %s\n' "${cycle:-0}" "$seed" "$1" "$work" >&2
    exit 1
}

report() {
    printf 'crash: %3s cycles: %s killed, %s ended first; %s documents, %s acknowledged or read\n' \
        $((cycle > cycles ? cycles : cycle)) "$killed" "$finished" "$documents" "$acknowledged"
}

program() {
    cd "$(dirname "$0")/.."
    if [[ -z ${MUNIMENT-} ]]; then
        swift build -j 2 --product muniment >&2
        MUNIMENT=$(swift build --show-bin-path)/muniment
    fi
    MUNIMENT=$(realpath "$MUNIMENT")
    export MUNIMENT
}

# --- A vault with one case -------------------------------------------------------------------------------------------

make_vault() {
    local organisation child person name role party
    export MUNIMENT_VAULT=$work/vault MUNIMENT_KEY_FILE=$work/vault.key MUNIMENT_SESSION=$work/sam
    mkdir "$work/policies" "$work/sent" "$work/receipts"
    touch "$work/acknowledged"
    cp Policies/categories.yaml "$work/policies/"
    # The shipped agreement, in force from two months ago, so that the test does not end with it.
    sed -E "s/^from: .*/from: $(date -d '-60 days' +%F)/; s/^reviewBy: .*/reviewBy: $(date -d '+180 days' +%F)/; \
s/^until: .*/until: $(date -d '+240 days' +%F)/" Policies/agreement.yaml >"$work/policies/agreement.yaml"
    echo 'a password for the crash test' >"$work/password"
    {
        "$MUNIMENT" init "$work/vault" --origin crash.example/ledger --administrator ada --name Ada \
            --organisation Here --policies "$work/policies" --password-file "$work/password"
        "$MUNIMENT" sign-in ada --password-file "$work/password" --session "$work/ada"
        organisation=$("$MUNIMENT" organisation add There --party education --session "$work/ada")
        "$MUNIMENT" person add sam --name Sam --organisation "$organisation" --role SEND \
            --password-file "$work/password" --session "$work/ada"
        "$MUNIMENT" sign-in sam --password-file "$work/password"
        for person in morag:SMGR:education dana:DPO:rights rex:REC:rights; do
            IFS=: read -r name role party <<<"$person"
            organisation=$("$MUNIMENT" organisation add "Of $name" --party "$party" --session "$work/ada")
            "$MUNIMENT" person add "$name" --name "$name" --organisation "$organisation" --role "$role" \
                --password-file "$work/password" --session "$work/ada"
            "$MUNIMENT" sign-in "$name" --password-file "$work/password" --session "$work/$name"
        done
        child=$(printf 'name: Nobody\nborn: 2018-05-09\n' | "$MUNIMENT" child add --details -)
        case_id=$("$MUNIMENT" case open "$child")
        echo "$child" >"$work/child"
        signed_in=$SECONDS
    } >"$work/setup.log" 2>&1 || fail "the vault could not be made: $(cat "$work/setup.log")"
}

# A folder of small files, each of its own content and length.
make_folder() {
    local number
    mkdir "$work/sent/$1"
    for ((number = 0; number < files; number++)); do
        { printf '%s %s %s\n' "$canary" "$1" "$number" && head -c $((RANDOM % 3000)) /dev/urandom; } \
            >"$work/sent/$1/$number.bin"
    done
}

make_file() {
    { printf '%s %s\n' "$canary" "$1" && head -c $(((RANDOM % 32 + 1) << 20)) /dev/urandom; } >"$work/sent/$1.bin"
}

# --- The work that is killed -----------------------------------------------------------------------------------------

import_folder() {
    exec "$MUNIMENT" import "$work/sent/$1" --case "$case_id" --category D11 --report "$work/receipts/$1.csv"
}

deposit_file() {
    exec "$MUNIMENT" document deposit "$work/sent/$1.bin" --case "$case_id" --category D11
}

measure() {
    local start
    make_folder whole
    start=$(date +%s%3N)
    (import_folder whole) >/dev/null || fail 'an import without a crash failed.'
    import_time=$(($(date +%s%3N) - start))
    make_file whole
    start=$(date +%s%3N)
    (deposit_file whole) >"$work/receipts/whole" || fail 'a deposit without a crash failed.'
    deposit_time=$(($(date +%s%3N) - start))
    look_after
    compare_import whole
    compare_deposit whole
    age-keygen -o "$work/custodian" 2>"$work/out" || fail "$(cat "$work/out")"
    start=$(date +%s%3N)
    (back_up) >"$work/out" 2>&1 || fail "a backup without a crash failed: $(cat "$work/out")"
    backup_time=$(($(date +%s%3N) - start))
    start=$(date +%s%3N)
    (restore) >"$work/out" 2>&1 || fail "a restore without a crash failed: $(cat "$work/out")"
    restore_time=$(($(date +%s%3N) - start))
    rm -r "$work/again" "$work/again.anchor"
    start=$(date +%s%3N)
    (rotate party education) >"$work/out" 2>&1 || fail "a rotation without a crash failed: $(cat "$work/out")"
    rotation_time=$(($(date +%s%3N) - start))
    # Long enough to be killed within, at the start, in the preview, and while wraps are brought into line.
    activation_time=3000
}

crash_import() {
    make_folder "$cycle"
    kill_within "$import_time" import_folder "$cycle" >"$work/out" 2>&1
    look_after
    compare_import "$cycle"
    rm -rf "$work/sent/$cycle"
}

crash_deposit() {
    make_file "$cycle"
    kill_within "$deposit_time" deposit_file "$cycle" >"$work/receipts/$cycle" 2>"$work/out"
    look_after
    compare_deposit "$cycle"
    rm -f "$work/sent/$cycle.bin"
}

back_up() {
    exec "$MUNIMENT" backup all "$work/backup" --to "$(age-keygen -y "$work/custodian")" --session "$work/ada"
}

restore() {
    exec "$MUNIMENT" restore ada --from "$work/backup" --identity "$work/custodian" --to "$work/again" \
        --key-file "$work/vault.key" --password-file "$work/password"
}

# No half file has its name, no keyring lies open, and a restored vault is whole or not there.
crash_backup() {
    kill_within "$backup_time" back_up >"$work/out" 2>&1
    look_after
    backup_is_whole
    (back_up) >"$work/out" 2>&1 || fail "the backup after a killed one failed: $(cat "$work/out")"
    [[ -z $(find "$work/backup/staging" -type f) ]] || fail 'files were left in the staging of the backup.'
    kill_within "$restore_time" restore >"$work/out" 2>&1
    if [[ -e $work/again ]]; then
        "$MUNIMENT" sign-in ada --vault "$work/again" --password-file "$work/password" --session "$work/again.session" \
            >"$work/out" 2>&1 || fail "the restored vault does not open: $(cat "$work/out")"
        "$MUNIMENT" check --read-data 100% --vault "$work/again" --session "$work/again.session" >"$work/check" 2>&1 ||
            fail "check of the restored vault: $(cat "$work/check")"
    fi
    rm -rf "$work"/again*
}

backup_is_whole() {
    local file
    sleep 1  # Files are named by the second.
    (cd "$work/backup" && for file in records-*.sqlite; do sha256sum --quiet -c "$file.sha256" || exit; done) ||
        fail 'a copy of the records is not what its sum says.'
    (cd "$work/backup/objects" && find . -type f | sed 's|\(.*/\)\(.*\)|\2  \1\2|' | sha256sum --quiet -c) ||
        fail 'an object of the backup is not what its name says.'
    for file in "$work/backup"/keyring-*.age; do
        age -d -i "$work/custodian" "$file" >/dev/null || fail "$file does not open."
    done
}

# An agreement with or without the custody lead's right to draft plans, which is what youth justice has its wraps by.
crash_activation() {
    local proposal version=$((cycle + 1)) with=$((cycle / 10 % 2)) folder=$work/policies/$cycle
    mkdir "$folder"
    cp "$work/policies/categories.yaml" "$folder/"
    sed "s/^version: .*/version: $version/" "$work/policies/agreement.yaml" >"$folder/agreement.yaml"
    printf 'version: 1\nday: %s\npurpose: ehc.plan\ncases:\n' "$(date +%F)" >"$folder/agreement.cases.yaml"
    if ((with)); then
        echo '  - { who: [CUST], what: D11, action: read, expect: permit, clause: D11-full }'
    else
        sed -i -E '/id: D11-full/,/basis:/s/, CUST\b//' "$folder/agreement.yaml"
        echo '  - { who: [CUST], what: D11, action: read, expect: no-rule, clause: "no custody lead" }'
    fi >>"$folder/agreement.cases.yaml"
    proposal=$("$MUNIMENT" agreement propose "$folder" --session "$work/morag" 2>"$work/out") ||
        fail "the proposal was refused: $(cat "$work/out")"
    "$MUNIMENT" agreement approve "$proposal" --confirm "$proposal" --session "$work/dana" >"$work/out" 2>&1 ||
        fail "the approval was refused: $(cat "$work/out")"
    kill_within "$activation_time" activate "$proposal" >"$work/out" 2>&1
    "$MUNIMENT" agreement align --session "$work/morag" >"$work/out" 2>&1 ||
        fail "the keyring could not be brought into line: $(cat "$work/out")"
    look_after
}

rotate() {
    local pace=()
    if [[ $1 == party ]]; then pace=(--pause 0 --batch 50); fi
    exec "$MUNIMENT" key rotate "$1" "$2" "${pace[@]}" --session "$work/ada"
}

# Stopped anywhere, everything opens, and the same command brings it to its end.
crash_rotation() {
    local owner parties=(education youth-justice family)
    if ((cycle % 20 < 10)); then owner=(party "${parties[$((cycle / 10 % 3))]}"); else owner=(child "$(cat "$work/child")"); fi
    kill_within "$rotation_time" rotate "${owner[@]}" >"$work/out" 2>&1
    look_after
    compare_some
    (rotate "${owner[@]}") >"$work/out" 2>&1 || fail "the rotation could not be finished: $(cat "$work/out")"
    look_after
    compare_some
}

# Some of what was promised and is on the disk still.
compare_some() {
    : >"$work/promised"
    local document
    document=$(complete_lines "$work/receipts/whole" | sed -n 's/^document  *//p')
    printf '%s\0%s\0' "$document" "$work/sent/whole.bin" >"$work/promised"
    compare
}

dispose() { exec "$MUNIMENT" disposal execute "$1" --confirm "$1" --session "$work/rex"; }

# Once approved, it is whole or it is gone, never in between; and what is gone has a certificate.
crash_disposal() {
    local document disposal
    document=$(tail -n 1 "$work/acknowledged")
    disposal=$("$MUNIMENT" disposal add --document "$document" --ground mistake --reason Test --session "$work/rex" 2>"$work/out") ||
        fail "the disposal was refused: $(cat "$work/out")"
    "$MUNIMENT" disposal review "$disposal" >"$work/out" 2>&1 || fail "the review was refused: $(cat "$work/out")"
    "$MUNIMENT" disposal approve "$disposal" --cooling-days 0 --session "$work/dana" >"$work/out" 2>&1 ||
        fail "the approval was refused: $(cat "$work/out")"
    kill_within 700 dispose "$disposal" >"$work/out" 2>&1
    look_after
    case $("$MUNIMENT" disposal list --session "$work/rex" | grep "^$disposal") in
    *' erased '*) ;;
    *' approved '*)
        "$MUNIMENT" document read "$document" >/dev/null 2>"$work/out" || fail "approved, and not read: $(cat "$work/out")"
        (dispose "$disposal") >"$work/out" 2>&1 || fail "it could not be carried out: $(cat "$work/out")"
        ;;
    *) fail 'a disposal is in between.' ;;
    esac
    ! "$MUNIMENT" document read "$document" >/dev/null 2>&1 || fail 'what was disposed of is read.'
    certificate_verifies "$disposal"
    sed -i "/^$document$/d" "$work/acknowledged"
    look_after
}

certificate_verifies() {
    "$MUNIMENT" disposal certificate "$1" --output "$work/certificate" --session "$work/rex" >"$work/out" 2>&1 ||
        fail "there is no certificate: $(cat "$work/out")"
    "$MUNIMENT" disposal signer --session "$work/rex" >"$work/signer.pem"
    openssl cms -verify -binary -inform DER -in "$work/certificate.p7s" -content "$work/certificate.json" \
        -CAfile "$work/signer.pem" -out /dev/null 2>"$work/out" || fail "the certificate does not verify: $(cat "$work/out")"
}

activate() { exec "$MUNIMENT" agreement activate "$1" --confirm "$1" --session "$work/morag"; }

# kill_within MILLISECONDS COMMAND...: runs the command and kills it at a moment of that time; it may end before.
kill_within() {
    local moment=$(((RANDOM << 15 | RANDOM) % ($1 + 1))) process
    shift
    status=0
    "$@" &
    process=$!
    sleep "$((moment / 1000)).$(printf %03d $((moment % 1000)))"
    kill -KILL "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || status=$?
    case $status in
    0) finished=$((finished + 1)) ;;
    137) killed=$((killed + 1)) ;;
    *) fail "the program ended with status $status: $(cat "$work/out")" ;;
    esac
}

# --- What must hold --------------------------------------------------------------------------------------------------

# Everything is sound and nothing is half-made (I3, I6); no content stands in clear (I5).
look_after() {
    local listed
    "$MUNIMENT" check --read-data 100% --session "$work/ada" >"$work/check" 2>&1 ||
        fail "check: $(cat "$work/check")"
    documents=$(sed -n -E 's/.* entries, ([0-9]+) documents.*/\1/p' "$work/check")
    "$MUNIMENT" document list --case "$case_id" | sed '1d; s/ .*//' >"$work/listed"
    listed=$(wc -l <"$work/listed")
    [[ $documents -eq $listed ]] || fail "check knows $documents documents and the list shows $listed."
    [[ -z $(find "$work/vault/staging" -type f) ]] || fail 'files were left in staging.'
    ! grep -rqF "$canary" "$work/vault" "$work/vault.anchor" || fail 'content stands in the vault in clear.'
}

# compare_import NAME [OUTCOME]: each line of the report that has its end was promised.
compare_import() {
    local outcome document path
    while IFS=, read -r outcome document path; do
        [[ $outcome == stored || $outcome == "${2-}" ]] || fail "the report says: $outcome $document $path"
        path=${path#\"} path=${path%\"}
        acknowledged=$((acknowledged + 1))
        printf '%s\n' "$document" >>"$work/acknowledged"
        ((acknowledged % sample)) || printf '%s\0%s\0' "$document" "$path"
    done < <(complete_lines "$work/receipts/$1.csv") >"$work/promised"
    [[ -z $(comm -23 <(sort -u "$work/acknowledged") <(sort -u "$work/listed")) ]] ||
        fail 'a document that was acknowledged is not listed.'
    compare
}

compare_deposit() {
    local document
    document=$(complete_lines "$work/receipts/$1" | sed -n 's/^document  *//p')
    [[ -n $document ]] || return 0
    printf '%s\0%s\0' "$document" "$work/sent/$1.bin" >"$work/promised"
    acknowledged=$((acknowledged + 1))
    compare
}

# A last line without its end was cut short by the kill.
complete_lines() {
    [[ -e $1 ]] || return 0
    if [[ -z $(tail -c 1 "$1") ]]; then cat "$1"; else sed '$d' "$1"; fi
}

# Two readers at once: they must not disturb each other either.
compare() {
    # shellcheck disable=SC2016 # the inner shell expands these
    xargs -0 -r -n 2 -P 2 bash -c '
        sent=$(sha256sum <"$2") && got=$("$MUNIMENT" document read "$1" | sha256sum) && [[ $sent == "$got" ]] ||
            { echo "document $1 is not what was sent" && exit 255; }' compare \
        <"$work/promised" >"$work/out" 2>&1 || fail "$(cat "$work/out")"
}

# An import that was killed between two batches goes on where it stopped.
resume() {
    local process first before=$documents
    make_folder last
    import_folder last >"$work/out" 2>&1 &
    process=$!
    until [[ -s $work/receipts/last.csv ]] || ! kill -0 "$process" 2>/dev/null; do sleep 0.01; done
    kill -KILL "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
    look_after
    first=$((documents - before))
    [[ $first -gt 0 ]] || fail 'the import was killed before its first batch, though the report had lines.'
    mv "$work/receipts/last.csv" "$work/receipts/first.csv"
    (import_folder last) >"$work/out" 2>&1 || fail "the second run failed: $(cat "$work/out")"
    grep -q "^$((files - first)) stored .* $first there already, 0 left out" "$work/out" ||
        fail "$first of $files were there, and the second run says: $(cat "$work/out")"
    look_after
    compare_import last 'already there'
    [[ $((documents - before)) -eq $files ]] || fail "an import of $files files made $((documents - before)) documents."
    printf 'crash: a killed import left %s of %s files; the second run stored the other %s.\n' \
        "$first" "$files" $((files - first))
}

# shellcheck source-path=SCRIPTDIR source=crash-keys.sh
source "$(dirname "$0")/crash-keys.sh"
main "$@"
