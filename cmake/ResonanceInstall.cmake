# What `cmake --install` puts where: headers, library, command, CMake package, pkg-config file, shell completion.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(NOT RESONANCE_INSTALL)
  return()
endif()

# How a consumer finds each package that the library links: target | CMake call | pkg-config module, or -l when it has none.
set(known_packages
  "SQLite::SQLite3|find_dependency(SQLite3 3.37)|sqlite3 >= 3.37"
  "Threads::Threads|find_dependency(Threads)|"
  "fmt::fmt|find_dependency(fmt 9)|fmt >= 9"
  "OpenSSL::Crypto|find_dependency(OpenSSL 3 COMPONENTS Crypto)|libcrypto >= 3"
  "PNG::PNG|find_dependency(PNG)|libpng"
  "TIFF::TIFF|find_dependency(TIFF)|libtiff-4"
  "flatbuffers::flatbuffers|find_dependency(Flatbuffers NAMES FlatBuffers Flatbuffers)|flatbuffers"
  "PkgConfig::BLOSC|resonance_find_module(BLOSC blosc)|blosc"
  "PkgConfig::ZSTD|resonance_find_module(ZSTD libzstd)|libzstd"
  "PkgConfig::LZ4|resonance_find_module(LZ4 liblz4)|liblz4"
  "PkgConfig::DEFLATE|resonance_find_module(DEFLATE libdeflate)|libdeflate"
  "PkgConfig::ISAL|resonance_find_module(ISAL libisal)|libisal"
  "PkgConfig::XXHASH|resonance_find_module(XXHASH libxxhash)|libxxhash"
  "PkgConfig::CFITSIO|resonance_find_module(CFITSIO cfitsio)|cfitsio"
  "PkgConfig::UTF8PROC|resonance_find_module(UTF8PROC libutf8proc)|libutf8proc"
  "cctz::cctz|resonance_find_bare_library(cctz cctz/time_zone.h)|-lcctz")

set(public_packages SQLite::SQLite3 Threads::Threads)
get_property(private_packages GLOBAL PROPERTY RESONANCE_LIBRARIES)
list(REMOVE_DUPLICATES private_packages)
list(REMOVE_ITEM private_packages ${public_packages})

# Fill `finds_of` (CMake calls, one a line), `modules_of` (pkg-config's Requires) and `links_of` (its Libs) for a list of targets.
function(resonance_describe_packages packages finds_of modules_of links_of)
  set(finds "")
  set(modules "")
  set(links "")
  foreach(package IN LISTS packages)
    set(line ${known_packages})
    list(FILTER line INCLUDE REGEX "^${package}\\|")
    if(NOT line)
      message(FATAL_ERROR "cmake/ResonanceInstall.cmake: add ${package} to known_packages, so that consumers find it")
    endif()
    string(REGEX MATCH "\\|(.*)\\|(.*)$" matched "${line}")
    string(APPEND finds "${CMAKE_MATCH_1}\n")
    set(module "${CMAKE_MATCH_2}")  # the next match empties it
    if(module MATCHES "^-l")
      string(APPEND links " ${module}")
    elseif(module)
      list(APPEND modules "${module}")
    endif()
  endforeach()
  list(JOIN modules ", " modules)
  set(${finds_of} "${finds}" PARENT_SCOPE)
  set(${modules_of} "${modules}" PARENT_SCOPE)
  set(${links_of} "${links}" PARENT_SCOPE)
endfunction()

resonance_describe_packages("${public_packages}" RESONANCE_PUBLIC_FINDS RESONANCE_PC_REQUIRES RESONANCE_PC_LIBS)
resonance_describe_packages("${private_packages}" RESONANCE_PRIVATE_FINDS RESONANCE_PC_REQUIRES_PRIVATE RESONANCE_PC_LIBS_PRIVATE)
get_target_property(library_type resonance TYPE)
if(library_type STREQUAL "STATIC_LIBRARY")
  # An archive cannot name what it needs, so its consumers link all of it, with or without `pkg-config --static`.
  string(APPEND RESONANCE_PC_REQUIRES ", ${RESONANCE_PC_REQUIRES_PRIVATE}")
  string(APPEND RESONANCE_PC_LIBS "${RESONANCE_PC_LIBS_PRIVATE}")
  set(RESONANCE_PC_REQUIRES_PRIVATE "")
  set(RESONANCE_PC_LIBS_PRIVATE "")
else()
  set(RESONANCE_PRIVATE_FINDS "")
endif()

install(TARGETS resonance EXPORT resonanceTargets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/resonance ${PROJECT_BINARY_DIR}/include/resonance
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/resonance)
install(EXPORT resonanceTargets NAMESPACE resonance:: DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/resonanceConfig.cmake.in ${PROJECT_BINARY_DIR}/resonanceConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/resonanceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/resonanceConfig.cmake ${PROJECT_BINARY_DIR}/resonanceConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/ResonanceFindLibrary.cmake DESTINATION ${package_dir})

# The prefix is found from the file's own place, so that an installed tree can be moved.
file(RELATIVE_PATH RESONANCE_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" RESONANCE_PC_PREFIX ${RESONANCE_PC_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/resonance.pc.in ${PROJECT_BINARY_DIR}/resonance.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/resonance.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(RESONANCE_CLI)
  file(RELATIVE_PATH library_from_command /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${CMAKE_INSTALL_LIBDIR})
  set_target_properties(resonance_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${library_from_command}")
  install(TARGETS resonance_cli RUNTIME)
  install(FILES ${PROJECT_BINARY_DIR}/share/bash-completion/completions/resonance
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()
