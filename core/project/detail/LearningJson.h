#pragma once

#include "core/learning/Application.h"
#include "core/learning/Learning.h"
#include "core/store/detail/Hdf5.h"

namespace chronnect::detail {

/// Results of training in a group of their own: one text with everything readable, one byte array per model.
void writePretrained(const H5Group& parent, const PretrainResult& result);
PretrainResult readPretrained(const H5Group& parent);
void writeFinetuned(const H5Group& parent, const FinetuneResult& result);
FinetuneResult readFinetuned(const H5Group& parent);
void writeApplied(const H5Group& parent, const Application& application);
Application readApplied(const H5Group& parent);

}  // namespace chronnect::detail
