# What the build needs from outside. A package that the machine, vcpkg or Conan offers wins; the cache folder that
# scripts/setup.sh fills is looked at last.

include(freshet_cache)

find_package(Threads REQUIRED)
find_package(CURL REQUIRED)
find_package(nlohmann_json 3.9 REQUIRED)

if(FRESHET_BUILD_SERVER)
  find_package(CLI11 REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(OpenSSL REQUIRED)

  # Without liburing the server sends by one system call per connection. The static library is taken first, so that
  # the program starts where there is none.
  if(FRESHET_URING)
    find_path(FRESHET_URING_INCLUDE liburing.h)
    find_library(FRESHET_URING_LIBRARY NAMES liburing.a uring)
    if(FRESHET_URING_INCLUDE AND FRESHET_URING_LIBRARY)
      add_library(freshet_uring INTERFACE)
      target_include_directories(freshet_uring SYSTEM INTERFACE "${FRESHET_URING_INCLUDE}")
      target_link_libraries(freshet_uring INTERFACE "${FRESHET_URING_LIBRARY}")
    else()
      message(STATUS "liburing is not here: the server is built without io_uring")
    endif()
  endif()

  # The server uses cpp-httplib's protected parts, so the version is a narrow one: 0.41.
  find_package(httplib 0.41 QUIET CONFIG)
  if(httplib_FOUND)
    add_library(freshet_httplib ALIAS httplib::httplib)
  else()
    find_path(FRESHET_HTTPLIB_DIR httplib.h PATHS "${FRESHET_CACHE}/httplib-0.41.0" NO_DEFAULT_PATH)
    if(NOT FRESHET_HTTPLIB_DIR)
      message(FATAL_ERROR "cpp-httplib 0.41 is missing: run ./dev setup, or set FRESHET_HTTPLIB_DIR")
    endif()
    add_library(freshet_httplib INTERFACE)
    target_include_directories(freshet_httplib SYSTEM INTERFACE "${FRESHET_HTTPLIB_DIR}")
    target_link_libraries(freshet_httplib INTERFACE Threads::Threads)
  endif()
endif()

if(FRESHET_BUILD_TESTS)
  find_package(Catch2 3 REQUIRED PATHS "${FRESHET_CACHE}/catch2-3.7.1/usr")
endif()
