# Programs that kill, damage, starve and crowd (tests/crash/README.md). What they share is compiled once.
get_property(libraries GLOBAL PROPERTY RESONANCE_LIBRARIES)
list(REMOVE_DUPLICATES libraries)

add_library(resonance_crash_common STATIC common/settings.cpp common/script.cpp common/recorder.cpp common/checker.cpp common/simulator.cpp)
target_include_directories(resonance_crash_common PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(resonance_crash_common PUBLIC resonance resonance_flags ${libraries})

# resonance_crash_test(NAME TIMEOUT ARGUMENTS...): tests/crash/<name>.cpp, and the slice of it that every test run takes.
function(resonance_crash_test name timeout)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE resonance_crash_common)
  add_test(NAME ${name} COMMAND ${name} ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS crash TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
endfunction()

resonance_crash_test(crash_kill 900 --kills 1000)
if(TARGET resonance_cli)
  add_dependencies(crash_kill resonance_cli)
endif()
