# Programs that kill, damage, starve and crowd (README.md). What they share is compiled once.
add_library(crash_common STATIC common/settings.cpp common/script.cpp common/recorder.cpp common/checker.cpp common/simulator.cpp
  common/damage.cpp common/follower.cpp common/reading.cpp common/stubborn.cpp)
target_link_libraries(crash_common PUBLIC crash_means)

# crash_test(NAME TIMEOUT ARGUMENTS...): tests/crash/<name>.cpp, and the slice of it that every test run takes.
function(crash_test name timeout)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE crash_common)
  add_test(NAME ${name} COMMAND ${name} ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS crash TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
endfunction()

crash_test(crash_kill 900 --kills 1000 --seed 1)
if(TARGET resonance_cli)
  add_dependencies(crash_kill resonance_cli)
endif()
crash_test(crash_flips 900 --seed 1)
crash_test(crash_io_errors 900 --every 17 --seed 1)
target_link_libraries(crash_io_errors PRIVATE crash_seam ${CMAKE_DL_LIBS})
crash_test(crash_many 300 --seconds 20)
add_test(NAME crash_many_threads COMMAND crash_many --threads --seconds 10)
set_tests_properties(crash_many_threads PROPERTIES LABELS crash TIMEOUT 300)
crash_test(crash_full_disk 300)
if(NOT RESONANCE_SANITIZE)  # they have an operator new of their own
  crash_test(crash_memory 300 --cases 300 --seed 1)
endif()
