#!/usr/bin/env bash
# Runs `muniment serve` on loopback and lets other people's programs at it: schemathesis with its own description, a tus client,
# and writers whose server is killed again and again.
#
#     service.sh [EXAMPLES] [CYCLES]
#
# EXAMPLES is how many schemathesis makes for each request and seed (60), CYCLES how often the service is killed (100). MUNIMENT names the program
# (the debug build otherwise). Needs PyPI for schemathesis and tuspy. Exit status: 0 when nothing was found.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

# shellcheck source=scripts/small-vault.sh
. "$(dirname "$0")/small-vault.sh"

main() {
    examples=${1:-60} cycles=${2:-100}
    cd "$(dirname "$0")/.."
    root=$PWD
    program
    work=$(mktemp -d "${TMPDIR:-/tmp}/muniment-service.XXXXXX")
    trap 'stop; unmount; [[ -n ${KEEP-} ]] || rm -rf "$work"' EXIT
    tools
    small_vault "$work/vault" "$work" >"$work/made" 2>&1 || { cat "$work/made" >&2 && exit 1; }
    describe
    start
    token=$(signed_in sam)
    admin=$(signed_in ada)
    officer=$(signed_in dana)
    author=$(signed_in priya)
    curl --silent --fail "$base/openapi.json" >"$work/openapi.json"
    "$venv/bin/python" -m openapi_spec_validator "$work/openapi.json"
    step 'schemathesis'
    schemathesis
    step 'TLS, and what serve refuses'
    tls
    step 'tus'
    CASE=$case_id BASE=$base TOKEN=$(signed_in priya) "$venv/bin/python" "$root/scripts/service_tus.py"
    step 'a full disk'
    full_disk
    OWNER_TOKEN=$(signed_in sam) AUTHOR_TOKEN=$(signed_in priya)
    export OWNER_TOKEN AUTHOR_TOKEN
    step 'told to stop while a deposit comes in'
    stop_at_work
    step 'killed while 16 write'
    BASE=$base PROGRAM=$MUNIMENT CONFIG=$work/muniment.yaml \
        "$venv/bin/python" "$root/scripts/service_crash.py" "$cycles"
    muniment check --read-data 100% --session "$work/ada" >"$work/check" || { cat "$work/check" >&2 && exit 1; }
    printf 'service: nothing found, %s s\n' "$SECONDS"
}

step() { printf 'service: %s (%s s)\n' "$1" "$SECONDS"; }

program() {
    if [[ -z ${MUNIMENT-} ]]; then
        swift build -j 2 --product muniment >/dev/null
        MUNIMENT=$(swift build --show-bin-path)/muniment
    fi
    MUNIMENT=$(realpath "$MUNIMENT")
}

muniment() { "$MUNIMENT" "$@"; }

tools() {
    venv=$root/.build/python-service
    [[ -x $venv/bin/schemathesis ]] || {
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 tuspy==1.1.0 openapi-spec-validator
    }
}

describe() {
    port=${1:-$((20000 + RANDOM % 20000))}
    base=http://127.0.0.1:$port
    cat >"$work/muniment.yaml" <<END
vault: $work/vault
unlock:
  key-file: $work/key
listen:
  port: $port
intake:
  unknown-types: true
limits:
  account-per-second: 1000000
  network-per-second: 1000000
END
}

start() {
    "$MUNIMENT" serve --config "$work/muniment.yaml" 2>"$work/log" &
    server=$!
    for _ in {1..100}; do
        curl --silent --fail --output /dev/null "$base/readyz" && return
        sleep 0.1
    done
    cat "$work/log" >&2
    exit 1
}

stop() {
    [[ -n ${server-} ]] || return 0
    kill "$server" 2>/dev/null || true
    wait "$server" || true
    server=''
}

# An access token: a session would be ended by the first DELETE /v1/session that is tried.
signed_in() {
    local session
    session=$(curl --silent --fail --data-urlencode "username=$1" --data-urlencode "password@$work/password" \
        "$base/v1/session" | jq --raw-output .token)
    curl --silent --fail --header "Authorization: Bearer $session" --json '{"name":"this run","days":1}' \
        "$base/v1/account/tokens" | jq --raw-output .token
}

