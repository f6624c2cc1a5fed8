#!/usr/bin/env bash
# Checks the Swift toolchain and sees to the Debian packages that a task needs.
#
#     prepare.sh [build | test | bench | deb | PACKAGE]...
#
# "test", "bench" and "deb" mean what they need besides "build". Silent when nothing is missing. Exit status: 0 ready, 1 not.
set -euo pipefail
export LC_ALL=C

readonly minimum=6.2
readonly build=(libarchive-dev libp11-kit-dev libsodium-dev libssl-dev libsqlite3-dev pkg-config tzdata)
# What makes pages of documents, redacts them and makes PDFs; the package recommends the same.
readonly paper=(bubblewrap fonts-dejavu-core fonts-liberation img2pdf libarchive-tools libimage-exiftool-perl
    libreoffice-writer-nogui poppler-utils qpdf tesseract-ocr tesseract-ocr-eng weasyprint)
readonly test=("${paper[@]}" age clamav-daemon curl dbconfig-no-thanks faketime glewlwyd golang-go golang-golang-x-mod-dev jq oathtool
    openssl p7zip-full procps python3-venv softhsm2 sqlite3 time zlib1g-dev)
readonly bench=("${paper[@]}" age borgbackup curl hyperfine jq nginx-core p7zip-full procps python3-venv restic time util-linux wrk)
readonly deb=(binutils curl debootstrap dpkg-dev fakeroot groff-base iproute2 lintian man-db patchelf procps python3-seccomp systemd xz-utils)

fail() {
    printf 'prepare: %s\n' "$1" >&2
    exit 1
}

check_toolchain() {
    local found needed="Swift $minimum or newer is needed and" source="see https://swift.org/install."
    command -v swift >/dev/null || fail "$needed there is no swift on the PATH; $source"
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [[ -n $found ]] || fail "$needed this swift does not say its version; $source"
    [[ $(printf '%s\n' "$minimum" "$found" | sort -V | head -n 1) == "$minimum" ]] ||
        fail "$needed this is Swift $found; $source"
}

packages_for() {
    local word
    [[ $# -gt 0 ]] || set -- build
    for word in "$@"; do
        case $word in
        build) printf '%s\n' "${build[@]}" ;;
        test) printf '%s\n' "${build[@]}" "${test[@]}" ;;
        bench) printf '%s\n' "${build[@]}" "${bench[@]}" ;;
        deb) printf '%s\n' "${build[@]}" "${deb[@]}" ;;
        -*) fail "there is no option $word; say build, test, bench, deb or the names of packages." ;;
        *) printf '%s\n' "$word" ;;
        esac
    done | sort -u
}

missing_of() {
    local installed
    # dpkg-query exits 1 when it knows nothing of a package: that is an answer, not a failure.
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    comm -23 <(printf '%s\n' "$@") <(sed -n 's/^installed //p' <<<"$installed" | sort -u)
}

install() {
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        sudo -n true 2>/dev/null || fail "packages are missing; run: sudo apt-get install --no-install-recommends $*"
        as_root=(sudo -n)
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    printf 'prepare: installing %s\n' "$*" >&2
    # Its own set-up wants a database server, even where it is told that there is none.
    if [[ " $* " == *' glewlwyd '* ]]; then
        "${as_root[@]}" debconf-set-selections <<<'glewlwyd glewlwyd/config_type select No configuration'
    fi
    { "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends "$@"; } >/dev/null ||
        fail "apt-get could not install $*; its own words are above."
}

main() {
    local wanted missing
    check_toolchain
    wanted=$(packages_for "$@")
    command -v dpkg-query >/dev/null ||
        fail "this is not a Debian system; it must have the counterparts of ${wanted//$'\n'/ }."
    mapfile -t wanted <<<"$wanted"
    mapfile -t missing < <(missing_of "${wanted[@]}")
    [[ ${#missing[@]} -eq 0 ]] || install "${missing[@]}"
}

main "$@"
