#!/usr/bin/env bash
# Opens packages on another machine: a small Debian 12 without network, in which there are only the programs that a recipient
# would use, and nothing of ours. It is made for this, from a mirror, and removed afterwards.
#
#     elsewhere.sh FOLDER
#
# FOLDER has one package in its forms, package.zip, package.pdf and package.age; `words`, the passphrase of the first two;
# `identity`, the age key of the last; and signer.pem. The manifest must be signed, and each form must hold the files that it
# lists and no other. Needs root, or sudo, and debootstrap. Exit status: 0 all is so, 1 not, 2 misused.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

readonly programs=(age libarchive-tools openssl p7zip-full poppler-utils qpdf)

main() {
    [[ $# -eq 1 && -d $1 ]] || { echo 'usage: elsewhere.sh FOLDER' >&2 && exit 2; }
    if [[ $EUID -ne 0 ]]; then
        sudo -n true 2>/dev/null || { echo 'elsewhere: only root can make another machine.' >&2 && exit 1; }
        exec sudo -n "$0" "$1"
    fi
    work=$(mktemp -d "${TMPDIR:-/tmp}/muniment-elsewhere.XXXXXX")
    machine=$work/machine
    trap clean EXIT
    quietly debootstrap --variant=minbase --include="$(IFS=, && echo "${programs[*]}")" bookworm "$machine" \
        "${MIRROR:-http://deb.debian.org/debian}"
    install -d "$machine/packages"
    install --mode=644 "$1"/{package.zip,package.pdf,package.age,words,identity,signer.pem} "$machine/packages"
    opening >"$machine/open.sh"
    quietly unshare --net chroot "$machine" /bin/bash /open.sh
    printf 'elsewhere: zip, PDF and age file were opened, with\n'
    # shellcheck disable=SC2016  # Words of dpkg's, not of the shell's.
    chroot "$machine" dpkg-query --show --showformat '  ${Package} ${Version}\n' "${programs[@]}"
}

clean() {
    # Left there when debootstrap is broken off.
    ! mountpoint -q "$machine/proc" || umount "$machine/proc"
    rm -rf --one-file-system -- "$work"
}

quietly() { "$@" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2 && exit 1; }; }

# What the recipient does there.
opening() {
    cat <<'END_OF_SCRIPT'
set -euxo pipefail
cd /packages
words=$(cat words)
! command -v muniment || exit 1

# verify FOLDER: its manifest is signed, and lists what is in it.
verify() {
    openssl cms -verify -binary -inform DER -in "$1/manifest.json.p7s" -content "$1/manifest.json" -CAfile signer.pem \
        -purpose any -out /dev/null
    sed -n 's/^ *"name" : "\(.*\)",$/\1/p' "$1/manifest.json" >names
    sed -n 's/^ *"sha256" : "\([0-9a-f]*\)"$/\1/p' "$1/manifest.json" | paste -d '*' - names | sed 's/\*/ \*/' >digests
    [ -s names ]
    (cd "$1" && sha256sum --check --strict --quiet ../digests)
    (cd "$1" && find . -type f -printf '%P\n') | sort >there
    printf '%s\n' manifest.json manifest.json.p7s | sort - names | cmp - there
}

7z x -p"$words" -oby-7z package.zip
verify by-7z
mkdir -p by-bsdtar by-age by-pdf/papers
bsdtar -x -f package.zip --passphrase "$words" -C by-bsdtar
verify by-bsdtar
age --decrypt --identity identity package.age | tar -x -C by-age
verify by-age

qpdf --password-file=words --check package.pdf
pdfdetach -upw "$words" -saveall -o by-pdf package.pdf
mv by-pdf/[0-9]* by-pdf/papers
verify by-pdf
pdftotext -upw "$words" package.pdf - | grep 'Your request for information'

# Without the key nothing opens.
! 7z x -pwrong -oby-nobody package.zip || exit 1
! qpdf --password=wrong --check package.pdf || exit 1
END_OF_SCRIPT
}

main "$@"
