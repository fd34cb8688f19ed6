# How everything of ours is compiled, and the function that makes a layer.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  find_program(CCACHE ccache)
  if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  endif()
endif()

# Private to our own targets: a consumer inherits none of these.
add_library(resonance_flags INTERFACE)
target_compile_options(resonance_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror=format-security
  $<$<BOOL:${RESONANCE_WERROR}>:-Werror>)
if(RESONANCE_SANITIZE)
  target_compile_options(resonance_flags INTERFACE -fsanitize=${RESONANCE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(resonance_flags INTERFACE -fsanitize=${RESONANCE_SANITIZE})
else()
  target_compile_options(resonance_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero -D_GLIBCXX_ASSERTIONS
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(resonance_flags INTERFACE -fcf-protection=full)
  endif()
  target_link_options(resonance_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# resonance_module(NAME LAYERS <layers it may include> LIBRARIES <system packages> SOURCES <files>)
# One folder below src/, as an object library `resonance_<name>`; all of them together are the library `resonance`.
function(resonance_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LAYERS;LIBRARIES;SOURCES")
  add_library(resonance_${name} OBJECT ${arg_SOURCES})
  target_include_directories(resonance_${name} PRIVATE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
  list(TRANSFORM arg_LAYERS PREPEND resonance_)
  target_link_libraries(resonance_${name} PRIVATE $<BUILD_INTERFACE:resonance_flags> ${arg_LIBRARIES})
  foreach(layer IN LISTS arg_LAYERS)
    add_dependencies(resonance_${name} ${layer})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY RESONANCE_MODULES resonance_${name})
  set_property(GLOBAL APPEND PROPERTY RESONANCE_LIBRARIES ${arg_LIBRARIES})
endfunction()
