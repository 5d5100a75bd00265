// A directory as an HTML page.
#pragma once

#include <string>

namespace weir::http {

// Directories first, by name; names that begin with '.' are left out. `path` is what the client
// asked for, for the title. `directory` is a descriptor of it. Empty where it can't be read.
std::string list_directory(int directory, const std::string& path);

}  // namespace weir::http
