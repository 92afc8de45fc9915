// Loading of the witness: its address or its etcd, and whether it is near enough for the lease.
#include "config/address.hpp"
#include "config/loading.hpp"
#include "config/timing.hpp"

namespace ha::config {

namespace {

/// Bound of the witness's own reckoning with clocks (membership/witness_seat.hpp).
constexpr std::uint32_t k_witness_drift_ppm_max = 10'000;
constexpr const char* k_witness_port = ":29003";
constexpr const char* k_etcd_port = ":2379";

/// What is wrong with an endpoint; empty: nothing. It comes back in one form, with its port.
std::string take_endpoint(const std::string& text, std::string& out) {
    const bool is_tls = text.starts_with("https://");
    constexpr const char* k_right = "; write it as https://192.0.2.9:2379";
    if (!is_tls && !text.starts_with("http://"))
        return in_quotes(text) + " is no endpoint of an etcd" + k_right;
    const std::string scheme = is_tls ? "https://" : "http://";
    auto rest = text.substr(scheme.size());
    if (rest.ends_with("/")) rest.pop_back();
    if (rest.find_first_of("/@?# ") != rest.npos)
        return in_quotes(text) + " holds more than a host and a port" + k_right;
    auto address = parse_address(rest + k_etcd_port);
    if (!address.flaw.empty()) address = parse_address(rest);
    if (!address.flaw.empty()) return address.flaw;
    out = scheme + address.text;
    return {};
}

/// A file that every node has under the same name, whatever its content.
void check_file(const Reader& reader, const char* field, const std::string& path) {
    if (!path.empty() && path.front() != '/')
        reader.error(field, in_quotes(path) + " is no absolute path; write it as /etc/ha/" + path);
}

void check_pair(const Reader& reader, const char* one, const char* other) {
    if ((reader.find(one) == nullptr) != (reader.find(other) == nullptr))
        reader.error(reader.find(one) != nullptr ? one : other,
                     std::string(one) + " and " + other + " go together; give both, or none");
}

bool is_sensible_prefix(const std::string& prefix) {
    if (prefix.size() < 2 || prefix.front() != '/' || prefix.back() != '/') return false;
    return prefix.find("//") == prefix.npos &&
           std::all_of(prefix.begin(), prefix.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

void load_endpoints(const Reader& reader, model::EtcdSpec& etcd) {
    bool has_plain = false;
    for (const auto& one : reader.names("endpoints")) {
        std::string endpoint;
        if (auto flaw = take_endpoint(one.name, endpoint); !flaw.empty()) {
            reader.problems().error(one.place, one.path, std::move(flaw));
            continue;
        }
        has_plain = has_plain || endpoint.starts_with("http://");
        etcd.endpoints.push_back(std::move(endpoint));
    }
    if (etcd.endpoints.empty())
        reader.error("endpoints", "at least one is needed, such as \"https://192.0.2.9:2379\"");
    if (has_plain)
        reader.warning("endpoints", "http:// is not encrypted: who reads along learns the "
                                    "password, if there is one, and who stands between can keep "
                                    "the etcd from being of use; the record itself is sealed. "
                                    "Take https://");
}

void load_etcd(Loading& loading, const Value& given) {
    const Reader reader(given, k_etcd_section, "witness.etcd", loading.problems);
    auto& etcd = loading.spec.witness.etcd;
    load_endpoints(reader, etcd);
    etcd.ca_file = reader.text("ca_file");
    etcd.cert_file = reader.text("cert_file");
    etcd.key_file = reader.text("key_file");
    etcd.user = reader.text("user");
    etcd.password_file = reader.text("password_file");
    check_file(reader, "ca_file", etcd.ca_file);
    check_file(reader, "cert_file", etcd.cert_file);
    check_file(reader, "key_file", etcd.key_file);
    check_file(reader, "password_file", etcd.password_file);
    check_pair(reader, "cert_file", "key_file");
    check_pair(reader, "user", "password_file");
    etcd.prefix = reader.find("prefix") != nullptr
                      ? reader.text("prefix")
                      : "/libha/witness/" + loading.spec.name + "/";
    if (!is_sensible_prefix(etcd.prefix))
        reader.error("prefix", in_quotes(etcd.prefix) + " must begin and end with '/' and hold no "
                                                        "space, such as /libha/witness/web/");
}

}  // namespace

void load_witness(Loading& loading) {
    const auto* given = loading.document.object("witness");
    if (given == nullptr) return;
    const auto before = loading.problems.errors().size();
    const Reader reader(*given, k_witness_section, "witness", loading.problems);
    auto& witness = loading.spec.witness;
    witness.round_trip = reader.duration("round_trip");
    const auto text = reader.text("address");
    const auto* etcd = reader.object("etcd");
    if (etcd != nullptr) load_etcd(loading, *etcd);
    if (loading.problems.errors().size() != before) return;
    if ((reader.find("address") != nullptr) == (etcd != nullptr))
        return loading.document.error("witness", "it has either an \"address\", of a 'had "
                                                 "--witness', or an \"etcd\"; give one of both");
    if (etcd == nullptr) {
        // Without a port it is the witness's.
        auto address = parse_address(text + k_witness_port);
        if (!address.flaw.empty()) address = parse_address(text);
        if (!address.flaw.empty()) return reader.error("address", address.flaw);
        witness.address = std::move(address.text);
    }
    if (loading.spec.timing.drift_ppm > k_witness_drift_ppm_max)
        reader.error(etcd == nullptr ? "address" : "etcd",
                     "a witness reckons with clocks that drift by at most " +
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
    if (!model::has_witness(loading.spec)) return;
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
