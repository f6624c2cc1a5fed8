# shellcheck shell=bash
# To be sourced by a script that sets scratch and repetitions.

# run NAME COMMAND...: times a command once everything written before is on the disk, and writes down a JSON line. $bytes, where it is set, is
# how much the command is about.
run() {
    local name=$1 seconds user system peak
    shift
    sync
    # shellcheck disable=SC2154  # whoever sources this sets it
    /usr/bin/time -f '%e %U %S %M' -o "$scratch/time" "$@" >"$scratch/output" 2>&1 || {
        cat "$scratch/output" >&2
        exit 1
    }
    read -r seconds user system peak <"$scratch/time"
    printf '{"peer":"%s","bytes":%s,"seconds":%s,"cpu":%s,"peak_kib":%s}\n' "$name" "${bytes:-0}" "$seconds" \
        "$(awk -v a="$user" -v b="$system" 'BEGIN { print a + b }')" "$peak" | tee -a "$scratch/runs"
}

# median NAME FIELD: the middle one of its runs.
median() {
    # shellcheck disable=SC2154  # whoever sources this sets it
    sed -n "s/^{\"peer\":\"$1\".*\"$2\":\([0-9.]*\).*/\1/p" "$scratch/runs" | sort -n | sed -n "$(((repetitions + 1) / 2))p"
}

line() { printf '%-44s %8s   promised: %s\n' "$1" "$2" "$3"; }
