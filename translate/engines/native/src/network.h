// The network of MarianMT: its encoder, and its decoder one target token at a time (Vaswani et al. 2017,
// https://arxiv.org/abs/1706.03762, with the norm behind each residual sum). There are no pads: sentences are as long
// as they are, and rows are whatever tokens are to be computed.
#pragma once

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "agree.h"
#include "attention.h"
#include "memory.h"
#include "products.h"
#include "table.h"
#include "vectors.h"

namespace duizhao {

// Sizes of a network; `translate/engines/native/library.py` has the same fields in the same order.
struct Shape {
  std::int32_t width;
  std::int32_t encoder_heads, decoder_heads;
  std::int32_t encoder_inner, decoder_inner;
  std::int32_t encoder_layers, decoder_layers;
  std::int32_t n_source, n_target;  // tokens
  std::int32_t n_positions;
  std::int32_t activation;
  std::int32_t precision;
  std::int32_t has_shortlist;  // whether each sentence is written with tokens of its own
  std::int32_t instructions;   // that products are taken with
  float embedding_scale;
};

// Arrays of float32 in the order they are asked for; they belong to the caller.
class Arrays {
 public:
  Arrays(const float* const* arrays, int n_arrays) : arrays_(arrays), n_arrays_(n_arrays) {}

  const float* next() {
    if (next_ == n_arrays_) throw std::invalid_argument("too few arrays");
    return arrays_[next_++];
  }

  bool empty() const { return next_ == n_arrays_; }

 private:
  const float* const* arrays_;
  int n_arrays_;
  int next_ = 0;
};

struct Norm {
  std::vector<float> weight, bias;

  Norm(Arrays& arrays, const Shape& shape) {
    for (auto* part : {&weight, &bias}) {
      const float* from = arrays.next();
      part->assign(from, from + shape.width);
    }
  }
};

inline Weight next_weight(Arrays& arrays, const Shape& shape, int n_out, int n_in) {
  const float* weight = arrays.next();
  return Weight(weight, arrays.next(), n_out, n_in, static_cast<Precision>(shape.precision),
                static_cast<Instructions>(shape.instructions));
}

struct Feed {
  Weight inner, outer;
  Norm norm;

  Feed(Arrays& arrays, const Shape& shape, int n_inner)
      : inner(next_weight(arrays, shape, n_inner, shape.width)),
        outer(next_weight(arrays, shape, shape.width, n_inner)),
        norm(arrays, shape) {}
};

struct EncoderLayer {
  Weight qkv, out;
  Norm norm;
  Feed feed;

  EncoderLayer(Arrays& arrays, const Shape& shape)
      : qkv(next_weight(arrays, shape, 3 * shape.width, shape.width)),
        out(next_weight(arrays, shape, shape.width, shape.width)),
        norm(arrays, shape),
        feed(arrays, shape, shape.encoder_inner) {}
};

struct DecoderLayer {
  Weight qkv, out;
  Norm norm;
  Weight source_q, source_kv, source_out;
  Norm source_norm;
  Feed feed;

  DecoderLayer(Arrays& arrays, const Shape& shape)
      : qkv(next_weight(arrays, shape, 3 * shape.width, shape.width)),
        out(next_weight(arrays, shape, shape.width, shape.width)),
        norm(arrays, shape),
        source_q(next_weight(arrays, shape, shape.width, shape.width)),
        source_kv(next_weight(arrays, shape, 2 * shape.width, shape.width)),
        source_out(next_weight(arrays, shape, shape.width, shape.width)),
        source_norm(arrays, shape),
        feed(arrays, shape, shape.decoder_inner) {}
};

// The weights; shared by all threads. Embeddings and positions, the first arrays, stay where the caller has them.
struct Network {
  Shape shape;
  const float* source_embedding;
  const float* target_embedding;
  const float* source_positions;
  const float* target_positions;
  // The output layer, in one form or the other.
  Weight head;
  Table tokens;
  Layout head_layout;  // of the rows that it reads
  std::vector<EncoderLayer> encoder;
  std::vector<DecoderLayer> decoder;

