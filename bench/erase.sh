#!/usr/bin/env bash
# Times the erasure of one of two children with 1,000 documents of 200 kB each, certificate included, beside `restic forget --prune` and
# `borg delete` with `borg compact`, which take as much out of repositories that hold both.
#
#     erase.sh [REPETITIONS] [FILES]
#
# Works in ./bench-scratch, which is removed at the end. The programs take turns. Needs the release build.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
readonly root
readonly repetitions=${1:-3}
readonly files=${2:-1000}
readonly scratch=$root/bench-scratch
readonly program=${MUNIMENT:-$root/.build/release/muniment}
# shellcheck source=scripts/small-vault.sh
. "$root/scripts/small-vault.sh"
# shellcheck source=bench/timing.sh
. "$root/bench/timing.sh"

muniment() { "$program" "$@"; }

prepare() {
    rm -rf -- "$scratch"
    mkdir "$scratch"
    trap 'rm -rf -- "$scratch"' EXIT
    python3 "$root/bench/corpus.py" "$scratch/one" --files "$files" --median 200000 --spread 0 --seed 1
    python3 "$root/bench/corpus.py" "$scratch/two" --files "$files" --median 200000 --spread 0 --seed 2
    (umask 077 && head -c 24 /dev/urandom | base64 | tr -d '\n' >"$scratch/password")
    export RESTIC_PASSWORD_FILE=$scratch/password RESTIC_CACHE_DIR=$scratch/restic-cache
    export BORG_PASSCOMMAND="cat $scratch/password" BORG_BASE_DIR=$scratch/borg-base
}

restic() {
    command restic --repo "$scratch/repository" --quiet init
    for child in one two; do command restic --repo "$scratch/repository" --quiet backup --tag "$child" "$scratch/$child"; done
    run restic restic --repo "$scratch/repository" --quiet forget --prune --group-by '' --tag one --keep-tag two
    [[ $(command restic --repo "$scratch/repository" snapshots --json | jq length) == 1 ]]
}

borg() {
    command borg init --encryption repokey "$scratch/repository" 2>/dev/null
    for child in one two; do command borg create -C none "$scratch/repository::$child" "$scratch/$child"; done
    # shellcheck disable=SC2016  # the inner shell expands
    run borg bash -c 'borg delete "$1::one" && borg compact "$1"' - "$scratch/repository"
}

# Two children; the papers of the one are listed, reviewed and approved by then.
vault() {
    local place erased disposal
    rm -f -- "$scratch/key" "$scratch/repository.anchor"
    small_vault "$scratch/repository" "$scratch"
    muniment import "$scratch/two" --case "$case_id" --category D11 --session "$scratch/sam"
    place=$(muniment organisation add Records --party rights --session "$scratch/ada")
    muniment person add rex --name Rex --organisation "$place" --role REC --password-file "$scratch/password" --session "$scratch/ada"
    muniment sign-in rex --password-file "$scratch/password" --session "$scratch/rex"
    erased=$(printf 'name: Kim Example\nborn: 2015-04-02\n' | muniment child add --details - --session "$scratch/sam")
    case_id=$(muniment case open "$erased" --session "$scratch/sam")
    muniment import "$scratch/one" --case "$case_id" --category D11 --session "$scratch/sam"
    muniment case close "$case_id" --session "$scratch/sam"
    disposal=$(muniment disposal add --child "$erased" --ground mistake --reason Benchmark --session "$scratch/rex")
    muniment disposal review "$disposal" --session "$scratch/sam"
    muniment disposal approve "$disposal" --cooling-days 0 --session "$scratch/dana"
    run muniment "$program" disposal execute "$disposal" --confirm "$disposal" --session "$scratch/rex"
}

prepare
for ((repetition = 0; repetition < repetitions; repetition++)); do
    for peer in restic borg vault; do
        "$peer" >"$scratch/output.$peer" 2>&1 || { cat "$scratch/output.$peer" >&2 && exit 1; }
        tail -n 1 "$scratch/runs"
        # As in run.sh: what was made stays until the end, and its deletion is held against nobody.
        aside=$(mktemp -d "$scratch/aside.XXXXXX")
        for name in repository repository.anchor repository.anchor.register restic-cache borg-base; do
            [[ ! -e $scratch/$name ]] || mv "$scratch/$name" "$aside/"
        done
    done
done
printf '\nMedians of %s runs: one of two children of %s documents of 200 kB goes\n' "$repetitions" "$files"
printf '%-44s %8s\n' 'restic forget --prune, seconds' "$(median restic seconds)" 'borg delete && borg compact, seconds' "$(median borg seconds)"
line 'disposal execute with its certificate' "$(median muniment seconds)" 'at most 2'
