# chronnect_torch: LibTorch, its headers and what they need.
#
# LibTorch's own CMake files end with an error where LibTorch was built for CUDA and no CUDA toolkit is installed, which
# is how most machines with a GPU are: a driver and an installed Python torch. Nothing of ours is compiled for CUDA, so
# such a LibTorch is linked here without asking them.
add_library(chronnect_torch INTERFACE)

# Looked for anew every time: whoever gives another Torch_DIR means it.
foreach(found CONFIG CUDA INCLUDE torch torch_cpu c10 c10_cuda)
  unset(CHRONNECT_TORCH_${found} CACHE)
endforeach()
find_path(CHRONNECT_TORCH_CONFIG TorchConfig.cmake HINTS ${Torch_DIR}
  PATH_SUFFIXES share/cmake/Torch lib/cmake/Torch lib/${CMAKE_LIBRARY_ARCHITECTURE}/cmake/Torch)
if(CHRONNECT_TORCH_CONFIG)
  # An unpacked LibTorch and Python's have share/cmake/Torch beside lib; Debian has the libraries above cmake/Torch.
  find_library(CHRONNECT_TORCH_CUDA torch_cuda NO_DEFAULT_PATH
    HINTS ${CHRONNECT_TORCH_CONFIG}/../../../lib ${CHRONNECT_TORCH_CONFIG}/../..)
  file(STRINGS ${CHRONNECT_TORCH_CONFIG}/TorchConfig.cmake CHRONNECT_OLD_INTERFACE REGEX "_GLIBCXX_USE_CXX11_ABI=0")
  if(CHRONNECT_OLD_INTERFACE)
    message(FATAL_ERROR "The LibTorch in ${CHRONNECT_TORCH_CONFIG} was built for the C++ library of before GCC 5, which "
      "nothing else here can be linked with; take LibTorch or Python's torch in 2.7 or newer, or an older LibTorch whose name has 'cxx11-abi'")
  endif()
endif()

if(CHRONNECT_TORCH_CUDA)
  get_filename_component(CHRONNECT_TORCH_LIBRARIES ${CHRONNECT_TORCH_CUDA} DIRECTORY)
  foreach(part torch torch_cpu c10 c10_cuda)
    find_library(CHRONNECT_TORCH_${part} ${part} REQUIRED NO_DEFAULT_PATH HINTS ${CHRONNECT_TORCH_LIBRARIES})
  endforeach()
  find_path(CHRONNECT_TORCH_INCLUDE torch/csrc/api/include/torch/torch.h REQUIRED
    HINTS ${CHRONNECT_TORCH_LIBRARIES}/../include)
  set(TORCH_INCLUDE_DIRS ${CHRONNECT_TORCH_INCLUDE} ${CHRONNECT_TORCH_INCLUDE}/torch/csrc/api/include)
  target_include_directories(chronnect_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  # The CUDA libraries register themselves when they are loaded, and no symbol of theirs is used: a linker that drops
  # what is not needed would drop the GPU. What they in turn need they find by paths of their own when the program runs.
  set(CHRONNECT_TORCH_LOADED ${CHRONNECT_TORCH_torch} ${CHRONNECT_TORCH_CUDA} ${CHRONNECT_TORCH_c10_cuda})
  list(JOIN CHRONNECT_TORCH_LOADED "," CHRONNECT_TORCH_LOADED)
  target_link_libraries(chronnect_torch INTERFACE ${CHRONNECT_TORCH_torch_cpu} ${CHRONNECT_TORCH_c10}
    "-Wl,--push-state,--no-as-needed,${CHRONNECT_TORCH_LOADED},--pop-state" -Wl,--allow-shlib-undefined)
  message(STATUS "LibTorch with CUDA: ${CHRONNECT_TORCH_LIBRARIES}")
else()
  find_package(Torch REQUIRED)
  set(CHRONNECT_TORCH_VERSION ${Torch_VERSION})
  target_link_libraries(chronnect_torch INTERFACE ${TORCH_LIBRARIES})
endif()
