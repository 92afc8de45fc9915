// Loading of the witness: its address, and whether it is near enough for the lease.
#include "config/address.hpp"
#include "config/loading.hpp"
#include "config/timing.hpp"

namespace ha::config {

namespace {

/// Bound of the witness's own reckoning with clocks (membership/witness_seat.hpp).
constexpr std::uint32_t k_witness_drift_ppm_max = 10'000;
constexpr const char* k_witness_port = ":29003";

}  // namespace

void load_witness(Loading& loading) {
    const auto* given = loading.document.object("witness");
    if (given == nullptr) return;
    const auto before = loading.problems.errors().size();
    const Reader reader(*given, k_witness_section, "witness", loading.problems);
    auto& witness = loading.spec.witness;
    witness.round_trip = reader.duration("round_trip");
    const auto text = reader.text("address");
    if (loading.problems.errors().size() != before) return;
    // Without a port it is the witness's.
    auto address = parse_address(text + k_witness_port);
    if (!address.flaw.empty()) address = parse_address(text);
    if (!address.flaw.empty()) return reader.error("address", address.flaw);
    witness.address = std::move(address.text);
    if (loading.spec.timing.drift_ppm > k_witness_drift_ppm_max)
        reader.error("address", "a witness reckons with clocks that drift by at most " +
                                    std::to_string(k_witness_drift_ppm_max) +
                                    " ppm; make timing.drift_ppm " +
                                    std::to_string(loading.spec.timing.drift_ppm) + " smaller");
    const auto rule = witness_rule(loading.spec);
    if (!rule.holds)
        reader.error(rule.field.c_str(), rule.text + "; take a witness that is nearer, or longer "
                                                     "times");
}

void check_witness(Loading& loading) {
    const auto nodes = loading.spec.nodes.size();
    if (loading.spec.witness.address.empty()) return;
    if (loading.spec.quorum != model::QuorumPolicy::majority)
        return loading.document.error("witness", "a witness is a vote under the quorum policy "
                                                 "majority; take that policy, or leave the witness "
                                                 "out");
    if (nodes % 2 == 0) return;
    loading.document.warning("witness", "with " + std::to_string(nodes) +
                                            (nodes == 1 ? " node" : " nodes") +
                                            " the witness has no vote: among an odd number of "
                                            "nodes it would only make the majority larger; it "
                                            "gets one while an even number of nodes votes");
}

}  // namespace ha::config
