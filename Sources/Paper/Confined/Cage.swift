/// The walls around an outside program, as arguments of bubblewrap.
///
/// It sees programs and fonts, read only; its scratch folder; and a little memory for its temporary files, gone when it ends. It has
/// no network, no privilege, no sight of any process but its own, an environment of five words, and not the system calls that no
/// reader of documents needs: `open_call_filter` has them. When bubblewrap cannot build this, nothing runs.
struct Cage: Sendable {
    static let program = "/usr/bin/bwrap"
    /// Where the program sees its scratch folder.
    private static let place = "/scratch"
    private static let temporaryBytes = 512 << 20

    /// Read only, where they exist: what programs need beside /usr.
    private static let readable = [
        "/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives", "/etc/libreoffice", "/var/lib/libreoffice",
        "/var/cache/fontconfig",
    ]

    /// There is no list of processes, which nothing here needs, and which a confined service may not mount. LibreOffice looks only
    /// whether there is one, and finds its libraries by a path of its own instead.
    private static let noProcesses = ["--dir", "/proc", "--symlink", "/dev/null", "/proc/version"]

    /// Pages are read side by side: threads of one reader would only wait for each other.
    private static let environment = [
        ("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("HOME", "/tmp"), ("OMP_THREAD_LIMIT", "1"),
        ("LD_LIBRARY_PATH", "/usr/lib/libreoffice/program"),
    ]

    static func arguments(
        for program: String, _ arguments: [String], scratch: String, limits: Limits, processorSeconds: Int
    ) -> [String] {
        let namespaces = [
            // The first process in there: else nobody learns what time it used.
            "bwrap", "--as-pid-1", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session",
            "--cap-drop", "ALL",
            "--seccomp", "3", "--uid", "1000", "--gid", "1000",
        ]
        let programs =
            ["--ro-bind", "/usr", "/usr"]
            + ["bin", "sbin", "lib", "lib64"].flatMap { ["--symlink", "usr/\($0)", "/\($0)"] }
        let settings = readable.flatMap { ["--ro-bind-try", $0, $0] }
        let memory = ["--size", String(temporaryBytes), "--tmpfs"]
        // The order counts: what is mounted inside another is mounted after it, and closed last.
        let devices = Self.noProcesses + ["--dev", "/dev"] + memory + ["/dev/shm", "--remount-ro", "/dev"]
        let places = memory + ["/tmp", "--bind", scratch, place, "--remount-ro", "/", "--chdir", place]
        let words = ["--clearenv"] + environment.flatMap { ["--setenv", $0, $1] }
        return namespaces + programs + settings + devices + places + words + ["--"] + limited(limits, processorSeconds)
            + [program]
            + arguments
    }

    /// Set inside, so that the walls themselves are built without them.
    private static func limited(_ limits: Limits, _ seconds: Int) -> [String] {
        [
            "/usr/bin/prlimit", "--as=\(limits.memoryBytes)", "--cpu=\(seconds)", "--fsize=\(limits.fileBytes)",
            "--nproc=\(limits.processes)", "--nofile=256", "--core=0", "--",
        ]
    }
}
