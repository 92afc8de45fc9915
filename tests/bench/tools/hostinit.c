/*
 * hostinit: pid 1 of a host that is a PID namespace. It reaps orphans and does nothing else.
 * SIGKILL to it from outside makes the kernel end every process of the namespace at once, which is
 * as near as one gets to pulling a host's power cord.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

int main(void)
{
    sigset_t child;
    int number;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, 0);
    for (;;) {
        while (waitpid(-1, 0, WNOHANG) > 0) {
        }
        sigwait(&child, &number);
    }
}