  Network(const Shape& its_shape, Arrays& arrays)
      : shape(its_shape),
        source_embedding(arrays.next()),
        target_embedding(arrays.next()),
        source_positions(arrays.next()),
        target_positions(arrays.next()) {
    const float* weight = arrays.next();
    const float* bias = arrays.next();
    const auto precision = static_cast<Precision>(shape.precision);
    const auto instructions = static_cast<Instructions>(shape.instructions);
    if ((usable_instructions() & bit_of(instructions)) == 0) {
      throw std::invalid_argument("this processor has no such instructions");
    }
    if (shape.has_shortlist) {
      tokens = Table(weight, bias, shape.n_target, shape.width, precision);
    } else {
      head = Weight(weight, bias, shape.n_target, shape.width, precision, instructions);
    }
    head_layout = shape.has_shortlist ? layout_of(precision, Instructions::kAvx2) : head.layout();
    encoder.reserve(shape.encoder_layers);
    decoder.reserve(shape.decoder_layers);
    for (int i = 0; i < shape.encoder_layers; ++i) encoder.emplace_back(arrays, shape);
    for (int i = 0; i < shape.decoder_layers; ++i) decoder.emplace_back(arrays, shape);
    if (!arrays.empty()) throw std::invalid_argument("too many arrays");
  }

  // Whether sixteen numbers are computed at a time.
  bool is_wide() const { return has_wide(static_cast<Instructions>(shape.instructions)); }
};

// Keys and values of a source, and a mask that hides what is behind its end.
struct Source {
  std::vector<Memory> layers;
  std::vector<float> mask;

  void resize(int n_layers, int n_tokens, bool is_wide) {
    layers.resize(n_layers);
    mask.assign(rounded(n_tokens, is_wide ? kWideLanes : kLanes), 0.0f);
    std::fill(mask.begin() + n_tokens, mask.end(), kNothing);
  }
};

// What the decoder remembers of the targets of a sentence's beams. All beams share the slots, and a mask says which of
// them are whose past; a slot that is in nobody's past is used again.
class Past {
 public:
  Past(int n_layers, int n_heads, int width) : layers_(n_layers), n_heads_(n_heads), width_(width) {}

  // Takes a slot for a new token of each beam; so many beams as there were before, or the first ones.
  const std::vector<int>& add(int n_beams) {
    if (masks_.empty()) masks_.resize(n_beams);
    slots_.clear();
    for (int beam = 0; beam < n_beams; ++beam) {
      if (free_.empty()) grow();
      slots_.push_back(free_.back());
      free_.pop_back();
      masks_[beam][slots_.back()] = 0;
    }
    flat_.clear();
    for (const auto& mask : masks_) flat_.insert(flat_.end(), mask.begin(), mask.end());
    return slots_;
  }

  // Gives each beam the past of its parent.
  void follow(const std::vector<int>& parents) {
    std::vector<std::vector<float>> masks;
    for (const int parent : parents) masks.push_back(masks_[parent]);
    masks_ = std::move(masks);
    free_.clear();
    for (int slot = room_ - 1; slot >= 0; --slot) {
      const auto is_hidden = [slot](const std::vector<float>& mask) { return mask[slot] == kNothing; };
      if (std::all_of(masks_.begin(), masks_.end(), is_hidden)) free_.push_back(slot);
    }
  }

  Memory& layer(int index) { return layers_[index]; }
  int room() const { return room_; }
  const std::vector<int>& slots() const { return slots_; }
  // (n_beams, room)
  const float* masks() const { return flat_.data(); }

 private:
  static constexpr int kFirstRoom = 32;

  void grow() {
    const int room = room_ == 0 ? kFirstRoom : static_cast<int>(rounded(room_ + room_ / 2, 2 * kLanes));
    for (Memory& layer : layers_) layer.make_room(room, n_heads_, width_, room_);
    for (auto& mask : masks_) mask.resize(room, kNothing);
    for (int slot = room - 1; slot >= room_; --slot) free_.push_back(slot);
    room_ = room;
  }

