// Splitting with storage of its own and in place give the same arguments, all within bounds; and
// those arguments, quoted again, split into themselves.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/inline_command.h"

namespace {

using Arguments = std::vector<std::string_view>;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_inside(std::string_view argument, const std::vector<char>& memory) {
  return argument.data() >= memory.data() &&
         argument.data() + argument.size() <= memory.data() + memory.size();
}

std::string quote(const Arguments& arguments) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string line;
  for (const std::string_view argument : arguments) {
    line += " \"";
    for (const char c : argument) {
      const auto byte = static_cast<unsigned char>(c);
      line.append({'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]});
    }
    line += '"';
  }
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> line(data, data + size);
  std::vector<char> storage(size);
  std::vector<char> in_place(line);
  Arguments arguments;
  Arguments again;
  const std::string_view view(line.data(), size);
  const bool balanced = weir::codec::split_inline_command(view, storage.data(), arguments);
  require(weir::codec::split_inline_command({in_place.data(), size}, in_place.data(), again) ==
          balanced);
  require(arguments == again);
  require(balanced || (arguments.empty() && weir::codec::has_quotes(view)));
  for (const std::string_view argument : arguments) {
    require(is_inside(argument, line) || is_inside(argument, storage));
  }

  std::string quoted = quote(arguments);
  Arguments requoted;
  require(weir::codec::split_inline_command(quoted, quoted.data(), requoted));
  require(requoted == arguments);
  return 0;
}
