// What glibc declares only under _GNU_SOURCE, or with arguments that Swift cannot pass.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

// syncfs(2)
int syncfs(int fd);

// No core dump of this process, and no other process of the same user may look into it: prctl(2).
static inline int forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// What is larger than the first has pages of its own; so much of what was freed stays in each heap until it is needed again. In bytes: mallopt(3).
static inline bool keep_freed_memory(int own_pages, int kept) {
  return mallopt(M_MMAP_THRESHOLD, own_pages) == 1 && mallopt(M_TRIM_THRESHOLD, kept) == 1;
}

// Sends one state to the supervisor's datagram socket: sd_notify(3). A path that begins with @ is abstract.
static inline int notify_supervisor(const char *path, const char *state) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof address.sun_path) return -1;
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = 0;
  int number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (number < 0) return -1;
  ssize_t sent = sendto(number, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
  close(number);
  return sent < 0 ? -1 : 0;
}

// The permission bits of a file, or -1 when it cannot be looked at: stat(2), see below.
static inline int permissions(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? (int)(status.st_mode & 0777) : -1;
}

// Whether a file is this process's user's own and closed to everybody else: 1 yes, 0 no, -1 when it cannot be looked at. stat(2): Swift
// finds its structure in whichever module was read first, which changes with what is imported elsewhere.
static inline int is_closed(const char *path, bool or_is_root) {
  struct stat status;
  if (stat(path, &status) != 0) return -1;
  bool is_own = status.st_uid == geteuid() || (or_is_root && geteuid() == 0);
  return is_own && (status.st_mode & 077) == 0;
}

// pipe(2), memfd_create(2)
int pipe2(int ends[2], int flags);
int memfd_create(const char *name, unsigned flags);

// Whether an open folder lies in memory: tmpfs or ramfs, statfs(2).
static inline bool is_in_memory(int folder) {
  struct statfs status;
  if (fstatfs(folder, &status) != 0) return false;
  return status.f_type == 0x01021994 || status.f_type == 0x858458f6L;
}

// Whether an open folder still has a name: fstat(2).
static inline bool has_name(int folder) {
  struct stat status;
  return fstat(folder, &status) == 0 && status.st_nlink > 0;
}

// The size of an open file that is a plain one, or -1.
static inline long long plain_size(int file) {
  struct stat status;
  return fstat(file, &status) == 0 && S_ISREG(status.st_mode) ? (long long)status.st_size : -1;
}

// What a name in an open folder takes up, symbolic links not followed, or -1 when there is none.
static inline long long size_in(int folder, const char *name) {
  struct stat status;
  return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? (long long)status.st_blocks * 512 : -1;
}

// Opens a name in a folder: openat(2), whose mode Swift cannot pass.
static inline int open_in(int folder, const char *name, int flags) {
  return openat(folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
}

// glibc 2.34: closes every open file from this number on in the new process.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

#if defined(__x86_64__)
#define MUNIMENT_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MUNIMENT_AUDIT_ARCH AUDIT_ARCH_AARCH64
#endif

// An open file that holds a filter of system calls, seccomp(2), or -1: for programs that read and write files and nothing else. It refuses
// what reaches for the kernel's further doors (mounts, namespaces, keyrings, tracing, BPF, io_uring, modules) and sockets of any family but
// AF_UNIX. clone3 is not there for them, because its flags lie where a filter does not see them: callers go back to clone.
static inline int open_call_filter(void) {
#ifndef MUNIMENT_AUDIT_ARCH
  return -1;
#else
  static const int refused[] = {
      SYS_acct, SYS_add_key, SYS_bpf, SYS_delete_module, SYS_finit_module, SYS_fsconfig, SYS_fsmount, SYS_fsopen, SYS_fspick,
      SYS_init_module, SYS_io_uring_enter, SYS_io_uring_register, SYS_io_uring_setup, SYS_kexec_load, SYS_keyctl, SYS_mount,
      SYS_move_mount, SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_open_tree, SYS_perf_event_open, SYS_pidfd_getfd,
      SYS_pivot_root, SYS_process_vm_readv, SYS_process_vm_writev, SYS_ptrace, SYS_quotactl, SYS_reboot, SYS_request_key, SYS_setns,
      SYS_swapoff, SYS_swapon, SYS_syslog, SYS_umount2, SYS_unshare, SYS_userfaultfd,
  };
  enum { count = sizeof refused / sizeof refused[0], most = 2 * count + 20, namespaces = 0x7e020000 };
  const struct sock_filter no = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  struct sock_filter filter[most];
  size_t n = 0;
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
  filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MUNIMENT_AUDIT_ARCH, 1, 0);
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  // The calls of the x32 kind have numbers from here on.
  filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
  filter[n++] = no;
  for (size_t i = 0; i < count; i++) {
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)refused[i], 0, 1);
    filter[n++] = no;
  }
  filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
  filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
  filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, namespaces, 4, 5);
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3);
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
  filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0);
  filter[n++] = no;
  filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  int file = memfd_create("calls", 1 /* closed on exec */);
  if (file < 0) return -1;
  if (write(file, filter, n * sizeof filter[0]) == (ssize_t)(n * sizeof filter[0]) && lseek(file, 0, SEEK_SET) == 0) return file;
  close(file);
  return -1;
#endif
}

// Starts a program with an empty environment, these open files as its 0 to 3 and no other, and no signal held back or ignored: its process
// id, or minus the error.
static inline int spawn_closed(const char *path, char *const arguments[], int input, int output, int errors, int filter) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  char *const environment[] = {NULL};
  pid_t process = -1;
  sigemptyset(&none);
  sigfillset(&all);
  if (posix_spawn_file_actions_init(&actions) != 0) return -ENOMEM;
  if (posix_spawnattr_init(&attributes) != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return -ENOMEM;
  }
  int error = posix_spawn_file_actions_adddup2(&actions, input, 0);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, output, 1);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, errors, 2);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, filter, 3);
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, 4);
  if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
  if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &all);
  if (error == 0) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  if (error == 0) error = posix_spawn(&process, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? (int)process : -error;
}
