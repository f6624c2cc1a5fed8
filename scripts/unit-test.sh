#!/usr/bin/env bash
# Runs the service of a package under a systemd of its own, as an operator would: install, make a vault, start, ask, stop.
#
#     unit-test.sh PACKAGE
#
# That systemd is the first process of its own namespaces. It sees this machine's files with a layer of its own on top, which goes with it,
# and no network but a loopback of its own. Needs root. Exit status: 0 all well, or not tried because no systemd can be run here (which it says);
# 1 not well; 2 misused.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

main() {
    [[ $# -eq 1 && -f $1 ]] || { echo 'usage: unit-test.sh PACKAGE' >&2 && exit 2; }
    [[ $EUID -eq 0 ]] || not_tried 'it is for root'
    package=$(realpath "$1")
    work=$(mktemp -d "${TMPDIR:-/tmp}/muniment-unit-test.XXXXXX")
    trap clean EXIT
    mount -t tmpfs -o mode=700 tmpfs "$work" 2>/dev/null || not_tried 'nothing can be mounted'
    mkdir "$work"/{upper,work,root}
    group=/sys/fs/cgroup/systemd
    [[ -d $group ]] || group=/sys/fs/cgroup
    group=$group/muniment-unit-test.$$
    mkdir "$group" 2>/dev/null || not_tried 'no group of processes can be made'
    boot
    cp "$package" "$work/upper/muniment.deb"
    inside <<<"{ $steps
} </dev/null"
    printf 'unit-test: all is well (%s s)\n' "$SECONDS"
}

not_tried() {
    printf 'unit-test: NOT TRIED: %s\n' "$1"
    exit 0
}

clean() {
    [[ -z ${init-} ]] || { kill -KILL "$init" && wait "$outside"; } 2>/dev/null || true
    ! mountpoint -q "$work" || umount --lazy "$work"
    rmdir "$work" || true
    [[ -z ${group-} ]] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
}

# Starts systemd, and waits until it takes orders.
boot() {
    # shellcheck disable=SC2016  # It is for the shell in there.
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec unshare --mount --pid --fork --cgroup --uts --ipc --net bash -euc "$(declare -f mounts)"'
            mounts "$1"
            exec env --ignore-environment container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
                /lib/systemd/systemd --system --unit=basic.target --log-target=null' bash "$work"
    ) >"$work/boot" 2>&1 &
    outside=$!
    for _ in {1..300}; do
        kill -0 "$outside" 2>/dev/null || break
        init=$(pgrep --parent "$outside" --exact systemd || true)
        [[ -z $init ]] || ! inside <<<'systemctl is-active --quiet basic.target' 2>/dev/null || return 0
        sleep 0.1
    done
    not_tried "systemd does not start: $(tail -n 1 "$work/boot")"
}

