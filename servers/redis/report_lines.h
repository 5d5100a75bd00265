// The lines of a section of INFO, "name:value". Thread rule: a plain value.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace weir::redis {

class ReportLines {
 public:
  void add(std::string_view name, std::string_view value) {
    text_.append(name).append(":").append(value).append("\r\n");
  }
  void add(std::string_view name, std::uint64_t value) { add(name, std::to_string(value)); }
  void add_decimal(std::string_view name, double value, std::string_view unit = "") {
    char text[64];
    std::snprintf(text, sizeof text, "%.2f%.*s", value, static_cast<int>(unit.size()), unit.data());
    add(name, text);
  }
  // "used_memory_human:1.50M", as Redis writes sizes for people.
  void add_human(const std::string& name, std::uint64_t bytes) {
    constexpr std::string_view kUnits = "BKMGT";
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
    char text[32];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f%c" : "%.2f%c", value, kUnits[unit]);
    add(name + "_human", text);
  }
  // In both forms.
  void add_size(const std::string& name, std::uint64_t bytes) {
    add(name, bytes);
    add_human(name, bytes);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace weir::redis
