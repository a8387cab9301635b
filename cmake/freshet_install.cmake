# `cmake --install build` puts the SDK where find_package(freshet) finds it, and the program into bin.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/freshet")

install(DIRECTORY sdk/include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS freshet_wire freshet_core freshet_client EXPORT freshet-targets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT freshet-targets NAMESPACE freshet:: DESTINATION "${package_folder}")

configure_package_config_file(cmake/freshet-config.cmake.in "${PROJECT_BINARY_DIR}/freshet-config.cmake"
                              INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/freshet-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/freshet-config.cmake" "${PROJECT_BINARY_DIR}/freshet-config-version.cmake"
        DESTINATION "${package_folder}")

if(TARGET freshet)
  install(TARGETS freshet RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