# Every check there is. A refusal of a request that fits the description is right where rights or rules refuse it; 428 is what a missing
# If-Match gets, 412 a missing Tus-Resumable. Pieces of an upload whose offset, length and checksum agree, or do so in all but one thing, it
# does not find: they are `PieceTests`' and the tus client's.
schemathesis() {
    local seed who
    cat >"$work/schemathesis.toml" <<END
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "412", "413", "415", "416", "422", "428", "429", "460"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "416", "422", "428", "429"]
[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "404", "406", "412", "415", "422", "428"]
[[operations]]
include-name = "PATCH /v1/uploads/{upload}"
parameters = { "path.upload" = "$(begin_upload 1000000000)" }
END
    for seed in 7 1 2026; do
        case $seed in
            1) who=$admin ;;
            2026) who=$officer ;;
            *) who=$token ;;
        esac
        fuzz "$seed" "$who"
        step "schemathesis, seed $seed: $(grep -Eo '[0-9]+ generated|[0-9]+ passed' "$work/schemathesis.$seed" | tr '\n' ' ')"
    done
    # Whose upload it is comes first: nobody else's requests get as far as the piece.
    fuzz 3 "$author" --include-name 'PATCH /v1/uploads/{upload}'
    ! grep '"level":"error"' "$work/log" >&2 || exit 1
}

# fuzz SEED TOKEN [OPTION]...
fuzz() {
    (cd "$work" && SCHEMATHESIS_HOOKS=service_hooks PYTHONPATH=$root/scripts "$venv/bin/schemathesis" \
        --config-file "$work/schemathesis.toml" run "$base/openapi.json" --header "Authorization: Bearer $2" --checks all \
        --max-examples "$examples" --seed "$1" --phases coverage,fuzzing --suppress-health-check filter_too_much --no-color \
        --generation-database none "${@:3}" >"$work/schemathesis.$1" 2>&1) || {
        cat "$work/schemathesis.$1" >&2
        printf 'service: schemathesis found something with seed %s\n' "$1" >&2
        exit 1
    }
}

# begin_upload BYTES: begins an upload of priya's, and prints its number.
begin_upload() {
    curl --silent --fail --output /dev/null --dump-header - --request POST --header "Authorization: Bearer $author" \
        --header 'Tus-Resumable: 1.0.0' --header "Upload-Length: $1" --header "Upload-Metadata: case $(printf %s "$case_id" |
            base64 --wrap=0),category $(printf D05 | base64),title $(printf film | base64),type $(
            printf application/octet-stream | base64)" "$base/v1/uploads" | tr -d '\r' | sed -n 's,^location: /v1/uploads/,,Ip'
}

# TLS 1.2 and 1.3 are spoken and nothing older; what would send passwords or papers in clear, or has its secrets open, does not start.
tls() {
    local secure=$((port + 1)) serving
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/tls.key" -out "$work/tls.crt" -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost 2>/dev/null
    chmod 600 "$work/tls.key"
    sed "s|^  port: .*|  port: $secure\n  certificate: $work/tls.crt\n  key: $work/tls.key|" "$work/muniment.yaml" >"$work/tls.yaml"
    "$MUNIMENT" serve --config "$work/tls.yaml" 2>>"$work/log" &
    serving=$!
    for _ in {1..100}; do
        ! curl --silent --fail --cacert "$work/tls.crt" --output /dev/null "https://localhost:$secure/readyz" || break
        sleep 0.1
    done
    curl --silent --fail --cacert "$work/tls.crt" --tlsv1.3 "https://localhost:$secure/healthz" >/dev/null
    curl --silent --fail --cacert "$work/tls.crt" --tls-max 1.2 --head "https://localhost:$secure/healthz" |
        grep --quiet --ignore-case strict-transport-security
    refuses "TLS 1.1" openssl s_client -connect "localhost:$secure" -tls1_1 -cipher ALL:@SECLEVEL=0
    refuses "plain HTTP on the TLS port" curl --silent --fail --max-time 5 "http://localhost:$secure/healthz"
    kill "$serving"
    wait "$serving"
    chmod 644 "$work/tls.key"
    refuses "a TLS key that others may read" "$MUNIMENT" serve --config "$work/tls.yaml" --check
    sed 's/^listen:/listen:\n  address: 0.0.0.0/' "$work/muniment.yaml" >"$work/open.yaml"
    refuses "an open address without TLS" "$MUNIMENT" serve --config "$work/open.yaml" --check
    sed 's/^limits:/limitz:/' "$work/muniment.yaml" >"$work/unknown.yaml"
    refuses "a key that is not known" "$MUNIMENT" serve --config "$work/unknown.yaml" --check
    chmod 644 "$work/key"
    refuses "an unlock key that others may read" "$MUNIMENT" serve --config "$work/muniment.yaml"
    chmod 600 "$work/key"
}

