# How every target of this project is compiled: warnings, sanitizers, ccache.

find_program(FRESHET_CCACHE ccache)
if(FRESHET_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths are made relative to the checkout and left out of the key, so that two checkouts share results.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${FRESHET_ROOT}" CCACHE_NOHASHDIR=1 "${FRESHET_CCACHE}")
endif()

if("${FRESHET_SANITIZE}" STREQUAL "address")
  # Not vptr: its runtime probes memory through a pipe, and reports a fault in a test that leaves no file descriptors.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif("${FRESHET_SANITIZE}" STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(NOT "${FRESHET_SANITIZE}" STREQUAL "")
  message(FATAL_ERROR "FRESHET_SANITIZE is '${FRESHET_SANITIZE}': use address, thread or nothing")
endif()

# Adds the project's warnings to `target`; an interface target compiles nothing and needs none.
function(freshet_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wundef
    # Designated initialisers leave out members on purpose; each option has its default.
    -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 sees these in the standard library's own string code (false alarms, gone in 13).
    target_compile_options(${target} PRIVATE
      -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized)
  endif()
  if(FRESHET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
