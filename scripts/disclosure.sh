#!/usr/bin/env bash
# Three requests for one fictional child's file, answered with the commands of the DPO's guide; an independent search of what each
# requester gets; one package opened on another machine, in each form; and documents that are meant to harm whoever opens them.
#
#     disclosure.sh [SEED]
#
# SEED varies the case (1). MUNIMENT names the program (the debug build otherwise); KEEP keeps the folder with the vault and the packages.
# Needs 7zip, age, bubblewrap and what make_case.py, search_package.py, elsewhere.sh and the program's redaction need. Exit status: 0
# when nothing was found.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

main() {
    local seed=${1:-1} here status=0
    cd "$(dirname "$0")/.."
    here=$PWD/scripts/disclosure
    program
    work=$(mktemp -d "${TMPDIR:-/tmp}/muniment-disclosure.XXXXXX")
    trap '[[ -n ${KEEP-} ]] || rm -rf "$work"' EXIT
    mkdir "$work/case" "$work/hostile"
    python3 "$here/make_case.py" "$work/case" --seed "$seed"
    python3 "$here/run_case.py" "$MUNIMENT" "$work/case" || status=1
    scripts/elsewhere.sh "$work/case/forms" || status=1
    python3 "$here/make_hostile.py" "$work/hostile" --port $((20000 + RANDOM % 20000))
    python3 "$here/run_hostile.py" "$MUNIMENT" "$work/hostile" || status=1
    [[ $status -ne 0 ]] || printf 'disclosure: nothing found, %s s\n' "$SECONDS"
    return "$status"
}

program() {
    if [[ -z ${MUNIMENT-} ]]; then
        swift build -j 2 --product muniment >/dev/null
        MUNIMENT=$(swift build --show-bin-path)/muniment
    fi
    MUNIMENT=$(realpath "$MUNIMENT")
}

main "$@"
