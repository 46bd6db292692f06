# How every target of the project is compiled.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Programs and the learning module lie side by side in the build tree, as they do when installed.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
find_program(CHRONNECT_CCACHE ccache)
if(CHRONNECT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CHRONNECT_CCACHE})
endif()

add_library(chronnect_options INTERFACE)
target_include_directories(chronnect_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(chronnect_options INTERFACE CHRONNECT_VERSION="${PROJECT_VERSION}" QT_NO_KEYWORDS)
find_package(Threads REQUIRED)
target_link_libraries(chronnect_options INTERFACE Threads::Threads)
if(MSVC)
  target_compile_options(chronnect_options INTERFACE /W4 /utf-8)
  target_compile_definitions(chronnect_options INTERFACE NOMINMAX _USE_MATH_DEFINES)
else()
  target_compile_options(chronnect_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 reports overlapping copies (GCC bug 105651) and uninitialized bytes inside its own std::string at -O3.
    target_compile_options(chronnect_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
  endif()
  if(CHRONNECT_WERROR)
    target_compile_options(chronnect_options INTERFACE -Werror)
  endif()
endif()
if(CHRONNECT_SANITIZER)
  target_compile_options(chronnect_options INTERFACE -fsanitize=${CHRONNECT_SANITIZER} -fno-omit-frame-pointer)
  target_link_options(chronnect_options INTERFACE -fsanitize=${CHRONNECT_SANITIZER})
endif()

# chronnect_add_library(name SOURCES ... [USES our targets...] [PRIVATE third-party targets...])
# One static library per folder; third-party libraries stay private so that their headers stay in .cpp files.
function(chronnect_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC chronnect_options ${ARG_USES} PRIVATE ${ARG_PRIVATE})
endfunction()

# chronnect_add_test(name LABEL unit|reference|file|render|gui|app|slow|gpu SOURCES ... USES ... [TIMEOUT s])
# GoogleTest program; CHRONNECT_SHARED (reference values, real data) is found beside the checkout or by the environment.
function(chronnect_add_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;USES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE chronnect_options ${ARG_USES} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE CHRONNECT_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
    CHRONNECT_SHARED_DEFAULT="${PROJECT_SOURCE_DIR}/../shared")
  add_test(NAME ${name} COMMAND ${name})
  # Tests run beside other work. OpenMP's threads spin while they wait for one another, which there makes many small
  # operations ten times as slow; how they wait changes no result.
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT OMP_WAIT_POLICY=passive)
endfunction()

# chronnect_add_gui_test(name LABEL gui|app SOURCES ... USES ... [TIMEOUT s])
# QtTest program on a virtual display of its own that outlives the windows (-noreset). Never QT_QPA_PLATFORM=offscreen:
# that platform has no OpenGL.
function(chronnect_add_gui_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;USES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 180)
  endif()
  find_program(CHRONNECT_XVFB_RUN xvfb-run)
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES AUTOMOC ON)
  target_link_libraries(${name} PRIVATE chronnect_options ${ARG_USES} Qt6::Test)
  target_compile_definitions(${name} PRIVATE CHRONNECT_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
    CHRONNECT_SHARED_DEFAULT="${PROJECT_SOURCE_DIR}/../shared")
  set(display)
  if(CHRONNECT_XVFB_RUN)
    set(display ${CHRONNECT_XVFB_RUN} -a -s "-screen 0 1600x1000x24 -noreset")
  endif()
  add_test(NAME ${name} COMMAND ${display} $<TARGET_FILE:${name}>)
  # A skipped view is not a passed one: QSKIP makes the test count as skipped.
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT}
    SKIP_REGULAR_EXPRESSION "SKIP   :")
endfunction()

# chronnect_precompile_torch(target [FROM other target])
# LibTorch's headers are most of what such a source costs to compile; precompiled they take half the time. The second form
# shares the headers of another target with the same options.
function(chronnect_precompile_torch target)
  cmake_parse_arguments(ARG "" "FROM" "" ${ARGN})
  if(NOT CHRONNECT_PRECOMPILED_TORCH)
    return()
  endif()
  if(ARG_FROM)
    target_precompile_headers(${target} REUSE_FROM ${ARG_FROM})
  else()
    target_precompile_headers(${target} PRIVATE <torch/torch.h>)
  endif()
  # Lets ccache keep sources that use them.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
