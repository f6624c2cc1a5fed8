#!/usr/bin/env python3
"""Runs a program as a systemd unit would confine it, as far as that goes without systemd.

    confined.py UNIT PROGRAM [ARGUMENT]...

From the unit it takes the filter of system calls, MemoryDenyWriteExecute, RestrictAddressFamilies, RestrictNamespaces,
NoNewPrivileges, UMask and the limits. It takes neither its view of the file system nor its user. Prints "READY" and
"STOPPING" when the program tells so, and passes SIGTERM on. Its exit status is the program's.
"""
import errno, os, resource, signal, socket, subprocess, sys

import seccomp

CLONE_NEW = 0x7E020080  # All the flags of clone(2) that make a namespace.
PROT_WRITE, PROT_EXEC = 2, 4


def settings(path):
    """Every setting of [Service], each with all its values."""
    found = {}
    for line in open(path, encoding="utf-8"):
        name, sign, value = line.strip().partition("=")
        if sign and not name.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def calls(names):
    """The system calls that names and @groups stand for."""
    found = set()
    for name in names:
        if not name.startswith("@"):
            found.add(name)
            continue
        lines = subprocess.run(
            ["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True
        ).stdout.splitlines()[1:]
        words = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
        found |= calls(words)
    return found


def allowed(values):
    found = set()
    for value in values:
        if value.startswith("~"):
            found -= calls(value[1:].split())
        else:
            found |= calls(value.split())
    return found | calls(["@default"])


def confine(unit):
    """From here on only what the unit lets through."""
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    families = {value for line in unit["RestrictAddressFamilies"] for value in line.split()}
    special = {"mmap", "mprotect", "pkey_mprotect", "socket", "clone", "clone3", "unshare", "setns"}
    for name in allowed(unit["SystemCallFilter"]) - special:
        try:
            rules.add_rule(seccomp.ALLOW, name)
        except (RuntimeError, ValueError, OSError):
            pass  # A call of another architecture.
    for bits in (0, PROT_WRITE, PROT_EXEC):
        rules.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, PROT_WRITE | PROT_EXEC, bits))
    for name in ("mprotect", "pkey_mprotect"):
        rules.add_rule(seccomp.ALLOW, name, seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, 0))
    for family in families:
        rules.add_rule(seccomp.ALLOW, "socket", seccomp.Arg(0, seccomp.EQ, getattr(socket, family)))
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, CLONE_NEW, 0))
    # As systemd does: its flags lie in memory, where a filter does not see them, and callers go back to clone.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.load()


def limit(unit):
    for name in ("MEMLOCK", "NOFILE", "CORE"):
        kind, text = getattr(resource, "RLIMIT_" + name), unit["Limit" + name][-1]
        wanted = int(text.rstrip("M")) << (20 if text.endswith("M") else 0)
        hard = resource.getrlimit(kind)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (most, most))


def main():
    unit, command = settings(sys.argv[1]), sys.argv[2:]
    states = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    states.bind("\0muniment-confined-%d" % os.getpid())
    environment = dict(os.environ, NOTIFY_SOCKET="@" + states.getsockname()[1:].decode())

    def before():
        os.umask(int(unit["UMask"][-1], 8))
        limit(unit)
        confine(unit)

    program = subprocess.Popen(command, env=environment, preexec_fn=before)
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    states.settimeout(0.2)
    while program.poll() is None:
        try:
            print(states.recv(4096).decode().partition("=")[0], flush=True)
        except TimeoutError:
            pass
    sys.exit(program.returncode if program.returncode >= 0 else 128 - program.returncode)


main()
