# Windows installer by NSIS. Written from CPack's documentation; not yet run on a Windows machine.
set(CPACK_GENERATOR NSIS ZIP)
set(CPACK_NSIS_DISPLAY_NAME Chronnect)
set(CPACK_NSIS_PACKAGE_NAME Chronnect)
set(CPACK_NSIS_ENABLE_UNINSTALL_BEFORE_INSTALL ON)
set(CPACK_NSIS_MODIFY_PATH ON)
set(CPACK_NSIS_EXTRA_INSTALL_COMMANDS "
  WriteRegStr SHCTX 'Software\\\\Classes\\\\.chronnect' '' 'Chronnect.Project'
  WriteRegStr SHCTX 'Software\\\\Classes\\\\Chronnect.Project' '' 'Chronnect project'
  WriteRegStr SHCTX 'Software\\\\Classes\\\\Chronnect.Project\\\\shell\\\\open\\\\command' '' '\\\"$INSTDIR\\\\bin\\\\chronnect.exe\\\" \\\"%1\\\"'")
set(CPACK_NSIS_EXTRA_UNINSTALL_COMMANDS "
  DeleteRegKey SHCTX 'Software\\\\Classes\\\\.chronnect'
  DeleteRegKey SHCTX 'Software\\\\Classes\\\\Chronnect.Project'")
# Qt, VTK, ITK, HDF5 and LibTorch libraries travel with the program; Windows' own do not.
if(TARGET chronnect)
  install(TARGETS chronnect RUNTIME_DEPENDENCIES PRE_EXCLUDE_REGEXES "api-ms-.*" "ext-ms-.*"
          POST_EXCLUDE_REGEXES ".*[Ss]ystem32/.*" RUNTIME DESTINATION bin COMPONENT program)
endif()
