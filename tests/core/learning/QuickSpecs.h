#pragma once

#include "core/learning/Specs.h"

namespace chronnect::test {

/// Windows of 30 volumes, eight or so in the scans of twoGroups().
inline GraphSpec coarseGraph() {
    GraphSpec graph;
    graph.windowLength = 30;
    graph.windowStep = 10;
    return graph;
}

inline NetworkSpec smallNetwork(int hidden) {
    NetworkSpec network;
    network.hidden = hidden;
    network.layers = 2;
    network.dropout = 0.1;
    return network;
}

/// Four steps, validated and kept every second one.
inline PretrainSpec shortPretraining(int hidden) {
    PretrainSpec spec;
    spec.network = smallNetwork(hidden);
    spec.graph = coarseGraph();
    spec.steps = 4;
    spec.batch = 4;
    spec.evaluateEvery = spec.checkpointEvery = 2;
    return spec;
}

/// On "group", without null and final model.
inline FinetuneSpec shortFinetuning(int hidden, int folds, int epochs) {
    FinetuneSpec spec;
    spec.target = "group";
    spec.network = smallNetwork(hidden);
    spec.graph = coarseGraph();
    spec.folds = folds;
    spec.epochs = epochs;
    spec.batch = 8;
    spec.labelPermutation = spec.finalModel = false;
    return spec;
}

}  // namespace chronnect::test
