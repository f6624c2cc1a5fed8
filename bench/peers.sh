#!/usr/bin/env bash
# Times other programs at what the vault does: taking in a corpus, and sealing and opening one large file.
#
#     peers.sh CORPUS SCRATCH [REPETITIONS]
#
# CORPUS comes from corpus.py; SCRATCH must not exist and is removed at the end. The programs take turns, so that a
# slow minute falls on all of them; the page cache stays warm and is the same for each. What was written before is
# synced before the clock starts. Prints a JSON line for every run, then a table of medians.
set -euo pipefail
export LC_ALL=C

corpus=$(realpath "${1:?usage: peers.sh CORPUS SCRATCH [REPETITIONS]}")
readonly corpus
readonly scratch=${2:?usage: peers.sh CORPUS SCRATCH [REPETITIONS]}
readonly repetitions=${3:-3}
readonly large=$((1 << 30))
readonly peers=(restic borg copy age_seal age_open)

prepare() {
    mkdir "$scratch"
    trap 'rm -rf -- "$scratch"' EXIT
    (umask 077 && head -c 24 /dev/urandom | base64 >"$scratch/password")
    export RESTIC_PASSWORD_FILE=$scratch/password RESTIC_CACHE_DIR=$scratch/restic-cache
    export BORG_PASSCOMMAND="cat $scratch/password" BORG_BASE_DIR=$scratch/borg-base
    age-keygen -o "$scratch/identity" 2>/dev/null
    age-keygen -y "$scratch/identity" >"$scratch/recipients"
    head -c "$large" /dev/urandom >"$scratch/large"
    corpus_bytes=$(find "$corpus" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
}

# run NAME BYTES COMMAND...
run() {
    local name=$1 bytes=$2 seconds user system peak
    shift 2
    sync
    /usr/bin/time -f '%e %U %S %M' -o "$scratch/time" "$@" >"$scratch/output" 2>&1 || {
        cat "$scratch/output" >&2
        exit 1
    }
    read -r seconds user system peak <"$scratch/time"
    printf '{"peer":"%s","bytes":%s,"seconds":%s,"user":%s,"system":%s,"peak_kib":%s}\n' \
        "$name" "$bytes" "$seconds" "$user" "$system" "$peak" | tee -a "$scratch/runs"
}

restic() {
    command restic --repo "$scratch/repository" --quiet init
    run "restic backup" "$corpus_bytes" restic --repo "$scratch/repository" --quiet backup "$corpus"
}

borg() {
    command borg init --encryption repokey "$scratch/repository" 2>/dev/null
    run "borg create -C none" "$corpus_bytes" borg create -C none "$scratch/repository::one" "$corpus"
}

copy() {
    # shellcheck disable=SC2016  # the inner shell expands
    run "cp -r && sync" "$corpus_bytes" bash -c 'cp -r "$1" "$2" && sync' - "$corpus" "$scratch/repository"
}

age_seal() {
    run "age -r, 1 GiB" "$large" age -R "$scratch/recipients" -o "$scratch/large.age" "$scratch/large"
}

age_open() {
    run "age -d, 1 GiB" "$large" age -d -i "$scratch/identity" -o "$scratch/large.opened" "$scratch/large.age"
    cmp "$scratch/large" "$scratch/large.opened"
}

# The middle run and the quickest, for each peer.
table() {
    printf '\n%-22s %8s %8s %8s %8s %10s\n' "of $repetitions runs" median MB/s quickest 'CPU s' 'peak MiB'
    sed 's/[{}"]//g; s/,\([a-z_]*\):/\t\1:/g; s/[a-z_]*://g' "$scratch/runs" | sort -t $'\t' -s -k1,1 -k3,3n |
        awk -F '\t' -v middle="$(((repetitions + 1) / 2))" '
            ++seen[$1] == 1 { quickest = $3 }
            seen[$1] == middle {
                printf "%-22s %8.2f %8.0f %8.2f %8.2f %10.0f\n", $1, $3, $2 / $3 / 1e6, quickest, $4 + $5, $6 / 1024
            }'
}

prepare
for ((repetition = 0; repetition < repetitions; repetition++)); do
    for peer in "${peers[@]}"; do
        "$peer"
        rm -rf -- "$scratch"/{repository,restic-cache,borg-base,large.opened}
    done
done
table
