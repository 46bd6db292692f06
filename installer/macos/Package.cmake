# macOS disk image. Written from CPack's documentation; not yet run on a Mac.
set(CPACK_GENERATOR DragNDrop)
set(CPACK_DMG_VOLUME_NAME "Chronnect ${PROJECT_VERSION}")
set(CPACK_DMG_FORMAT UDZO)
set(CPACK_BUNDLE_NAME Chronnect)
if(TARGET chronnect)
  set_target_properties(chronnect PROPERTIES MACOSX_BUNDLE ON MACOSX_BUNDLE_GUI_IDENTIFIER org.chronnect.Chronnect
    MACOSX_BUNDLE_BUNDLE_NAME Chronnect MACOSX_BUNDLE_SHORT_VERSION_STRING ${PROJECT_VERSION})
endif()
# Every library the bundle needs is copied into it; the system's are left out.
install(CODE "
  include(BundleUtilities)
  fixup_bundle(\"\${CMAKE_INSTALL_PREFIX}/chronnect.app\" \"\" \"\")" COMPONENT program)
