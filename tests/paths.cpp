#include "paths.h"

namespace freshet::tests {

const char* const program_path = FRESHET_PROGRAM;
const char* const source_path = FRESHET_SOURCE_DIR;

}  // namespace freshet::tests
