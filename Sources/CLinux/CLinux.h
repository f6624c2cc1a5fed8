// What glibc declares only under _GNU_SOURCE, or with arguments that Swift cannot pass.
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// syncfs(2)
int syncfs(int fd);

// No core dump of this process, and no other process of the same user may look into it: prctl(2).
static inline int forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

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
