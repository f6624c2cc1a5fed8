# shellcheck shell=bash disable=SC2154,SC2034 # what crash.sh sets, and what it uses
#
# The work of `crash.sh CYCLES keys`: every rotation, sealing anew, disposal of each unit, backup and restore is killed at random
# moments, and finished.
#
# $work/kept has a line "DOCUMENT VERSION FILE" for each version that must read, $work/gone a line "DOCUMENT VERSION" for each that must
# not. $work/older is a backup from before the latest disposals, $work/kept.older what was kept then.

readonly key_order=(
    saving party disposal_of_child child disposal_of_document document_anew disposal_of_version party_anew restore
    document disposal_of_child child_anew disposal_of_document children disposal_of_version certificates
    saving document_anew disposal_of_document party child disposal_of_version disposal_of_child restore
)
# By the kind of cycle: how long it takes, and how often it was done, killed, and killed in the middle of something.
declare -A spans=() times=() killed_of=() midst_of=()

run_keys() {
    local round kind
    age-keygen -o "$work/custodian" 2>"$work/out" || fail "$(cat "$work/out")"
    documents=0 destroyed=0 lost=0 refused=0
    touch "$work/kept" "$work/gone" "$work/children"
    for round in 1 2 3; do replenish "start-$round"; done
    (back_up) >"$work/out" 2>&1 || fail "the first backup failed: $(cat "$work/out")"
    older_is_now
    go_round "${key_order[@]}"
    for kind in $(printf '%s\n' "${!times[@]}" | sort); do
        printf 'crash: %-20s %4s times, %4s killed, %4s of these in the middle of it; the last whole one took %s ms\n' \
            "$kind" "${times[$kind]}" "${killed_of[$kind]-0}" "${midst_of[$kind]-0}" "${spans[$kind]}"
    done
    printf 'crash: %s sealed keys were destroyed, and none was found; %s versions were disposed of after a backup and lost ' \
        "$destroyed" "$lost"
    printf 'in the vault restored from it; %s reads of what is gone gave nothing\n' "$refused"
}

# kill_somewhere COMMAND...: kills it at a moment of the time that its kind takes, or a little after. The first of a kind is not killed.
kill_somewhere() {
    local start
    start=$(date +%s%3N)
    times[$kind]=$((${times[$kind]-0} + 1))
    if [[ ! -v spans[$kind] ]]; then
        ("$@") || fail "$kind, undisturbed: $(cat "$work/out")"
        status=0 finished=$((finished + 1))
    else
        kill_within $((spans[$kind] * 6 / 5)) "$@"
    fi
    if ((status == 0)); then
        spans[$kind]=$(($(date +%s%3N) - start))
    else
        killed_of[$kind]=$((${killed_of[$kind]-0} + 1))
        ! midst || midst_of[$kind]=$((${midst_of[$kind]-0} + 1))
    fi
}

# pick COUNT SALT FILE: lines of it by chance; by the seed, which a subshell does not hand on.
pick() {
    awk -v seed="$((seed + cycle * 100 + $2))" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' "$3" | sort |
        sed -n "1,$1p" | cut -f 2-
}

older_is_now() {
    rm -rf "$work/older"
    cp -a "$work/backup" "$work/older"
    cp "$work/kept" "$work/kept.older"
}

# Papers for the disposals to come: some small, one of several blocks, one with two versions, and a child with one of each.
replenish() {
    local number case_of child_of document
    mkdir "$work/sent/$1"
    for number in 1 2 3 4; do deposit_one "$1/$number" $((RANDOM % 5000)) "$case_id"; done
    document=$(tail -n 1 "$work/kept" | cut -d ' ' -f 1)
    replace_one "$document" "$1/next" 3000
    deposit_one "$1/large" $((RANDOM * 60 + 200000)) "$case_id"
    child_of=$(printf 'name: Nobody %s\nborn: 2018-05-09\n' "$1" | "$MUNIMENT" child add --details - 2>"$work/out") ||
        fail "a child: $(cat "$work/out")"
    case_of=$("$MUNIMENT" case open "$child_of" 2>"$work/out") || fail "a case: $(cat "$work/out")"
    deposit_one "$1/child-1" 4000 "$case_of"
    document=$(tail -n 1 "$work/kept" | cut -d ' ' -f 1)
    replace_one "$document" "$1/child-next" 2000
    deposit_one "$1/child-2" 90000 "$case_of"
    # While a case is open its child is not disposed of.
    "$MUNIMENT" case close "$case_of" >"$work/out" 2>&1 || fail "the case stays open: $(cat "$work/out")"
    echo "$child_of $(tail -n 3 "$work/kept" | cut -d ' ' -f 1 | sort -u | tr '\n' ' ')" >>"$work/children"
}

