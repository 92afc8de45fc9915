// Nice: the priority of this thread, and of what it starts, for a while (original.md 7.1, S42).
#pragma once

namespace ha::runtime {

/// On Linux a nice value belongs to a thread. It is only changed when it can be put back, which a
/// process without CAP_SYS_NICE or RLIMIT_NICE may not do: a worker that stays slow for ever would
/// slow down whatever it does next.
class NiceScope {
   public:
    explicit NiceScope(int nice);
    ~NiceScope();
    NiceScope(const NiceScope&) = delete;
    NiceScope& operator=(const NiceScope&) = delete;

    bool is_refused() const { return is_refused_; }

   private:
    int before_ = 0;
    bool is_changed_ = false;
    bool is_refused_ = false;
};

}  // namespace ha::runtime
