# Third-party packages, each looked for only where the options ask for it.
find_package(PkgConfig)
if(PkgConfig_FOUND)
  pkg_check_modules(HDF5SERIAL IMPORTED_TARGET hdf5-serial)
  pkg_check_modules(ISAL IMPORTED_TARGET libisal)
  pkg_check_modules(MATIO IMPORTED_TARGET matio)
endif()
add_library(chronnect_hdf5 INTERFACE)
# HDF5 1.12 gave functions new arguments under their old names; this keeps those of 1.10.
target_compile_definitions(chronnect_hdf5 INTERFACE H5_USE_110_API)
if(HDF5SERIAL_FOUND)
  target_link_libraries(chronnect_hdf5 INTERFACE PkgConfig::HDF5SERIAL)
else()
  find_package(HDF5 REQUIRED COMPONENTS C)
  target_include_directories(chronnect_hdf5 INTERFACE ${HDF5_INCLUDE_DIRS})
  target_link_libraries(chronnect_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
endif()

if(CHRONNECT_LEARNING)
  include(Torch)
  # LibTorch's headers run at::parallel_for on one thread, without a word, where the compiler was not told of OpenMP.
  find_package(OpenMP COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    target_link_libraries(chronnect_torch INTERFACE OpenMP::OpenMP_CXX)
  else()
    message(WARNING "There is no OpenMP: training on the CPU uses one core only")
  endif()
  separate_arguments(CHRONNECT_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(chronnect_torch INTERFACE ${CHRONNECT_TORCH_FLAGS} -Wno-shadow -Wno-unused-parameter)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    # GCC 13 and later report the std::vector<bool> inside torch::autograd::Function::apply at -O3: libstdc++'s own copy
    # when the vector, empty until then, reserves its memory. No line of ours can spare it that.
    target_compile_options(chronnect_torch INTERFACE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
endif()

# The training programs build without it; cleaning, connectivity and simulation are left out then.
find_package(Eigen3 QUIET NO_MODULE)
if(CHRONNECT_IMAGING OR CHRONNECT_GUI)
  find_package(Eigen3 REQUIRED NO_MODULE)
endif()

if(CHRONNECT_IMAGING)
  find_package(ZLIB REQUIRED)
  find_package(pugixml REQUIRED)
  find_package(ITK 5.2 REQUIRED COMPONENTS ITKCommon ITKIONIFTI ITKIOGDCM ITKIOImageBase)
endif()

if(CHRONNECT_GUI)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Widgets OpenGLWidgets Svg)
  # Without components VTK would demand the Qt it was built with, which Debian has as Qt 5.
  find_package(VTK 9.1 REQUIRED COMPONENTS CommonCore CommonDataModel CommonTransforms FiltersCore FiltersSources
    FiltersGeneral FiltersModeling FiltersGeometry RenderingCore RenderingOpenGL2 RenderingFreeType
    RenderingAnnotation InteractionStyle ImagingCore IOImage)
endif()

if(CHRONNECT_BUILD_TESTS)
  find_package(GTest REQUIRED)
  if(CHRONNECT_GUI)
    find_package(Qt6 6.4 REQUIRED COMPONENTS Test)
  endif()
endif()
if(CHRONNECT_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
