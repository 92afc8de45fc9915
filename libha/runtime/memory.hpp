// Memory of the whole process; for programs that are nothing but a daemon.
#pragma once

#include "base/result.hpp"

namespace ha::runtime {

/// Locks the pages in memory as they are touched. The failure says what would allow it.
Result<void> lock_memory();

/// Leaves out what a daemon of few threads does without: the texts of OpenSSL's errors, which would
/// be loaded at its first use (0.4 MiB; failures are told with its code, whose text
/// `openssl errstr CODE` knows), and a heap for nearly every thread (0.1 MiB). Before the first use
/// of OpenSSL, or it leaves out less.
void save_memory();

}  // namespace ha::runtime