deposit_one() {
    local document
    { printf '%s %s\n' "$canary" "$1" && head -c "$2" /dev/urandom; } >"$work/sent/$1"
    document=$("$MUNIMENT" document deposit "$work/sent/$1" --case "$3" --category D11 2>"$work/out" |
        sed -n 's/^document  *//p')
    [[ -n $document ]] || fail "a deposit: $(cat "$work/out")"
    echo "$document 1 $work/sent/$1" >>"$work/kept"
}

replace_one() {
    { printf '%s %s\n' "$canary" "$2" && head -c "$3" /dev/urandom; } >"$work/sent/$2"
    "$MUNIMENT" document replace "$1" "$work/sent/$2" >"$work/out" 2>&1 || fail "a replacement: $(cat "$work/out")"
    echo "$1 2 $work/sent/$2" >>"$work/kept"
}

# --- Rotations -------------------------------------------------------------------------------------------------------

change_key() { exec "$MUNIMENT" key rotate "$@" --session "$work/ada"; }

# Stopped anywhere, everything opens as before, and the same command brings it to its end: the old keys are nowhere on the disk then.
crash_key() {
    remember_keys
    kill_somewhere change_key "$@" >"$work/out" 2>&1
    keys_look_after
    # Where it was done it is done again, which takes nothing from anybody.
    (change_key "$@") >"$work/out" 2>&1 || fail "$* could not be finished: $(cat "$work/out")"
    keys_look_after
    nothing_destroyed_is_left
}

crash_party() { crash_key party "$(a_party)" --pause 0 --batch 20; }
crash_party_anew() { crash_key party "$(a_party)" --pause 0 --batch 20 --reseal; }
crash_child() { crash_key child "$(a_child)"; }
crash_child_anew() { crash_key child "$(a_child)" --reseal; }
crash_document() { crash_key document "$(pick 1 1 "$work/kept" | cut -d ' ' -f 1)"; }
crash_document_anew() { crash_key document "$(pick 1 1 "$work/kept" | cut -d ' ' -f 1)" --reseal; }
crash_children() { crash_key service children; }
crash_certificates() { crash_key service certificates; }

a_party() { pick 1 2 <(printf '%s\n' education youth-justice family health social-care); }
a_child() { pick 1 3 <(cat "$work/child" "$work/children") | cut -d ' ' -f 1; }

# --- Disposals -------------------------------------------------------------------------------------------------------

# dispose_of OPTIONS...: once approved, it is whole or it is gone, never in between, and what is gone has a certificate.
# $work/losing has the lines of `kept` that it is about.
dispose_of() {
    local disposal state
    remember_keys
    disposal=$("$MUNIMENT" disposal add "$@" --ground mistake --reason Test --session "$work/rex" 2>"$work/out") ||
        fail "the disposal was refused: $(cat "$work/out")"
    "$MUNIMENT" disposal review "$disposal" >"$work/out" 2>&1 || fail "the review was refused: $(cat "$work/out")"
    "$MUNIMENT" disposal approve "$disposal" --cooling-days 0 --session "$work/dana" >"$work/out" 2>&1 ||
        fail "the approval was refused: $(cat "$work/out")"
    kill_somewhere dispose "$disposal" >"$work/out" 2>&1
    # The next who opens the vault finishes it.
    state=$("$MUNIMENT" disposal list --session "$work/rex" | sed -n "s/^$disposal  *[a-z]*  *\([a-z]*\) .*/\1/p")
    case $state in
    erased) ;;
    approved)
        must_read "$work/losing"
        (dispose "$disposal") >"$work/out" 2>&1 || fail "it could not be carried out: $(cat "$work/out")"
        ;;
    *) fail "a disposal is in between: $state" ;;
    esac
    grep -vxFf "$work/losing" "$work/kept" >"$work/kept.now" || true
    mv "$work/kept.now" "$work/kept"
    cut -d ' ' -f 1,2 "$work/losing" >>"$work/gone"
    certificate_verifies "$disposal"
    keys_look_after
    must_not_read "$work/losing"
    nothing_destroyed_is_left
    [[ -s $work/destroyed ]] || fail 'a disposal destroyed no key.'
}

