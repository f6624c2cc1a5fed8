#!/usr/bin/env bash
# Times the vault beside other programs in one run, then what needs the modules themselves. Figures: docs/BENCHMARKS.md.
#
#     run.sh [REPETITIONS] [FILES]
#
# Works in ./bench-scratch, which is removed at the end. The programs take turns, so that a slow minute falls on all of
# them; the page cache stays warm and is the same for each. What was written before is synced before the clock starts.
# Prints a JSON line for every run, then a table of medians and the ratios that are promised.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
readonly root
readonly repetitions=${1:-3}
readonly files=${2:-4000}
readonly scratch=$root/bench-scratch
readonly corpus=$scratch/corpus
readonly large=$((1 << 30))
# shellcheck source=scripts/small-vault.sh
. "$root/scripts/small-vault.sh"
# shellcheck source=bench/timing.sh
. "$root/bench/timing.sh"
readonly peers=(restic borg copy vault_import age_seal vault_deposit age_open vault_read)

prepare() {
    rm -rf -- "$scratch"
    mkdir "$scratch"
    python3 "$root/bench/corpus.py" "$corpus" --files "$files"
    trap 'rm -rf -- "$scratch"' EXIT
    (umask 077 && head -c 24 /dev/urandom | base64 >"$scratch/password")
    export RESTIC_PASSWORD_FILE=$scratch/password RESTIC_CACHE_DIR=$scratch/restic-cache
    export BORG_PASSCOMMAND="cat $scratch/password" BORG_BASE_DIR=$scratch/borg-base
    age-keygen -o "$scratch/identity" 2>/dev/null
    age-keygen -y "$scratch/identity" >"$scratch/recipients"
    head -c "$large" /dev/urandom >"$scratch/large"
    corpus_bytes=$(find "$corpus" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
}

restic() {
    command restic --repo "$scratch/repository" --quiet init
    bytes=$corpus_bytes run "restic backup" restic --repo "$scratch/repository" --quiet backup "$corpus"
}

borg() {
    command borg init --encryption repokey "$scratch/repository" 2>/dev/null
    bytes=$corpus_bytes run "borg create -C none" borg create -C none "$scratch/repository::one" "$corpus"
}

copy() {
    # shellcheck disable=SC2016  # the inner shell expands
    bytes=$corpus_bytes run "cp -r && sync" bash -c 'cp -r "$1" "$2" && sync' - "$corpus" "$scratch/repository"
}

age_seal() {
    bytes=$large run "age -r, 1 GiB" age -R "$scratch/recipients" -o "$scratch/large.age" "$scratch/large"
}

age_open() {
    bytes=$large run "age -d, 1 GiB" age -d -i "$scratch/identity" -o "$scratch/large.opened" "$scratch/large.age"
    cmp "$scratch/large" "$scratch/large.opened"
}

muniment() {
    command "$root/.build/release/muniment" "$@"
}

# A fresh vault. Not timed.
make_vault() {
    rm -f -- "$scratch"/{key,repository.anchor}
    small_vault "$scratch/repository" "$scratch"
}

vault_import() {
    make_vault >"$scratch/output" 2>&1
    bytes=$corpus_bytes run "muniment import" "$root/.build/release/muniment" import "$corpus" --case "$case_id" \
        --category D05 --session "$scratch/priya"
}

vault_deposit() {
    make_vault >"$scratch/output" 2>&1
    bytes=$large run "muniment deposit, 1 GiB" "$root/.build/release/muniment" document deposit "$scratch/large" \
        --case "$case_id" --category D05 --session "$scratch/priya"
    vault_document=$(sed -n 's/^document  *//p' "$scratch/output")
    mv "$scratch/repository" "$scratch/kept"
    mv "$scratch/repository.anchor" "$scratch/kept.anchor"
}

# Reads back what vault_deposit left.
vault_read() {
    mv "$scratch/kept" "$scratch/repository"
    mv "$scratch/kept.anchor" "$scratch/repository.anchor"
    bytes=$large run "muniment read, 1 GiB" "$root/.build/release/muniment" document read "$vault_document" \
        --output "$scratch/large.read" --session "$scratch/sam"
    cmp "$scratch/large" "$scratch/large.read"
    rm -- "$scratch/large.read"
}

# The middle run and the quickest, for each peer.
table() {
    printf '\n%-22s %8s %8s %8s %8s %10s\n' "of $repetitions runs" median MB/s quickest 'CPU s' 'peak MiB'
    sed 's/[{}"]//g; s/,\([a-z_]*\):/\t\1:/g; s/[a-z_]*://g' "$scratch/runs" | sort -t $'\t' -s -k1,1 -k3,3n |
        awk -F '\t' -v middle="$(((repetitions + 1) / 2))" '
            ++seen[$1] == 1 { quickest = $3 }
            seen[$1] == middle {
                printf "%-22s %8.2f %8.0f %8.2f %8.2f %10.0f\n", $1, $3, $2 / $3 / 1e6, quickest, $4, $5 / 1024
            }'
}

# What a run made is kept until the end: ext4 makes new files slowly for minutes after thousands were deleted, which
# would be held against whoever makes many.
set_aside() {
    local aside
    aside=$(mktemp -d "$scratch/aside.XXXXXX")
    for name in repository repository.anchor restic-cache borg-base; do
        [[ ! -e $scratch/$name ]] || mv "$scratch/$name" "$aside/"
    done
    rm -f -- "$scratch/large.opened"
}

ratio() {
    local ours theirs
    ours=$(median "$1" seconds)
    theirs=$(median "$2" seconds)
    awk -v ours="$ours" -v theirs="$theirs" -v text="$1 : $2" -v promise="$3" \
        'BEGIN { printf "%-48s %6.2f   promised: %s\n", text, ours / theirs, promise }'
}

ratios() {
    printf '\nRatios of medians\n'
    ratio "muniment import" "restic backup" "at most 0.33"
    ratio "muniment import" "borg create -C none" "at most 0.40"
    ratio "muniment import" "cp -r && sync" "reported"
    ratio "muniment deposit, 1 GiB" "age -r, 1 GiB" "at most 1.80"
    ratio "muniment read, 1 GiB" "age -d, 1 GiB" "at most 1.20"
}

prepare
for ((repetition = 0; repetition < repetitions; repetition++)); do
    for peer in "${peers[@]}"; do
        "$peer"
        set_aside
    done
    rm -f -- "$scratch/large.age"
done
table
ratios

if [[ ${MODULES:-yes} == yes ]]; then
    printf '\nIn process\n'
    (cd "$root" && .build/release/muniment-bench "$scratch/modules")
    python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" --quiet install cedarpy casbin
    "$scratch/venv/bin/python" "$root/bench/decisions.py" "$root/bench/decisions-rules.json" "$root/bench/decisions-requests.json"
fi
