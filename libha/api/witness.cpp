// Witness: the server behind its public face.
#include "ha/witness.hpp"

#include "api/cluster_impl.hpp"
#include "runtime/witness_server.hpp"

namespace ha {

struct Witness::Impl {
    std::unique_ptr<runtime::WitnessServer> server;
};

Witness::Witness(WitnessOptions options) : impl_(std::make_unique<Impl>()) {
    runtime::WitnessServerOptions to;
    to.state_directory = std::move(options.state_directory);
    to.listen = std::move(options.listen);
    to.key_directory = std::move(options.key_directory);
    to.is_light = options.is_light;
    to.rate_max = options.rate_max;
    to.kept_bytes_max = options.kept_bytes_max;
    to.is_realtime = options.is_realtime;
    if (to.state_directory.empty() || to.key_directory.empty())
        throw Error(ErrorCode::invalid, "a witness needs a state directory and one with keys");
    auto log = options.on_log ? options.on_log : [](int, const std::string&) {};
    auto started = runtime::WitnessServer::start(std::move(to), std::move(log));
    if (!started) throw_failure(started.error());
    impl_->server = std::move(*started);
}

Witness::~Witness() = default;

void Witness::reload_keys() { impl_->server->reload_keys(); }

WitnessStatus Witness::status() const {
    const auto from = impl_->server->status();
    if (!from) throw_failure(from.error());
    WitnessStatus out;
    for (const auto& one : from->clusters) {
        WitnessClusterStatus line;
        line.name = one.name;
        if (one.cluster) line.cluster_id = to_hex(one.cluster);
        line.term = one.term.value;
        line.last = one.last.value;
        line.kept_bytes = one.kept_bytes;
        line.requests = one.requests;
        line.dropped = one.dropped;
        line.nodes = static_cast<std::uint32_t>(one.nodes);
        line.leader = one.leader.value;
        line.heard_ago = one.heard_ago;
        out.clusters.push_back(std::move(line));
    }
    out.received = from->received;
    out.sent = from->sent;
    out.refused = from->refused;
    out.syncs = from->syncs;
    out.kept_bytes = from->kept_bytes;
    out.failed = from->failed;
    return out;
}

}  // namespace ha
