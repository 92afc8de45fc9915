// host_init: process 1 of a "host", which is a set of namespaces. Reaps orphans. Killing it kills
// every process of the host at once: as near to pulling a power cord as one machine gets.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    for (;;) {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        ::sigwaitinfo(&child, nullptr);
    }
}
