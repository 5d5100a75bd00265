#include "servers/redis/output_limits.h"

#include <optional>
#include <vector>

#include "core/flags.h"
#include "servers/redis/command_table.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis {
namespace {

constexpr std::string_view kNames[] = {"normal", "slave", "pubsub"};
constexpr std::size_t kWordsAClass = 4;
// Longer than a server runs, and still a number of milliseconds.
constexpr std::int64_t kMaxSeconds = std::int64_t{1} << 50;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    if (end + 1 == text.size()) words.emplace_back();  // as Redis counts a blank at the end
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::optional<ClientClass> parse_class(std::string_view word) {
  if (equal_names(word, "replica")) return ClientClass::kReplica;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (equal_names(word, kNames[i])) return static_cast<ClientClass>(i);
  }
  return std::nullopt;
}

struct Setting {
  ClientClass which;
  std::size_t hard;
  std::size_t soft;
  std::int64_t seconds;
};

Result<Setting> parse(const std::string_view* words) {
  const std::optional<ClientClass> which = parse_class(words[0]);
  if (!which) {
    return Status::error("Invalid client class specified in buffer limit configuration.");
  }
  const Result<std::uint64_t> hard = parse_bytes(words[1]);
  const Result<std::uint64_t> soft = parse_bytes(words[2]);
  const std::optional<std::int64_t> seconds = parse_integer(words[3]);
  if (!hard.is_ok() || !soft.is_ok() || !seconds || *seconds < 0 || *seconds > kMaxSeconds) {
    return Status::error(
        "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  }
  return Setting{*which, hard.value(), soft.value(), *seconds};
}

}  // namespace

OutputLimits::OutputLimits() {
  constexpr std::size_t kMiB = 1024 * 1024;
  OutputLimit& replica = limits_[static_cast<std::size_t>(ClientClass::kReplica)];
  replica.hard = 256 * kMiB;
  replica.soft = 64 * kMiB;
  replica.soft_seconds = 60;
  OutputLimit& pubsub = limits_[static_cast<std::size_t>(ClientClass::kPubSub)];
  pubsub.hard = 32 * kMiB;
  pubsub.soft = 8 * kMiB;
  pubsub.soft_seconds = 60;
}

std::string_view OutputLimits::name(ClientClass which) {
  return kNames[static_cast<std::size_t>(which)];
}

Status OutputLimits::set(std::string_view words) {
  const std::vector<std::string_view> list = split(words);
  if (list.size() % kWordsAClass != 0) {
    return Status::error("Wrong number of arguments in buffer limit configuration.");
  }
  std::vector<Setting> settings;
  for (std::size_t i = 0; i < list.size(); i += kWordsAClass) {
    const Result<Setting> setting = parse(&list[i]);
    if (!setting.is_ok()) return setting.status();
    settings.push_back(setting.value());
  }
  for (const Setting& setting : settings) {
    OutputLimit& limit = limits_[static_cast<std::size_t>(setting.which)];
    limit.hard.store(setting.hard, std::memory_order_relaxed);
    limit.soft.store(setting.soft, std::memory_order_relaxed);
    limit.soft_seconds.store(setting.seconds, std::memory_order_relaxed);
  }
  return Status::ok();
}

std::string OutputLimits::text() const {
  std::string text;
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    text.append(i == 0 ? "" : " ").append(kNames[i]);
    text += " " + std::to_string(limits_[i].hard.load(std::memory_order_relaxed));
    text += " " + std::to_string(limits_[i].soft.load(std::memory_order_relaxed));
    text += " " + std::to_string(limits_[i].soft_seconds.load(std::memory_order_relaxed));
  }
  return text;
}

}  // namespace weir::redis