  std::vector<Memory> layers_;
  int n_heads_, width_, room_ = 0;
  std::vector<std::vector<float>> masks_;  // of each beam
  std::vector<float> flat_;
  std::vector<int> free_, slots_;
};

// The beams of a sentence, whose tokens are to be read.
struct Beams {
  const std::vector<int>* tokens;
  int position;
  Past* past;  // with a slot for each of them
  const Source* source;
};

// A network at work; one thread at a time.
class Worker {
 public:
  explicit Worker(const Network& network) : network_(network) {}

  // Reads sentences; each gets a memory a layer of the decoder.
  void encode(const std::vector<std::vector<int>>& ids, const std::vector<Source*>& sources) {
    const Shape& shape = network_.shape;
    const int width = shape.width;
    int n_rows = 0;
    for (const auto& sentence : ids) n_rows += static_cast<int>(sentence.size());
    x_.resize(static_cast<std::size_t>(n_rows) * width);
    float* x = x_.data();
    for (const auto& sentence : ids) {
      for (std::size_t place = 0; place < sentence.size(); ++place, x += width) {
        embed(network_.source_embedding, sentence[place], network_.source_positions, static_cast<int>(place), x);
      }
    }
    for (const EncoderLayer& layer : network_.encoder) {
      mixed_.resize(static_cast<std::size_t>(n_rows) * width);
      const float* qkv = product(layer.qkv, x_.data(), n_rows, wide_);
      std::size_t row = 0;
      for (const auto& sentence : ids) {
        const int n_tokens = static_cast<int>(sentence.size());
        const float* first = qkv + row * 3 * width;
        own_.resize(1, n_tokens, network_.is_wide());
        Memory& memory = own_.layers[0];
        memory.make_room(static_cast<int>(own_.mask.size()), shape.encoder_heads, width);
        memory.put(first + width, 3 * width, n_tokens, 0, shape.encoder_heads);
        memory.read(first, 3 * width, n_tokens, shape.encoder_heads, own_.mask.data(), 0, mixed_.data() + row * width,
                    width, scratch_, network_.is_wide());
        row += n_tokens;
      }
      add(layer.out, mixed_.data(), layer.norm, n_rows);
      feed(layer.feed, n_rows);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      sources[i]->resize(shape.decoder_layers, static_cast<int>(ids[i].size()), network_.is_wide());
    }
    for (int layer = 0; layer < shape.decoder_layers; ++layer) {
      const float* kv = product(network_.decoder[layer].source_kv, x_.data(), n_rows, wide_);
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const int n_tokens = static_cast<int>(ids[i].size());
        Memory& memory = sources[i]->layers[layer];
        memory.make_room(static_cast<int>(sources[i]->mask.size()), shape.decoder_heads, width);
        memory.put(kv, 2 * width, n_tokens, 0, shape.decoder_heads);
        kv += static_cast<std::size_t>(n_tokens) * 2 * width;
      }
    }
  }

  // Reads one target token a beam; what the output layer is to read is in `hidden` until the next call.
  void step(const std::vector<Beams>& sentences) {
    const int width = network_.shape.width;
    int n_rows = 0;
    for (const Beams& beams : sentences) n_rows += static_cast<int>(beams.tokens->size());
    x_.resize(static_cast<std::size_t>(n_rows) * width);
    mixed_.resize(static_cast<std::size_t>(n_rows) * width);
    float* x = x_.data();
    for (const Beams& beams : sentences) {
      for (const int token : *beams.tokens) {
        embed(network_.target_embedding, token, network_.target_positions, beams.position, x);
        x += width;
      }
    }
    for (int index = 0; index < network_.shape.decoder_layers; ++index) {
      const DecoderLayer& layer = network_.decoder[index];
      read_pasts(sentences, index, product(layer.qkv, x_.data(), n_rows, wide_));
      add(layer.out, mixed_.data(), layer.norm, n_rows);
      read_sources(sentences, index, product(layer.source_q, x_.data(), n_rows, wide_));
      add(layer.source_out, mixed_.data(), layer.source_norm, n_rows);
      feed(layer.feed, n_rows);
    }
  }

