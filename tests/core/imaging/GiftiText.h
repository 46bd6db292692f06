#pragma once

#include <string>

namespace chronnect::test {

/// One array of a GIFTI file; `dims` and `more` are attributes.
inline std::string arrayXml(const std::string& intent, const std::string& type, const std::string& encoding,
                            const std::string& dims, const std::string& data, const std::string& more = "") {
    return "<DataArray Intent=\"NIFTI_INTENT_" + intent + "\" DataType=\"NIFTI_TYPE_" + type + "\" Encoding=\"" +
           encoding + "\" " + dims + " Endian=\"LittleEndian\" ArrayIndexingOrder=\"RowMajorOrder\" " + more +
           "><Data>" + data + "</Data></DataArray>";
}

/// A whole file around its parts.
inline std::string gifti(const std::string& inside) {
    return "<?xml version=\"1.0\"?><GIFTI Version=\"1.0\">" + inside + "</GIFTI>";
}

}  // namespace chronnect::test
