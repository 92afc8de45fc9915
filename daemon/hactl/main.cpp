// hactl: the command line of a cluster.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>

#include "context.hpp"

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_DFL);
    const char* no_colour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool is_coloured = ::isatty(STDOUT_FILENO) == 1 &&
                             (no_colour == nullptr || *no_colour == '\0') &&
                             (terminal == nullptr || std::string_view(terminal) != "dumb");
    return hactl::run({argv + 1, argv + argc}, std::cout, std::cerr, is_coloured,
                      &std::cin);
}
