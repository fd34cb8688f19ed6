# resonance_find_library(NAME HEADER): the target NAME::NAME of a library that has neither a CMake package nor a pkg-config file.
# There is no such target when the library is not found. Used here, and by the package that is installed.
function(resonance_find_library name header)
  find_library(${name}_LIBRARY ${name})
  find_path(${name}_INCLUDE_DIR ${header})
  mark_as_advanced(${name}_LIBRARY ${name}_INCLUDE_DIR)
  if(NOT TARGET ${name}::${name} AND ${name}_LIBRARY AND ${name}_INCLUDE_DIR)
    add_library(${name}::${name} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${name}::${name} PROPERTIES
      IMPORTED_LOCATION "${${name}_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${${name}_INCLUDE_DIR}")
  endif()
endfunction()
