# FindLibTorch: the C++ half of a PyTorch wheel, without its TorchConfig.cmake.
# Defines LibTorch::LibTorch, LIBTORCH_LIBRARY_DIR, LibTorch_VERSION, LIBTORCH_RUNTIME_LIBS (to install).
set(LIBTORCH_ROOT "$ENV{LIBTORCH_ROOT}" CACHE PATH "Folder with libtorch's include/ and lib/")
if(NOT LIBTORCH_ROOT)
  find_package(Python3 QUIET COMPONENTS Interpreter)
  if(Python3_Interpreter_FOUND)
    execute_process(COMMAND "${Python3_EXECUTABLE}" -c
      "import importlib.util as u; s=u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
      OUTPUT_VARIABLE _root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(_root)
      set_property(CACHE LIBTORCH_ROOT PROPERTY VALUE "${_root}")
    endif()
  endif()
endif()
find_path(LIBTORCH_INCLUDE_DIR torch/csrc/api/include/torch/torch.h
  PATHS "${LIBTORCH_ROOT}/include" NO_DEFAULT_PATH)
set(_need TORCH TORCH_CPU C10)
foreach(_n IN LISTS _need)
  string(TOLOWER ${_n} _l)
  find_library(LIBTORCH_${_n}_LIBRARY ${_l} PATHS "${LIBTORCH_ROOT}/lib" NO_DEFAULT_PATH)
  mark_as_advanced(LIBTORCH_${_n}_LIBRARY)
endforeach()
find_library(LIBTORCH_CUDA_LIBRARY torch_cuda PATHS "${LIBTORCH_ROOT}/lib" NO_DEFAULT_PATH)   # CUDA wheel only
find_library(LIBTORCH_C10_CUDA_LIBRARY c10_cuda PATHS "${LIBTORCH_ROOT}/lib" NO_DEFAULT_PATH) # CUDA wheel only
mark_as_advanced(LIBTORCH_INCLUDE_DIR LIBTORCH_CUDA_LIBRARY LIBTORCH_C10_CUDA_LIBRARY)
if(EXISTS "${LIBTORCH_ROOT}/version.py")
  file(STRINGS "${LIBTORCH_ROOT}/version.py" _v REGEX "^__version__ = ")
  string(REGEX REPLACE "^__version__ = '([^'+]+).*" "\\1" LibTorch_VERSION "${_v}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LIBTORCH_TORCH_CPU_LIBRARY LIBTORCH_C10_LIBRARY LIBTORCH_TORCH_LIBRARY LIBTORCH_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION)
if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  set(LIBTORCH_LIBRARY_DIR "${LIBTORCH_ROOT}/lib")
  foreach(_p "c10|C10" "torch_cpu|TORCH_CPU" "torch|TORCH")
    string(REPLACE "|" ";" _p "${_p}")
    list(GET _p 0 _t)
    list(GET _p 1 _V)
    add_library(LibTorch::${_t} SHARED IMPORTED)
    set_target_properties(LibTorch::${_t} PROPERTIES IMPORTED_LOCATION "${LIBTORCH_${_V}_LIBRARY}")
  endforeach()
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    "${LIBTORCH_INCLUDE_DIR}" "${LIBTORCH_INCLUDE_DIR}/torch/csrc/api/include")
  target_compile_definitions(LibTorch::LibTorch INTERFACE _GLIBCXX_USE_CXX11_ABI=1) # wheels >= 2.7
  target_link_libraries(LibTorch::LibTorch INTERFACE LibTorch::torch_cpu LibTorch::c10)
  set(LIBTORCH_RUNTIME_LIBS "${LIBTORCH_C10_LIBRARY}" "${LIBTORCH_TORCH_CPU_LIBRARY}")
  file(GLOB _gomp "${LIBTORCH_ROOT}/lib/libgomp*.so*")
  list(APPEND LIBTORCH_RUNTIME_LIBS ${_gomp})
  if(LIBTORCH_CUDA_LIBRARY) # nothing refers to its symbols: keep it in DT_NEEDED by force
    target_link_libraries(LibTorch::LibTorch INTERFACE "-Wl,--no-as-needed,${LIBTORCH_CUDA_LIBRARY},${LIBTORCH_C10_CUDA_LIBRARY},--as-needed")
  endif()
endif()
