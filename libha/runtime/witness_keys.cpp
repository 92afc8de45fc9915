// The witness's directory of keys.
#include "runtime/witness_keys.hpp"

#include <filesystem>

#include "base/limits.hpp"
#include "wire/witness_book.hpp"

namespace ha::runtime {

Result<std::map<std::string, Keys>> read_witness_keys(const std::string& directory) {
    std::map<std::string, Keys> out;
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    if (error)
        return failure(FailureCode::io, "cannot read the directory of keys " + directory + ": " +
                                            error.message());
    std::map<wire::Key, std::string> seen;
    for (const auto& entry : entries) {
        if (entry.path().extension() != ".key") continue;
        const auto name = entry.path().stem().string();
        if (name.empty() || name.size() > k_limit_name_bytes)
            return failure(FailureCode::invalid, "key file " + entry.path().string() +
                                                     ": the name before .key has 1 to " +
                                                     std::to_string(k_limit_name_bytes) +
                                                     " characters");
        auto keys = read_key_file(entry.path().string());
        if (!keys) return keys.error();
        for (const auto& [number, key] : keys->keys) {
            const auto [first, is_new] = seen.emplace(key, name);
            if (!is_new && first->second != name)
                return failure(FailureCode::invalid,
                               "key files " + first->second + ".key and " + name +
                                   ".key hold the same key; each cluster has its own");
        }
        out.emplace(name, std::move(*keys));
        if (out.size() > wire::k_limit_witness_clusters)
            return failure(FailureCode::limit,
                           "more than " + std::to_string(wire::k_limit_witness_clusters) +
                               " key files in " + directory);
    }
    if (out.empty())
        return failure(FailureCode::not_found, "there is no key file in " + directory +
                                                   "; copy the key of each cluster there as "
                                                   "NAME.key, mode 0600");
    return out;
}

}  // namespace ha::runtime
