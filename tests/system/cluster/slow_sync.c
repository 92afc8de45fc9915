/* slow_sync: preloaded into had, makes each sync takes 5 s while the file /run/slow is there. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

typedef int (*sync_t)(int);

static void be_slow(void)
{
    const struct timespec time = {5, 0};
    if (access("/run/slow", F_OK) == 0)
        nanosleep(&time, 0);
}

int fdatasync(int fd)
{
    sync_t real = (sync_t)dlsym(RTLD_NEXT, "fdatasync");
    be_slow();
    return real(fd);
}

int fsync(int fd)
{
    sync_t real = (sync_t)dlsym(RTLD_NEXT, "fsync");
    be_slow();
    return real(fd);
}
