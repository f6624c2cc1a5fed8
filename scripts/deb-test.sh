#!/usr/bin/env bash
# Tests a package without installing it: what is in it, its pages and unit, and the program in it, serving a vault
# as confined as the unit has it.
#
#     deb-test.sh PACKAGE [--chroot]
#
# Run as root it serves as nobody. With --chroot (root, and the network) it also installs, upgrades, removes and purges the
# package in a small Debian 12, made for it and removed afterwards. Exit status: 0 all well, 1 not, 2 misused.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

readonly port=18471 metrics_port=18472
readonly nobody=65534

main() {
    [[ $# -ge 1 && -f $1 && ${2---chroot} == --chroot ]] || { echo 'usage: deb-test.sh PACKAGE [--chroot]' >&2 && exit 2; }
    package=$(realpath "$1")
    root=$(cd "$(dirname "$0")/.." && pwd)
    work=$(mktemp -d "${TMPDIR:-/tmp}/muniment-deb-test.XXXXXX")
    tree=$work/tree program=$work/tree/usr/bin/muniment unit=$work/tree/lib/systemd/system/muniment.service
    as_other=()
    [[ $EUID -ne 0 ]] ||
        as_other=(setpriv "--reuid=$nobody" "--regid=$nobody" --clear-groups --bounding-set=-all --no-new-privs)
    : >"$work/output"
    current='the package can be unpacked'
    exec 3>&2
    trap clean EXIT
    umask 022
    dpkg-deb --extract "$package" "$tree"
    chmod 755 "$work"

    step 'lintian' lintian --fail-on error,warning "$package"
    step 'every file from the package belongs to root' owners
    step 'the program runs and finds its libraries beside it' runs
    step 'the pages name every command, and every key of the configuration' pages
    step 'the completions are a script' bash -n "$tree/usr/share/bash-completion/completions/muniment"
    step 'the unit is sound and closed' unit
    step 'the configuration in the package is good' "$program" serve --config "$tree/etc/muniment/muniment.yaml" --check
    step 'it serves a vault, as confined as the unit has it' serves
    [[ $# -lt 2 ]] || step 'it installs, upgrades and goes, and leaves the vault alone' installs
    printf 'deb-test: all is well (%s s)\n' "$SECONDS"
}

clean() {
    local status=$?
    [[ -z ${server-} ]] || kill "$server" 2>/dev/null || true
    [[ $status -eq 0 ]] || { cat "$work/output" && printf 'deb-test: this is not so: %s\n' "$current"; } >&3
    ! mountpoint -q "$work/debian/proc" || umount "$work/debian/proc"
    rm -rf --one-file-system -- "$work"
}

# What fails in a step ends the test, and `clean` tells what it was: in `step || ...` bash would go on after a failure.
step() {
    current=$1
    printf 'deb-test: %s\n' "$1"
    "${@:2}" >"$work/output" 2>&1
}

owners() {
    ! dpkg-deb --contents "$package" | grep -v ' root/root ' || return 1
    dpkg-deb --contents "$package" | grep -E '^-rw-r----- .* \./etc/muniment/muniment\.yaml$'
}

runs() {
    "$program" --version
    # What is no Debian package's is the package's own; nothing is taken from the machine that built it.
    ! ldd "$program" | grep -vE "$tree/|/lib/|/lib64/|linux-vdso" || return 1
    ! ldd "$program" | grep -E 'not found|/opt/' || return 1
}

pages() {
    local page command key
    for page in muniment.1 muniment-serve.8; do
        zcat "$tree/usr/share/man/man${page##*.}/$page.gz" >"$work/$page"
        [[ -z $(man --warnings --local-file "$work/$page" 2>&1 >/dev/null) ]]
    done
    "$program" --help | sed -n '/^SUBCOMMANDS:/,/^$/s/^  \([a-z-]*\) .*/\1/p' >"$work/commands"
    [[ $(wc -l <"$work/commands") -gt 20 ]]
    while read -r command; do
        grep -qE "^\.BR? .*\b$command\b" "$work/muniment.1" || { echo "muniment(1) lacks $command" && return 1; }
    done <"$work/commands"
    sed -n 's/^ *#\{0,1\} *\([a-z-]*\):\( .*\)\{0,1\}$/\1/p' "$tree/etc/muniment/muniment.yaml" | sort -u >"$work/keys"
    while read -r key; do
        grep -qw -- "$key" "$work/muniment-serve.8" || { echo "muniment-serve(8) lacks $key" && return 1; }
        grep -q -- "\`.*\b$key\b.*\`" "$tree/usr/share/doc/muniment/OPERATIONS.md" ||
            { echo "OPERATIONS.md lacks $key" && return 1; }
    done <"$work/keys"
}

unit() {
    systemd-analyze security --offline=true --threshold=20 "$unit" | tail -n 1
    # `verify` looks for the program and the pages where they would be installed.
    sed -e "s,^ExecStart=/usr,ExecStart=$tree/usr," -e '/^Documentation=/d' "$unit" >"$work/muniment.service"
    [[ -z $(systemd-analyze verify --man=no "$work/muniment.service" 2>&1 | tee /dev/stderr) ]]
}

serves() {
    local vault=$work/v
    mkdir "$vault"
    printf 'a password of a test\n' >"$vault/password"
    printf 'vault: %s\nunlock:\n  key-file: %s\nlisten:\n  port: %s\nmetrics:\n  port: %s\n' \
        "$vault/vault" "$vault/key" "$port" "$metrics_port" >"$vault/muniment.yaml"
    printf 'The advice of a doctor.\n' >"$vault/advice.txt"
    [[ $EUID -ne 0 ]] || chown -R "$nobody:$nobody" "$vault"
    export MUNIMENT_VAULT=$vault/vault MUNIMENT_KEY_FILE=$vault/key HOME=$vault
    fill
    start
    ask
    stop
    other "$program" check --read-data 100% --session "$vault/ada"
}

other() { "${as_other[@]}" "$@"; }

# by WHO ARGUMENT...
by() { other "$program" "${@:2}" --session "$work/v/$1"; }

fill() {
    local who name role party place child password=$work/v/password
    other "$program" init "$MUNIMENT_VAULT" --origin test.example/ledger --key-file "$MUNIMENT_KEY_FILE" --anchor "$work/v/anchor" \
        --administrator ada --name Ada --organisation Test --password-file "$password" \
        --policies "$tree/usr/share/muniment/Policies"
    by ada sign-in ada --password-file "$password"
    for who in 'sam SEND education' 'priya HADV health'; do
        read -r name role party <<<"$who"
        place=$(by ada organisation add "$name" --party "$party")
        by ada person add "$name" --name "$name" --organisation "$place" --role "$role" --password-file "$password"
    done
    by sam sign-in sam --password-file "$password"
    child=$(printf 'name: Test Child\nborn: 2015-04-01\n' | by sam child add --details -)
    case_id=$(by sam case open "$child")
    by sam case team add "$case_id" priya --role HADV
}

start() {
    local _
    # Not through `other`: it is this process that has to be told to stop, not a shell around it.
    "${as_other[@]}" /usr/bin/python3 "$root/packaging/confined.py" "$unit" "$program" serve --config "$work/v/muniment.yaml" \
        >"$work/states" 2>"$work/log" &
    server=$!
    for _ in {1..100}; do
        ! grep -q READY "$work/states" || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    cat "$work/log"
    return 1
}

ask() {
    local at=http://127.0.0.1:$port token document
    [[ $(curl -sf "$at/healthz") == ok && $(curl -sf "$at/readyz") == ready ]]
    # Without the line's end, which curl would send along.
    printf %s "$(<"$work/v/password")" >"$work/password"
    token=$(curl -sf --data-urlencode username=priya --data-urlencode "password@$work/password" "$at/v1/session" |
        sed -n 's/.*"token":"\([0-9a-f]*\)".*/\1/p')
    document=$(curl -sf -H "Authorization: Bearer $token" -H 'Document-Title: Advice' -H 'Content-Type: text/plain' \
        --data-binary "@$work/v/advice.txt" "$at/v1/cases/$case_id/documents?category=D05" |
        sed -n 's/.*"document":"\([0-9a-f]*\)".*/\1/p')
    curl -sf -H "Authorization: Bearer $token" "$at/v1/documents/$document/content" | cmp - "$work/v/advice.txt"
    curl -sf "http://127.0.0.1:$metrics_port/metrics" | grep '^muniment_requests_running{work="light"} '
    ! grep -E "priya|Advice|$document|$case_id|$token" "$work/log" || return 1
}

stop() {
    kill -TERM "$server"
    wait "$server"
    server=
    grep -q STOPPING "$work/states"
    grep -q '"message":"stopped"' "$work/log"
}

installs() {
    local inside=$work/debian
    [[ $EUID -eq 0 ]] || { echo '--chroot is for root.' && return 1; }
    debootstrap --variant=minbase --include=adduser,tzdata,libarchive13,libsqlite3-0,libsodium23,libssl3,libstdc++6 \
        bookworm "$inside" "${MIRROR:-http://deb.debian.org/debian}"
    cp "$package" "$inside/muniment.deb"
    cat >"$inside/script" <<'END'
set -eux
dpkg -i /muniment.deb
muniment --version
[ "$(stat -c '%U %G %a' /var/lib/muniment)" = 'muniment muniment 700' ]
[ "$(stat -c '%U %G %a' /etc/muniment/muniment.yaml)" = 'root muniment 640' ]
[ "$(getent passwd muniment | cut -d: -f7)" = /usr/sbin/nologin ]
! find /etc/systemd -name 'muniment*' | grep .
chmod 600 /etc/muniment/muniment.yaml
echo '# mine' >>/etc/muniment/muniment.yaml
touch /var/lib/muniment/a-vault
dpkg -i /muniment.deb
[ "$(stat -c %a /etc/muniment/muniment.yaml)" = 600 ]
grep -q '# mine' /etc/muniment/muniment.yaml
dpkg -r muniment
[ -f /etc/muniment/muniment.yaml ] && [ -f /var/lib/muniment/a-vault ]
dpkg -i /muniment.deb
dpkg -P muniment
[ -f /var/lib/muniment/a-vault ] && getent passwd muniment
[ ! -e /etc/muniment ] && [ ! -e /usr/lib/muniment ]
dpkg -i /muniment.deb
rm /var/lib/muniment/a-vault
dpkg -P muniment
[ ! -e /var/lib/muniment ] && ! getent passwd muniment
END
    # The loader asks /proc where the program lies, and beside it are its libraries.
    mount -t proc proc "$inside/proc"
    chroot "$inside" /bin/sh /script
}

main "$@"