# What systemd finds: this machine's files under a layer of its own, and nothing of its devices, processes and groups.
mounts() {
    local root=$1/root device
    mount --make-rprivate /
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
    rm -rf "$root"/etc/systemd/system/*.wants
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    if [[ -d /sys/fs/cgroup/systemd ]]; then
        mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
        mkdir "$root/sys/fs/cgroup/systemd"
        mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
    else
        mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    fi
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    ln -s /proc/self/fd "$root/dev/fd"
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    mount -t tmpfs tmpfs "$root/dev/shm"
    ip link set lo up
    cd "$root"
    mkdir -p mnt
    pivot_root . mnt
    umount --lazy /mnt
    # As systemd has it where it starts a machine: what it mounts for one service the service must see.
    mount --make-rshared /
}

# Runs a script from standard input beside that systemd.
inside() { nsenter --target "$init" --mount --pid --cgroup --uts --ipc --net bash -euo pipefail -s; }

read -r -d '' steps <<'END' || true
step() { printf 'unit-test: %s\n' "$1"; }
show() { systemctl show muniment --property "$1" --value; }
wrong() { journalctl --no-pager --unit muniment | tail -n 20 >&2; printf 'unit-test: this is not so: %s\n' "$1" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive

step 'it installs, and starts nothing'
dpkg -i /muniment.deb >/run/dpkg 2>&1 || { cat /run/dpkg >&2 && exit 1; }
systemctl daemon-reload
[[ $(systemctl is-active muniment) == inactive ]]
systemctl start muniment
[[ $(show ActiveState) == inactive && $(show ConditionResult) == no ]] || wrong 'without a vault it does not start'

step 'with a vault, its secret and its anchor it starts, and says when it is ready'
install -d -o muniment -g muniment -m 0700 /var/lib/muniment-anchor
cd /
printf 'a password of a test\n' >/run/password
chown muniment /run/password
as() { setpriv --reuid=muniment --regid=muniment --init-groups "$@"; }
as muniment init /var/lib/muniment/vault --origin test.example/ledger --key-file /var/lib/muniment/unlock.key \
    --anchor /var/lib/muniment-anchor/vault.anchor --administrator olga --name Olga --organisation Test \
    --policies /usr/share/muniment/Policies --password-file /run/password >/dev/null 2>&1
install -o muniment -g muniment -m 0400 /var/lib/muniment/unlock.key /etc/muniment/unlock.key
rm /var/lib/muniment/unlock.key
systemctl start muniment || wrong 'it starts'
# `start` returns once the service has said READY=1, and not before.
[[ $(curl -sf http://127.0.0.1:8080/readyz) == ready ]] || wrong 'ready when it says so'
[[ $(show Type) == notify && $(show SubState) == running && $(show StatusErrno) == 0 ]] || wrong 'it runs'

step 'it is confined as the unit has it, and has its secret from systemd alone'
main=$(show MainPID)
[[ $(stat -c %U "/proc/$main") == muniment ]] || wrong 'it runs as its own account'
field() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$main/status"; }
[[ $(field NoNewPrivs) == 1 && $(field Seccomp) == 2 && $(field CapBnd) == 0000000000000000 && $(field CapEff) == 0000000000000000 ]] ||
    wrong 'no privilege, and a filter of system calls'
! tr '\0' '\n' <"/proc/$main/environ" | grep --quiet 'muniment/unlock.key' || wrong 'the secret is not in its environment'
in_its_view() { nsenter --target "$main" --mount "$@"; }
in_its_view test -r /run/credentials/muniment.service/unlock || wrong 'the credential is there'
for place in /usr /etc/muniment /home /boot; do
    ! in_its_view touch "$place/x" 2>/dev/null || wrong "not even root could write to $place"
done
in_its_view touch /var/lib/muniment/x /var/lib/muniment-anchor/x || wrong 'it writes where its vault and its anchor are'
in_its_view rm /var/lib/muniment/x /var/lib/muniment-anchor/x

step 'people sign in, and what they are answered is in the log without them'
token=$(curl -sf --data-urlencode username=olga --data-urlencode 'password=a password of a test' http://127.0.0.1:8080/v1/session |
    sed -n 's/.*"token":"\([0-9a-f]*\)".*/\1/p')
curl -sf -H "Authorization: Bearer $token" http://127.0.0.1:8080/v1/account | grep --quiet olga || wrong 'olga signs in'
journalctl --sync
journalctl --unit muniment --output cat | grep --quiet '"route":"POST /v1/session"\|/v1/session' || wrong 'the journal has its log'
! journalctl --unit muniment --output cat | grep -e "$token" -e olga || wrong 'the log names nobody'

step 'killed, it is started again'
kill -KILL "$main"
for _ in {1..150}; do
    [[ $(show MainPID) == "$main" || $(show SubState) != running ]] || break
    sleep 0.1
done
[[ $(show NRestarts) == 1 && $(curl -sf http://127.0.0.1:8080/readyz) == ready ]] || wrong 'it comes back'

step 'told to stop, it ends what it does and closes the vault'
systemctl stop muniment
# `failed` it would be, had it taken too long or ended with another status than 0.
[[ $(show ActiveState) == inactive ]] || wrong 'a clean end'
journalctl --sync
journalctl --unit muniment --output cat | grep --quiet '"message":"stopped"' || wrong 'it says that it stopped'

step 'without its secret it does not start'
mv /etc/muniment/unlock.key /etc/muniment/elsewhere
! systemctl start muniment 2>/dev/null || wrong 'it needs its secret'
mv /etc/muniment/elsewhere /etc/muniment/unlock.key

step "$(systemd-analyze security --threshold=20 muniment 2>/dev/null | tail -n 1 | sed 's/^[^O]*//')"
systemctl reset-failed muniment
END

main "$@"
