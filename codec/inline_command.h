// Splits a line that a person typed into arguments, by the rules Redis has for inline commands:
// arguments are separated by blanks; "..." understands \n \r \t \b \a \xHH and \ before any other
// character; '...' understands \' alone; a quote may open in the middle of an argument, and its
// closing quote ends the argument and must be followed by a blank or the end of the line.
// Pure functions: any thread.
#pragma once

#include <string_view>
#include <vector>

namespace weir::codec {

// Whether splitting `line` needs storage: an argument in quotes is unescaped, so it can't be a view
// of the line.
bool has_quotes(std::string_view line);

// Appends the arguments of `line` to `arguments`; none for a blank line. An argument without quotes
// is a view of `line`; one with quotes is unescaped into `storage`, which has line.size() bytes,
// may be the line itself, and is not touched where has_quotes() is false.
// Returns false, and appends nothing, where quotes are unbalanced. The line ends at a NUL.
bool split_inline_command(std::string_view line, char* storage,
                          std::vector<std::string_view>& arguments);

}  // namespace weir::codec
