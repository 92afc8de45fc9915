// Final actions: reboot and power-off by the system's own commands.
#include "final_action.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "log.hpp"

extern char** environ;

namespace had {

namespace {

bool run(const char* const* command) {
    pid_t pid = 0;
    const int error = ::posix_spawnp(&pid, command[0], nullptr, nullptr,
                                     const_cast<char* const*>(command), environ);
    if (error != 0) {
        log(Level::error, std::string(command[0]) + ": " + std::strerror(error));
        return false;
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

void restart_machine(ha::FinalAction action, const std::string& reason, bool is_allowed) {
    const char* verb = ha::to_string(action);
    if (!is_allowed) {
        log(Level::alert, std::string(verb) + " is not carried out, because had "
                          "runs without --allow-reboot: " + reason);
        return;
    }
    log(Level::alert, std::string(verb) + ": " + reason);
    const char* const by_systemd[] = {"systemctl", "--no-block", verb, nullptr};
    const char* const by_hand[] = {verb, nullptr};
    if (run(by_systemd) || run(by_hand)) return;
    // Nobody left to ask, as on a machine whose user space is damaged: the kernel does it.
    log(Level::alert, "no program could be asked to " + std::string(verb) + "; the kernel is");
    ::sync();
    const bool is_reboot = action == ha::FinalAction::reboot;
    if (::reboot(is_reboot ? RB_AUTOBOOT : RB_POWER_OFF) != 0)
        log(Level::alert, std::string("the kernel refused: ") + std::strerror(errno));
}

namespace {

/// The same program with the same words, in this process: a service manager sees one service that
/// never ended.
void begin_anew(char** argv) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv("/proc/self/exe", argv);
    log(Level::error, std::string("could not begin anew: ") + std::strerror(errno));
}

}  // namespace

void carry_out(ha::ServiceOrder order, const std::string& reason, bool may_reboot, char** argv) {
    log(Level::notice, "has left, and was told to " + std::string(ha::to_string(order)) + ": " +
                           reason);
    switch (order) {
        case ha::ServiceOrder::stop: return;
        case ha::ServiceOrder::restart: return begin_anew(argv);
        case ha::ServiceOrder::reboot:
            return restart_machine(ha::FinalAction::reboot, reason, may_reboot);
        case ha::ServiceOrder::poweroff:
            return restart_machine(ha::FinalAction::poweroff, reason, may_reboot);
    }
}

}  // namespace had
