"""The STAGIN network in plain PyTorch, written from its published description, in two forms.

It is the peer that our engine is measured against, so it is written the way such a network is usually written:

  sparse  one-hot region inputs joined with the time code, one block-diagonal sparse adjacency for the whole batch
  dense   the same inputs, adjacency as a float tensor [B, T, N, N] and batched products

Both have the same parameters under the names of the public checkpoints, and give the same numbers.
"""
import math

import torch
from torch import nn
from torch.nn import functional


def window_starts(volumes, window, step):
    """First volume of each window: starts while start < volumes - window."""
    return list(range(0, volumes - window, step))


def graphs(series, window, step, density=30.0):
    """[B, V, N] series to 0/1 float graphs [B, T, N, N]: correlations strictly above the percentile of all entries."""
    result = []
    for start in window_starts(series.shape[1], window, step):
        block = series[:, start:start + window]
        block = block - block.mean(1, keepdim=True)
        covariance = block.transpose(1, 2) @ block / (window - 1)
        deviation = covariance.diagonal(dim1=1, dim2=2).sqrt()
        matrix = covariance / deviation.unsqueeze(1) / deviation.unsqueeze(2)
        matrix = ((matrix + matrix.transpose(1, 2)) / 2).clamp(-1, 1)
        cut = torch.quantile(matrix.flatten(1).double(), 1 - density / 100, dim=1)
        result.append((matrix.double() > cut[:, None, None]).float())
    return torch.stack(result, 1)


class TimeCode(nn.Module):
    def __init__(self, regions, hidden):
        super().__init__()
        self.rnn = nn.GRU(regions, hidden)

    def forward(self, series, starts, window):
        """[B, V, N] to [T, B, D]: the state at the last volume of each window."""
        ends = [start + window - 1 for start in starts]
        states, _ = self.rnn(series[:, :ends[-1] + 1].transpose(0, 1))
        return states[ends]


class GraphIsomorphism(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.epsilon = nn.Parameter(torch.zeros(1, 1))
        self.mlp = nn.Sequential(nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), nn.ReLU(),
                                 nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), nn.ReLU())

    def forward(self, features, aggregate):
        """[B * T * N, D] rows; `aggregate` multiplies by the adjacency."""
        return self.mlp(aggregate(features) + self.epsilon * features)


class Sero(nn.Module):
    def __init__(self, hidden, regions, dropout):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), nn.GELU())
        self.attend = nn.Linear(hidden, regions)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features):
        """[T, B, N, D] to [T, B, D] and the attention [B, T, N]."""
        mean = features.mean(2)
        attention = torch.sigmoid(self.attend(self.embed(mean.flatten(0, 1)))).view(*mean.shape[:2], -1)
        return (features * self.dropout(attention).unsqueeze(-1)).mean(2), attention.transpose(0, 1)


class Garo(nn.Module):
    def __init__(self, hidden, dropout):
        super().__init__()
        self.embed_query = nn.Linear(hidden, hidden)
        self.embed_key = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features):
        query = self.embed_query(features.mean(2)).unsqueeze(-1)
        score = (self.embed_key(features) @ query).squeeze(-1) / math.sqrt(features.shape[-1])
        attention = torch.sigmoid(score)
        return (features * self.dropout(attention).unsqueeze(-1)).mean(2), attention.transpose(0, 1)


class MeanReadout(nn.Module):
    def forward(self, features):
        return features.mean(2), features.new_ones(1, 1, 1)


class TemporalTransformer(nn.Module):
    def __init__(self, hidden, heads, dropout):
        super().__init__()
        self.multihead_attn = nn.MultiheadAttention(hidden, heads)
        self.layer_norm1 = nn.LayerNorm(hidden)
        self.layer_norm2 = nn.LayerNorm(hidden)
        self.dropout1 = nn.Dropout(dropout)
        self.dropout2 = nn.Dropout(dropout)
        self.mlp = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.ReLU(), nn.Dropout(dropout),
                                 nn.Linear(2 * hidden, hidden))

    def forward(self, sequence):
        """[T, B, D] to the same and attention [B, T, T]. No skip around the attention."""
        attended, attention = self.multihead_attn(sequence, sequence, sequence)
        attended = self.layer_norm1(self.dropout1(attended))
        return self.layer_norm2(attended + self.dropout2(self.mlp(attended))), attention


