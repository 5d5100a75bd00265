#include "tests/redis/linearizability/linearization.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace weir::redis {
namespace {

// Operations that have taken effect, and what they led to.
struct State {
  ServerModel model;
  std::vector<std::size_t> done;  // by client: operations that are over
  std::vector<bool> answered;     // by client: the current operation has its reply
};

struct Step {
  std::size_t client;
  std::string_view what;  // unless it begins an operation
  const Operation* begun;
  ServerModel::Answers answers;
};

std::string text_of(const Step& step) {
  std::string text = "client " + std::to_string(step.client) + " ";
  text += step.begun != nullptr ? request_text(*step.begun) : std::string(step.what);
  for (const auto& [client, reply] : step.answers) {
    text += client == step.client ? "  ->  " : "  ->  client " + std::to_string(client) + " ";
    text += reply;
  }
  return text;
}

class Search {
 public:
  Search(const History& history, Locking locking) : history_(history), locking_(locking) {}

  Judgement run() {
    State first{ServerModel(history_.size(), locking_), std::vector<std::size_t>(history_.size()),
                std::vector<bool>(history_.size())};
    const bool found = explore(first);
    if (found) return {Verdict::kLegal, seen_.size(), ""};
    return {gave_up_ ? Verdict::kUndecided : Verdict::kIllegal, seen_.size(), explain()};
  }

 private:
  const Operation* current(const State& state, std::size_t client) const {
    const std::vector<Operation>& operations = history_[client];
    const std::size_t done = state.done[client];
    return done < operations.size() ? &operations[done] : nullptr;
  }

  // Clients that have something left, those first whose operation ends first: that is the order
  // which most often is right.
  std::vector<std::size_t> candidates(const State& state) const {
    std::vector<std::size_t> clients;
    for (std::size_t client = 0; client < history_.size(); ++client) {
      if (current(state, client) != nullptr) clients.push_back(client);
    }
    std::sort(clients.begin(), clients.end(), [&](std::size_t a, std::size_t b) {
      return current(state, a)->end < current(state, b)->end;
    });
    return clients;
  }

  // True when all that is left can be put in order too.
  bool explore(const State& state) {
    const std::vector<std::size_t> clients = candidates(state);
    if (clients.empty()) return true;
    if (!remember(state)) return false;
    const std::uint64_t first_end = current(state, clients.front())->end;
    std::vector<Step> refused;
    for (const std::size_t client : clients) {
      if (current(state, client)->start > first_end) continue;
      State next = state;
      Step step{client, "", nullptr, {}};
      if (!take_step(next, step)) {
        refused.push_back(std::move(step));
        continue;
      }
      order_.push_back(std::move(step));
      if (explore(next)) return true;
      order_.pop_back();
      if (gave_up_) return false;
    }
    keep_longest(state, refused);
    return false;
  }

  // False when it was looked at before.
  bool remember(const State& state) {
    if (seen_.size() == kMaxStates) {
      gave_up_ = true;
      return false;
    }
    std::string text;
    for (std::size_t client = 0; client < history_.size(); ++client) {
      text += static_cast<char>('0' + state.done[client]);
      text += state.answered[client] ? '+' : '-';
    }
    state.model.append_text(text);
    return seen_.insert(std::move(text)).second;
  }

  // The client's next step. False when a reply is not what was told.
  bool take_step(State& state, Step& step) const {
    if (state.model.waits(step.client)) {
      step.what = "gives up";
      step.answers = state.model.expire(step.client);
    } else if (state.answered[step.client]) {
      step.what = "serves the rest";
      step.answers = state.model.settle(step.client);
    } else {
      step.begun = current(state, step.client);
      step.answers = state.model.begin(step.client, *step.begun);
    }
    for (const ServerModel::Answer& answer : step.answers) {
      if (current(state, answer.client)->reply != answer.reply) return false;
      state.answered[answer.client] = true;
    }
    finish(state);
    return true;
  }

  // Goes on behind the operations that are over.
  void finish(State& state) const {
    for (std::size_t client = 0; client < history_.size(); ++client) {
      if (!state.answered[client] || state.model.unsettled(client)) continue;
      ++state.done[client];
      state.answered[client] = false;
    }
  }

  // Where the state's last steps are refused.
  void keep_longest(const State& state, const std::vector<Step>& refused) {
    if (!longest_.empty() && order_.size() <= longest_size_) return;
    longest_size_ = order_.size();
    longest_.clear();
    for (const Step& step : order_) longest_ += text_of(step) + "\n";
    longest_ += "leads to " + state.model.keyspace_text() + ", where no step fits:\n";
    for (const Step& step : refused) {
      longest_ += text_of(step);
      for (const auto& [client, reply] : step.answers) {
        const std::string& told = current(state, client)->reply;
        if (told != reply) longest_ += ", but client " + std::to_string(client) + " got " + told;
      }
      longest_ += "\n";
    }
  }

  std::string explain() const { return "The longest order that fits:\n" + longest_; }

  const History& history_;
  const Locking locking_;
  std::unordered_set<std::string> seen_;
  bool gave_up_ = false;
  std::vector<Step> order_;
  std::string longest_;
  std::size_t longest_size_ = 0;
};

}  // namespace

Judgement judge(const History& history, Locking locking) { return Search(history, locking).run(); }

}  // namespace weir::redis
