# SPDX-License-Identifier: GPL-3.0-or-later
# What all targets have in common, and how a room and a test are declared.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(LOLCATS_ENGINE_DIRECTORY "${CMAKE_BINARY_DIR}/lib/lolcats")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime;CCACHE_BASEDIR=${CMAKE_SOURCE_DIR};CCACHE_NOHASHDIR=1;${CCACHE}")
endif()

add_library(lolcats_flags INTERFACE)
target_compile_options(lolcats_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(lolcats_flags INTERFACE -Wno-restrict) # g++ 12 warns falsely about `"x" + std::string`
endif()
target_include_directories(lolcats_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_definitions(lolcats_flags INTERFACE QT_NO_KEYWORDS LOLCATS_VERSION="${PROJECT_VERSION}")
if(LOLCATS_SANITIZE)
  # g++ warns falsely about the standard library's own code once it is instrumented.
  target_compile_options(lolcats_flags INTERFACE -fsanitize=${LOLCATS_SANITIZE} -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  target_link_options(lolcats_flags INTERFACE -fsanitize=${LOLCATS_SANITIZE})
  if(LOLCATS_SANITIZE MATCHES undefined)
    target_compile_options(lolcats_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()

# lolcats_room(name SOURCES … [LINKS …] [PRIVATE_LINKS …]): a static library that may include what it links and no more.
function(lolcats_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(${name} PUBLIC lolcats_flags ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
endfunction()

# lolcats_engine_room(…): the same for a room that sees torch; all of them share one precompiled header.
function(lolcats_engine_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
  lolcats_room(${name} SOURCES ${ROOM_SOURCES} LINKS ${ROOM_LINKS} PRIVATE_LINKS LibTorch::LibTorch)
  if(NOT name STREQUAL "lolcats_attention")
    target_precompile_headers(${name} REUSE_FROM lolcats_attention)
  endif()
endfunction()

# lolcats_test(path/test_x.cpp [LINKS …] [TORCH] [WINDOW] [SLOW]): one class, one program, named after its file.
function(lolcats_test source)
  cmake_parse_arguments(TEST "TORCH;WINDOW;SLOW" "" "LINKS" ${ARGN})
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} "${source}")
  set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_link_libraries(${name} PRIVATE lolcats_flags lolcats_test_support ${TEST_LINKS} Qt6::Test)
  target_compile_definitions(${name} PRIVATE LOLCATS_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LOLCATS_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(TEST_TORCH)
    target_link_libraries(${name} PRIVATE LibTorch::LibTorch)
    target_compile_options(${name} PRIVATE -fPIC) # the rooms' precompiled header holds for position-independent code only
    target_precompile_headers(${name} REUSE_FROM lolcats_attention)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set(environment "OMP_WAIT_POLICY=passive;QT_QPA_PLATFORM=offscreen;XDG_RUNTIME_DIR=${CMAKE_BINARY_DIR}/xdg"
                  "XDG_DATA_HOME=${CMAKE_BINARY_DIR}/xdg/data;XDG_CONFIG_HOME=${CMAKE_BINARY_DIR}/xdg/config")
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}" TIMEOUT 1500)
  if(TEST_SLOW)
    set_tests_properties(${name} PROPERTIES LABELS slow)
  else()
    set_tests_properties(${name} PROPERTIES LABELS fast)
  endif()
endfunction()
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/xdg")
file(CHMOD "${CMAKE_BINARY_DIR}/xdg" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
