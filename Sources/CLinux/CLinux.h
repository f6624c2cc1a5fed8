// What glibc declares only under _GNU_SOURCE, or with arguments that Swift cannot pass.
#include <sys/prctl.h>

// syncfs(2)
int syncfs(int fd);

// No core dump of this process, and no other process of the same user may look into it: prctl(2).
static inline int forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
