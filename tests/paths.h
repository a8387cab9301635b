// Where the integration tests find what they start and read. The values come from CMake.
#pragma once

namespace freshet::tests {

// The freshet program of this build.
extern const char* const program_path;

// The top of the checkout, for sample files.
extern const char* const source_path;

}  // namespace freshet::tests
