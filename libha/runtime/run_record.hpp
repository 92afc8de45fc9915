// The run record: which groups this node holds, kept where it outlives the process and not the boot
// (safety.md F12). A restarted daemon reads it to go on with what runs instead of starting it twice.
//
//     ha-run-record 1
//     boot 8c1ff08c6d0a4f4a9d0e3a1f1c6a1b1e
//     held 3 incarnation 12 term 4 node 1
//     end 1
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "lifecycle/service.hpp"

namespace ha::runtime {

inline constexpr std::size_t k_limit_run_record_bytes = 1024 * 1024;

class RunRecord {
   public:
    /// `directory` has to exist.
    RunRecord(std::string directory, BootId boot);

    /// What an earlier process of this boot held; empty when there is no record, or when it is of
    /// another boot. A damaged record is an error: guessing would start something twice.
    Result<std::vector<lifecycle::Held>> read() const;
    /// Renamed into place: a reader sees the old record or the new one. Not synced, because it need
    /// not survive a reboot.
    Result<void> write(const std::vector<lifecycle::Held>& held) const;

    const std::string& path() const { return path_; }

   private:
    std::string path_;
    BootId boot_;
};

}  // namespace ha::runtime