  // (n_rows, width), of the last step.
  const float* hidden() const { return x_.data(); }

 private:
  void embed(const float* table, int token, const float* positions, int position, float* to) const {
    const int width = network_.shape.width;
    const __m256 scale = _mm256_set1_ps(network_.shape.embedding_scale);
    const float* row = table + static_cast<std::size_t>(token) * width;
    const float* place = positions + static_cast<std::size_t>(position) * width;
    for (int i = 0; i < width; i += kLanes) {
      // Multiplied and added, each rounded, as transformers does.
      const __m256 value = _mm256_mul_ps(_mm256_loadu_ps(row + i), scale);
      _mm256_storeu_ps(to + i, _mm256_add_ps(value, _mm256_loadu_ps(place + i)));
    }
  }

  const float* product(const Weight& weight, const float* x, int n_rows, Buffer<float>& to,
                       Activation activation = Activation::kNone) {
    rows_.take(x, n_rows, weight.n_in(), weight.layout());
    to.resize(static_cast<std::size_t>(n_rows) * weight.n_out());
    weight.multiply(rows_, 0, weight.n_out(), to.data(), weight.n_out(), activation);
    return to.data();
  }

  void add(const Weight& weight, const float* x, const Norm& norm, int n_rows) {
    const int width = network_.shape.width;
    const float* added = product(weight, x, n_rows, added_);
    for (int i = 0; i < n_rows; ++i) {
      const std::size_t at = static_cast<std::size_t>(i) * width;
      add_and_normalize(x_.data() + at, added + at, norm.weight.data(), norm.bias.data(), width);
    }
  }

  void feed(const Feed& feed, int n_rows) {
    const auto activation = static_cast<Activation>(network_.shape.activation);
    add(feed.outer, product(feed.inner, x_.data(), n_rows, wide_, activation), feed.norm, n_rows);
  }

  // Keys and values of the new tokens go into their slots; then their queries read the slots of their past.
  void read_pasts(const std::vector<Beams>& sentences, int layer, const float* qkv) {
    const int width = network_.shape.width, n_heads = network_.shape.decoder_heads;
    float* to = mixed_.data();
    for (const Beams& beams : sentences) {
      const int n_beams = static_cast<int>(beams.tokens->size());
      Memory& memory = beams.past->layer(layer);
      for (int beam = 0; beam < n_beams; ++beam) {
        const float* kv = qkv + static_cast<std::size_t>(beam) * 3 * width + width;
        memory.put(kv, 3 * width, 1, beams.past->slots()[beam], n_heads);
      }
      memory.read(qkv, 3 * width, n_beams, n_heads, beams.past->masks(), beams.past->room(), to, width, scratch_,
                  network_.is_wide());
      qkv += static_cast<std::size_t>(n_beams) * 3 * width;
      to += static_cast<std::size_t>(n_beams) * width;
    }
  }

  void read_sources(const std::vector<Beams>& sentences, int layer, const float* queries) {
    const int width = network_.shape.width;
    float* to = mixed_.data();
    for (const Beams& beams : sentences) {
      const int n_beams = static_cast<int>(beams.tokens->size());
      const Source& source = *beams.source;
      source.layers[layer].read(queries, width, n_beams, network_.shape.decoder_heads, source.mask.data(), 0, to, width,
                                scratch_, network_.is_wide());
      queries += static_cast<std::size_t>(n_beams) * width;
      to += static_cast<std::size_t>(n_beams) * width;
    }
  }

  const Network& network_;
  Rows rows_;
  Source own_;
  Buffer<float> x_, wide_, mixed_, added_, scratch_;
};

}  // namespace duizhao