# deposit FILE [OPTION OF CURL]...: prints the status.
deposit() {
    curl --silent --output "$work/answer" --write-out '%{http_code}' --header "Authorization: Bearer $token" \
        --header 'Content-Type: application/octet-stream' --header 'Document-Title: letter' --header 'Expect:' \
        --data-binary "@$1" "${@:2}" "$base/v1/cases/$case_id/documents?category=D05"
}

# What has begun is finished: the deposit is answered, and kept.
stop_at_work() {
    local status token=$AUTHOR_TOKEN
    head -c 6000000 /dev/urandom >"$work/letter"
    deposit "$work/letter" --limit-rate 2M >"$work/status" &
    sleep 1
    stop
    wait $! || true
    status=$(<"$work/status")
    [[ $status == 201 ]] || { printf 'service: a deposit on its way at the end got %s\n' "$status" >&2 && exit 1; }
}

as_root() { if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n "$@"; fi; }

unmount() { [[ ! -d ${small-} ]] || as_root umount "$small" || true; }

kept_files() { find "$work/vault" -type f ! -name '*.sqlite*' | sort; }

# On a disk of 64 MB: what does not fit is refused with 507 and leaves nothing, and what is there stays whole.
full_disk() {
    local status='' token author kept=0 before server MUNIMENT_VAULT MUNIMENT_KEY_FILE MUNIMENT_POLICIES
    mkdir "$work/small"
    as_root mount -t tmpfs -o "size=64m,mode=700,uid=$(id -u)" tmpfs "$work/small" 2>/dev/null || {
        printf 'service: NOT TRIED: no small disk can be mounted here\n'
        return 0
    }
    small=$work/small
    local work=$small port=$((port + 2)) base case_id
    small_vault "$work/vault" "$work" >"$work/made" 2>&1 || { cat "$work/made" >&2 && exit 1; }
    describe "$port"
    start
    token=$(signed_in priya)
    author=$token
    head -c 20000000 /dev/urandom >"$root/.build/filler"
    for _ in {1..5}; do
        before=$(kept_files)
        status=$(deposit "$root/.build/filler")
        [[ $status == 201 ]] || break
        kept=$((kept + 1))
        printf '%s' "$kept" | cat - "$root/.build/filler" >"$root/.build/filler.next"
        mv "$root/.build/filler.next" "$root/.build/filler"
    done
    piece_on_full_disk "$root/.build/filler"
    rm "$root/.build/filler"
    if [[ $status != 507 || $kept -eq 0 ]] || ! grep --quiet storage-full "$work/answer"; then
        printf 'service: %s and not 507 after %s were kept: %s\n' "$status" "$kept" "$(<"$work/answer")" >&2
        exit 1
    fi
    if [[ $(kept_files) != "$before" ]]; then
        printf 'service: what did not fit has left something\n' >&2
        exit 1
    fi
    stop
    muniment check --read-data 100% --session "$work/ada" >"$work/check" || { cat "$work/check" >&2 && exit 1; }
    unmount
    small=''
}

# piece_on_full_disk FILE: what does not fit is no part of an upload, which goes on where it was.
piece_on_full_disk() {
    local upload before said offset
    local headers=(--header "Authorization: Bearer $author" --header 'Tus-Resumable: 1.0.0')
    upload=$(begin_upload 40000000)
    before=$(kept_files)
    said=$(curl --silent --output /dev/null --write-out '%{http_code}' --request PATCH "${headers[@]}" --header 'Upload-Offset: 0' \
        --header 'Content-Type: application/offset+octet-stream' --header 'Expect:' --data-binary "@$1" "$base/v1/uploads/$upload")
    offset=$(curl --silent --head "${headers[@]}" "$base/v1/uploads/$upload" | tr -d '\r' | sed -n 's/^upload-offset: //Ip')
    if [[ $said != 507 || $offset != 0 || $(kept_files) != "$before" ]]; then
        printf 'service: a piece on a full disk: %s, then at %s\n' "$said" "$offset" >&2
        exit 1
    fi
}

# refuses WHAT COMMAND...: the command must fail.
refuses() {
    local what=$1
    shift
    ! "$@" >/dev/null 2>&1 </dev/null || {
        printf 'service: %s is not refused\n' "$what" >&2
        exit 1
    }
}

main "$@"
