// glibc declares syncfs only under _GNU_SOURCE, which Swift's Glibc module does not set. See syncfs(2).
int syncfs(int fd);