crash_disposal_of_document() {
    local document
    # Of the child of the case: the others go with their children.
    cut -d ' ' -f 1 "$work/kept" |
        grep -vFf <(cut -d ' ' -f 2- "$work/children" | tr ' ' '\n' | grep .) >"$work/candidates"
    document=$(pick 1 1 "$work/candidates")
    grep "^$document " "$work/kept" >"$work/losing"
    dispose_of --document "$document"
}

crash_disposal_of_version() {
    local document
    document=$(pick 1 1 <(cut -d ' ' -f 1 "$work/kept" | sort | uniq -d))
    grep "^$document $((RANDOM % 2 + 1)) " "$work/kept" >"$work/losing"
    dispose_of --document "$document" --version "$(cut -d ' ' -f 2 "$work/losing")"
}

crash_disposal_of_child() {
    local of papers
    [[ -s $work/children ]] || replenish "cycle-$cycle"
    read -r of papers <"$work/children"
    # shellcheck disable=SC2086 # a pattern a word
    grep -E "^($(echo $papers | tr ' ' '|')) " "$work/kept" >"$work/losing"
    sed -i 1d "$work/children"
    dispose_of --child "$of"
}

# --- Backups and restores --------------------------------------------------------------------------------------------

crash_saving() {
    replenish "cycle-$cycle"
    kill_somewhere back_up >"$work/out" 2>&1
    keys_look_after
    backup_is_whole
    (back_up) >"$work/out" 2>&1 || fail "the backup after a killed one failed: $(cat "$work/out")"
    [[ -z $(find "$work/backup/staging" -type f) ]] || fail 'files were left in the staging of the backup.'
}

restore_older() {
    exec "$MUNIMENT" restore ada --from "$work/older" --identity "$work/custodian" --to "$work/again" \
        --register "$work/vault.anchor.register" --key-file "$work/vault.key" --password-file "$work/password"
}

# A restored vault is whole or not there; and one from before the disposals opens nothing of what was disposed of since.
crash_restore() {
    local session
    kill_somewhere restore_older >"$work/out" 2>&1
    if [[ ! -e $work/again ]]; then
        rm -rf "$work"/again*
        (restore_older) >"$work/out" 2>&1 || fail "the restore after a killed one failed: $(cat "$work/out")"
    fi
    for session in ada:ada sam:sam; do
        "$MUNIMENT" sign-in "${session%:*}" --vault "$work/again" --password-file "$work/password" \
            --session "$work/again.${session#*:}" >"$work/out" 2>&1 || fail "the restored vault: $(cat "$work/out")"
    done
    "$MUNIMENT" check --read-data 100% --vault "$work/again" --session "$work/again.ada" >"$work/check" 2>&1 ||
        fail "check of the restored vault: $(cat "$work/check")"
    "$MUNIMENT" ledger verify --vault "$work/again" --session "$work/again.ada" >"$work/out" 2>&1 ||
        fail "the restored ledger: $(cat "$work/out")"
    cp "$work/kept" "$work/kept.live"
    grep -xFf "$work/kept.live" "$work/kept.older" >"$work/both"
    grep -vxFf "$work/kept.live" "$work/kept.older" >"$work/lost" || true
    pick 4 4 "$work/both" >"$work/some"
    export MUNIMENT_VAULT=$work/again MUNIMENT_SESSION=$work/again.sam
    must_read "$work/some"
    must_not_read "$work/lost"
    count_documents "$work/both"
    export MUNIMENT_VAULT=$work/vault MUNIMENT_SESSION=$work/sam
    lost=$((lost + $(wc -l <"$work/lost")))
    rm -rf "$work"/again*
    older_is_now
}

