// Large messages in fragments: selective acknowledgement, a window, retransmission with back-off.
//
// Between two nodes one transfer is under way in each direction, the others wait: a document is
// wanted whole or not at all, and small messages do not queue behind it, for they are no transfers.
// The receiver hence holds one unfinished message per peer. Transfers are numbered upwards within
// one start of the sender; a fragment of a higher one ends the unfinished one before it.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/reflect.hpp"
#include "base/time.hpp"
#include "wire/frame.hpp"
#include "wire/limits.hpp"

namespace ha::wire {

class BulkSender {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(queue_, is_begun_, number_next_, base_, sent_, window_,
                               window_changed_, backoff_, round_trip_, progress_);
    }

    /// Transfers are numbered from `first` on; no number is used twice for one peer in one start.
    explicit BulkSender(std::uint64_t first) : number_next_(first) {}

    enum class Taken {
        queued,
        known,  ///< the very same message waits or is under way
        full,
    };
    /// `kind` is that of the message. With `replaces`, others of the kind are given up for it.
    Taken enqueue(Instant now, std::uint8_t kind, bool replaces, Bytes message);

    struct Frame {
        Bytes bytes;
        bool is_repeat = false;  ///< the path it took before may be the reason
    };
    /// Fragments to send now.
    void pump(Instant now, std::vector<Frame>& out);
    void on_acknowledge(Instant now, const Acknowledge& acknowledge);
    /// When to pump again though nothing has been heard.
    Instant deadline() const;
    /// The peer is another than it was, or unreachable: nothing of this is wanted any more.
    void reset();
    std::size_t bytes_held() const;
    std::size_t transfers() const { return queue_.size(); }

   private:
    struct Transfer {
        std::uint64_t number = 0;
        std::uint8_t kind = 0;
        std::uint64_t digest = 0;
        Bytes message;
    };
    struct Sent {
        Instant at;
        bool is_acknowledged = false;
        bool is_lost = false;
        bool is_repeat = false;
    };

    void begin(Instant now);
    void finish();
    void find_timeouts(Instant now);
    void send_place(Instant now, std::size_t place, std::vector<Frame>& out);
    void take_acknowledged(Instant now, std::size_t place, std::size_t& newest, Instant& newest_at);
    void find_overtaken(std::size_t newest, Instant newest_at);
    void shrink_window(Instant now);
    Duration timeout() const;
    std::size_t under_way() const;

    std::deque<Transfer> queue_;     ///< the first is under way once `is_begun_`
    bool is_begun_ = false;
    std::uint64_t number_next_;
    std::size_t base_ = 0;           ///< all before it are acknowledged
    std::deque<Sent> sent_;          ///< from base_ on
    std::size_t window_ = k_window_first;
    Instant window_changed_;
    unsigned backoff_ = 0;
    std::optional<Duration> round_trip_;
    Instant progress_;
};

class BulkReceiver {
   public:
    /// For recordings (base/archive.hpp).
    auto members() {
        return reflect::fields(transfer_, is_complete_, is_given_up_, message_, has_, contiguous_,
                               count_, unacknowledged_, acknowledge_at_, heard_);
    }

    /// The whole message when this fragment was the last one missing. `acks`: frames to send.
    std::optional<Bytes> on_fragment(Instant now, const Fragment& fragment,
                                     std::vector<Bytes>& acks);
    void tick(Instant now, std::vector<Bytes>& acks);
    Instant deadline() const;
    void reset();
    std::size_t bytes_held() const { return message_.size(); }

   private:
    void acknowledge(std::vector<Bytes>& acks);
    void begin(const Fragment& fragment);

    std::uint64_t transfer_ = 0;   ///< of message_; 0 before the first
    bool is_complete_ = false;
    bool is_given_up_ = false;
    Bytes message_;
    std::vector<bool> has_;
    std::size_t contiguous_ = 0;
    std::size_t count_ = 0;
    unsigned unacknowledged_ = 0;
    Instant acknowledge_at_ = Instant::max();
    Instant heard_;
};

}  // namespace ha::wire