def orthogonality(features):
    """[B, T, N, D] to a scalar: how far each window's region codes are from orthogonal."""
    gram = features @ features.transpose(-1, -2)
    gram = gram / gram.max(-1, keepdim=True)[0]
    excess = (gram - torch.eye(gram.shape[-1], device=gram.device)).triu()
    return excess.norm(dim=(-1, -2)).mean()


class Stagin(nn.Module):
    def __init__(self, regions, hidden=128, classes=2, layers=4, heads=1, readout="sero", pooling="sum", form="dense",
                 dropout=0.5, attention_dropout=0.1):
        super().__init__()
        self.regions, self.hidden, self.form, self.pooling = regions, hidden, form, pooling
        self.timestamp_encoder = TimeCode(regions, hidden)
        self.initial_linear = nn.Linear(regions + hidden, hidden)
        self.gnn_layers = nn.ModuleList(GraphIsomorphism(hidden) for _ in range(layers))
        readouts = {"sero": lambda: Sero(hidden, regions, attention_dropout),
                    "garo": lambda: Garo(hidden, attention_dropout), "mean": MeanReadout}
        self.readout_modules = nn.ModuleList(readouts[readout]() for _ in range(layers))
        self.transformer_modules = nn.ModuleList(
            TemporalTransformer(hidden, heads, attention_dropout) for _ in range(layers))
        self.linear_layers = nn.ModuleList(nn.Linear(hidden, classes) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        if pooling == "param":
            self.token_parameter = nn.Parameter(torch.randn(layers, 1, 1, hidden))

    def _aggregator(self, adjacency):
        """The product with the adjacency on rows [B * T * N, D], in one of the two forms."""
        batch, windows, regions, _ = adjacency.shape
        if self.form == "dense":
            blocks = adjacency.flatten(0, 1)
            return lambda rows: (blocks @ rows.view(batch * windows, regions, -1)).flatten(0, 1)
        graph, row, column = adjacency.flatten(0, 1).nonzero(as_tuple=True)
        index = torch.stack([graph * regions + row, graph * regions + column])
        size = batch * windows * regions
        ones = torch.ones(index.shape[1], dtype=adjacency.dtype, device=index.device)
        block_diagonal = torch.sparse_coo_tensor(index, ones, (size, size)).coalesce()
        return lambda rows: torch.sparse.mm(block_diagonal, rows)

    def _pool(self, sequence):
        if self.pooling == "param":
            return sequence[-1]
        return sequence.sum(0) if self.pooling == "sum" else sequence.mean(0)

    def forward(self, series, adjacency, starts, window):
        """Series [B, V, N], graphs [B, T, N, N]; returns logits [B, C], node attention [B, L, T, N], time attention
        [B, L, T, T], latent [B, L, D] and the orthogonality term."""
        batch, windows, regions, _ = adjacency.shape
        code = self.timestamp_encoder(series, starts, window)
        code = code.transpose(0, 1).unsqueeze(2).expand(-1, -1, regions, -1)
        identity = torch.eye(regions, device=series.device).expand(batch, windows, -1, -1)
        rows = self.initial_linear(torch.cat([identity, code], -1)).flatten(0, 2)
        aggregate = self._aggregator(adjacency)

        logits, ortho = 0.0, 0.0
        node_attention, time_attention, latent = [], [], []
        for k, layer in enumerate(self.gnn_layers):
            rows = layer(rows, aggregate)
            features = rows.view(batch, windows, regions, -1)
            sequence, nodes = self.readout_modules[k](features.transpose(0, 1))
            if self.pooling == "param":
                sequence = torch.cat([sequence, self.token_parameter[k].expand(-1, batch, -1)])
            sequence, times = self.transformer_modules[k](sequence)
            pooled = self._pool(sequence)
            logits = logits + self.dropout(self.linear_layers[k](pooled))
            ortho = ortho + orthogonality(features)
            node_attention.append(nodes.detach())
            time_attention.append(times.detach())
            latent.append(pooled)
        return logits, torch.stack(node_attention, 1), torch.stack(time_attention, 1), torch.stack(latent, 1), ortho