# --- What must hold --------------------------------------------------------------------------------------------------

# Everything is sound, as many documents are there as must be, some of what is kept reads, and some of what is gone does not.
keys_look_after() {
    "$MUNIMENT" check --read-data 100% --session "$work/ada" >"$work/check" 2>&1 ||
        fail "check: $(cat "$work/check")"
    count_documents "$work/kept"
    [[ -z $(find "$work/vault/staging" -type f) ]] || fail 'files were left in staging.'
    ! grep -rqF "$canary" "$work/vault" "$work/vault.anchor" || fail 'content stands in the vault in clear.'
    pick 2 5 "$work/kept" >"$work/some"
    must_read "$work/some"
    pick 1 6 "$work/gone" >"$work/some"
    must_not_read "$work/some"
}

# By what `check` has just counted.
count_documents() {
    local there expected
    there=$(sed -n -E 's/.* entries, ([0-9]+) documents.*/\1/p' "$work/check")
    expected=$(cut -d ' ' -f 1 "$1" | sort -u | wc -l)
    [[ $there -eq $expected ]] || fail "there are $there documents and not $expected."
    documents=$there
}

# must_read FILE: each version of its lines.
must_read() {
    local document version file
    while read -r document version file; do
        "$MUNIMENT" document read "$document" --version "$version" 2>"$work/out" </dev/null | cmp -s - "$file" ||
            fail "version $version of document $document is not what was sent: $(cat "$work/out")"
        acknowledged=$((acknowledged + 1))
    done <"$1"
}

must_not_read() {
    local document version rest
    while read -r document version rest; do
        ! "$MUNIMENT" document read "$document" --version "$version" >"$work/got" 2>"$work/out" </dev/null ||
            fail "version $version of document $document was disposed of, and is read."
        [[ ! -s $work/got ]] || fail "something of document $document came out."
        refused=$((refused + 1))
    done <"$1"
}

# Every sealed key of the keyring, in hexadecimal, from a copy: a database that is opened is changed.
sealed_keys() {
    rm -f "$work"/copy.sqlite*
    cp "$work/vault/keyring.sqlite" "$work/copy.sqlite"
    [[ ! -e $work/vault/keyring.sqlite-wal ]] || cp "$work/vault/keyring.sqlite-wal" "$work/copy.sqlite-wal"
    sqlite3 "$work/copy.sqlite" \
        "SELECT lower(hex(sealed)) FROM wraps UNION ALL SELECT lower(hex(sealed)) FROM keys" | sort
}

remember_keys() { sealed_keys >"$work/keys"; }

# What was there and is not any more is in no byte of both databases and their logs.
nothing_destroyed_is_left() {
    local file
    comm -23 "$work/keys" <(sealed_keys) >"$work/destroyed"
    for file in "$work"/vault/{keyring,records}.sqlite*; do
        ! xxd -p "$file" | tr -d '\n' | grep -qFf "$work/destroyed" || [[ ! -s $work/destroyed ]] ||
            fail "a destroyed key stands in $file."
    done
    destroyed=$((destroyed + $(wc -l <"$work/destroyed")))
}

# After a kill: whether it was in the middle of something that the next to open the vault, or the same command, must finish.
midst() {
    local file found
    [[ -z $(find "$work/vault/staging" "$work/backup/staging" "$work"/again* -type f 2>/dev/null | head -n 1) ]] ||
        return 0
    rm -f "$work"/copy-*
    for file in "$work"/vault/{keyring,records}.sqlite{,-wal}; do
        [[ ! -e $file ]] || cp "$file" "$work/copy-${file##*/}"
    done
    found=$(sqlite3 "$work/copy-keyring.sqlite" 'SELECT (SELECT count(*) FROM rotations) + (SELECT count(*) FROM pending)')
    found+=$(sqlite3 "$work/copy-records.sqlite" \
        "SELECT (SELECT count(*) FROM reseals) + (SELECT count(*) FROM disposals WHERE state = 'erasing')")
    [[ $found != 00 ]]
}
