#!/usr/bin/env bash
# Makes a Debian package of the program and its service, and prints where it is.
#
#     deb.sh [FOLDER]
#
# The package goes to FOLDER, ./dist otherwise. MUNIMENT names a release program to pack; without it one is built, in
# ./.build-deb and with this folder's path mapped away, so that the same sources make the same bytes anywhere. The Swift
# runtime is linked dynamically, as in every other build of ours; what of it the program needs goes along, in
# /usr/lib/muniment, and the program looks for it there and nowhere else. A program that has the runtime linked in
# (--static-swift-stdlib) is packed without. SOURCE_DATE_EPOCH is the time of everything in the package; the changelog's
# newest entry when it is not set. Exit status: 0 done, 1 not, 2 misused.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8
umask 022

main() {
    [[ $# -le 1 ]] || { echo 'deb: give one folder at most.' >&2 && exit 2; }
    root=$(cd "$(dirname "$0")/.." && pwd)
    mkdir -p "${1:-$root/dist}"
    output=$(cd "${1:-$root/dist}" && pwd)
    work=$(mktemp -d "${TMPDIR:-/tmp}/muniment-deb.XXXXXX")
    trap 'rm -rf -- "$work"' EXIT
    tree=$work/debian/muniment
    cd "$root"

    version=$(changelog Version)
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(changelog Timestamp)}
    export SOURCE_DATE_EPOCH
    program
    install_program
    install_rest
    control
    pack
}

fail() {
    printf 'deb: %s\n' "$1" >&2
    exit 1
}

changelog() { dpkg-parsechangelog --file packaging/debian/changelog --show-field "$1"; }

program() {
    if [[ -z ${MUNIMENT-} ]]; then
        local map=(-Xcc "-ffile-prefix-map=$root=." -Xcxx "-ffile-prefix-map=$root=."
            -Xswiftc -file-prefix-map -Xswiftc "$root=.")
        swift build --configuration release --scratch-path .build-deb --product muniment "${map[@]}" >&2
        MUNIMENT=$root/.build-deb/release/muniment
    fi
    [[ -x $MUNIMENT ]] || fail "there is no program at $MUNIMENT."
    local said
    said=$("$MUNIMENT" --version)
    [[ $said == "muniment ${version%-*}" ]] ||
        fail "the program says \"$said\" and packaging/debian/changelog says $version: make them agree."
    "$MUNIMENT" serve --help >/dev/null || fail "this program has no \`serve\`: it is too old."
}

# The libraries that come from no Debian package: those of the Swift toolchain.
runtime() { ldd "$MUNIMENT" | sed -n 's/.* => \(.*\/swift\/.*\.so[^ ]*\) .*/\1/p' | sort; }

install_program() {
    local library private=$tree/usr/lib/muniment
    install -D "$MUNIMENT" "$tree/usr/bin/muniment"
    # First strip, then patch: the other way round strip would take for damage what patchelf has moved.
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$tree/usr/bin/muniment"
    while read -r library; do
        install -D --mode=644 "$library" "$private/$(basename "$library")"
        strip --strip-unneeded --remove-section=.comment --remove-section=.note "$private/$(basename "$library")"
    done < <(runtime)
    if [[ -d $private ]]; then
        # shellcheck disable=SC2016  # $ORIGIN is the loader's word; the libraries find each other by it already.
        patchelf --set-rpath '$ORIGIN/../lib/muniment' "$tree/usr/bin/muniment"
    else
        patchelf --remove-rpath "$tree/usr/bin/muniment"
    fi
    # Sources are named from the folder on, as ./.build-deb/checkouts/…: only what leads to it from the root tells where it was.
    ! grep --text --only-matching --max-count=1 --perl-regexp '(?<!\.)/[\w./-]*/checkouts/' "$tree/usr/bin/muniment" >"$work/paths" ||
        printf 'deb: the program names the folder in which it was built: %s\n' "$(head -n 1 "$work/paths")" >&2
}

install_rest() {
    local share=$tree/usr/share doc=$tree/usr/share/doc/muniment page
    install -d "$doc/decisions" "$doc/examples" "$share/muniment" "$share/man/man1" "$share/man/man8"
    install -D --mode=644 packaging/muniment.service "$tree/lib/systemd/system/muniment.service"
    install -D --mode=640 packaging/muniment.yaml "$tree/etc/muniment/muniment.yaml"
    install -D --mode=644 --target-directory="$share/muniment/Policies" Policies/*.yaml
    install -D --mode=644 --target-directory="$share/muniment/Keys" Keys/cryptoperiods.yaml
    install --mode=644 docs/*.md "$doc"
    # Its links point to where things are on an installed system.
    sed "s,(docs/,(,g; s,(Policies/,(/usr/share/muniment/Policies/,g" README.md >"$doc/README.md"
    install --mode=644 docs/decisions/*.md "$doc/decisions"
    install --mode=644 packaging/nginx.conf packaging/paper.conf docs/open-by-hand.py "$doc/examples"
    install --mode=644 packaging/debian/copyright "$doc/copyright"
    # Its place on a Debian system has another name.
    rm "$doc/CHANGELOG.md"
    gzip --best --no-name <docs/CHANGELOG.md >"$doc/changelog.gz"
    gzip --best --no-name <packaging/debian/changelog >"$doc/changelog.Debian.gz"
    gzip --best --no-name <packaging/debian/notices >"$doc/NOTICE.gz"
    for page in muniment.1 muniment-serve.8; do
        gzip --best --no-name <"packaging/$page" >"$share/man/man${page##*.}/$page.gz"
    done
    install -d "$share/bash-completion/completions"
    "$MUNIMENT" completions bash | sed '1{/^#!/d}' >"$share/bash-completion/completions/muniment"
    install -D --mode=644 packaging/debian/lintian-overrides "$share/lintian/overrides/muniment"
}

# Which Debian packages the program needs, and from which version on, is in the symbols that it uses.
dependencies() {
    cp packaging/debian/control "$work/debian/control"
    # What it warns of is that the Swift libraries have neither a version nor a package.
    (cd "$work" && find debian/muniment -type f \( -path '*/bin/*' -o -name '*.so' \) -print0 |
        xargs -0 dpkg-shlibdeps -O -l"$tree/usr/lib/muniment" --ignore-missing-info 2>"$work/shlibdeps") |
        sed -n 's/^shlibs:Depends=//p'
}

control() {
    local needs
    needs=$(dependencies)
    [[ -n $needs ]] || fail "dpkg-shlibdeps does not say what the program needs: $(tail -n 1 "$work/shlibdeps")"
    install -d "$tree/DEBIAN"
    install --mode=755 packaging/debian/{postinst,prerm,postrm} "$tree/DEBIAN"
    install --mode=644 packaging/debian/conffiles "$tree/DEBIAN"
    (cd "$tree" && find . -path ./DEBIAN -prune -o -path ./etc -prune -o -type f -printf '%P\0' | sort -z |
        xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
    {
        printf 'Package: muniment\nVersion: %s\nArchitecture: %s\n' "$version" "$(dpkg --print-architecture)"
        printf 'Installed-Size: %s\n' "$(du --apparent-size -k -s --exclude=DEBIAN "$tree" | cut -f 1)"
        sed -n '1,/^$/{/^\(Section\|Priority\|Maintainer\): /p}' packaging/debian/control
        # shellcheck disable=SC2016  # A word of dpkg's, not of the shell's.
        sed '1,/^$/d; /^\(Package\|Architecture\): /d; s/\${shlibs:Depends}/'"$needs"'/' packaging/debian/control
    } >"$tree/DEBIAN/control"
    chmod 644 "$tree"/DEBIAN/{control,md5sums}
}

pack() {
    local package
    package=$output/muniment_${version}_$(dpkg --print-architecture).deb
    find "$tree" -print0 | xargs -0 touch --no-dereference --date="@$SOURCE_DATE_EPOCH"
    # With one thread: with several, their number would be in the bytes.
    fakeroot dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$tree" "$package" >&2
    printf '%s\n' "$package"
}

main "$@"
