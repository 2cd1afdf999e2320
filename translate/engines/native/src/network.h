// The network of MarianMT: its encoder, and its decoder one target token at a time (Vaswani et al. 2017,
// https://arxiv.org/abs/1706.03762, with the norm behind each residual sum). There are no pads: sentences are as long
// as they are, and rows are whatever tokens are to be computed.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <vector>

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
};

// Keys and values of a sentence, that queries read: of each head keys as (head_width, room), values as (room,
// head_width). `room` is a multiple of kLanes; slots that are hidden from a query have minus infinity in its mask, those
// that it sees zero.
class Memory {
 public:
  // Makes room for as many slots, n_kept of which stay what they are; all others are zero, so that what is hidden is a
  // number, which zero times it must be.
  void make_room(int room, int n_heads, int width, int n_kept = 0) {
    Memory fresh;
    fresh.room_ = room;
    fresh.head_width_ = width / n_heads;
    fresh.keys_.resize(static_cast<std::size_t>(width) * room);
    fresh.values_.resize(static_cast<std::size_t>(width) * room);
    std::memset(fresh.keys_.data(), 0, sizeof(float) * width * room);
    std::memset(fresh.values_.data(), 0, sizeof(float) * width * room);
    for (int i = 0; n_kept > 0 && i < width; ++i) {
      std::copy_n(keys_.data() + static_cast<std::size_t>(i) * room_, n_kept,
                  fresh.keys_.data() + static_cast<std::size_t>(i) * room);
    }
    for (int head = 0; n_kept > 0 && head < n_heads; ++head) {
      const std::size_t at = static_cast<std::size_t>(head) * head_width_;
      std::copy_n(values_.data() + at * room_, static_cast<std::size_t>(n_kept) * head_width_,
                  fresh.values_.data() + at * room);
    }
    *this = std::move(fresh);
  }

  // Keys and values, `width` numbers each, one behind the other, into slots from first_slot on; rows are `stride` apart.
  void put(const float* kv, int stride, int n_rows, int first_slot, int n_heads) {
    const int width = n_heads * head_width_;
    for (int i = 0; i < width; ++i) {
      float* key = keys_.data() + static_cast<std::size_t>(i) * room_ + first_slot;
      for (int row = 0; row < n_rows; ++row) key[row] = kv[static_cast<std::size_t>(row) * stride + i];
    }
    for (int row = 0; row < n_rows; ++row) {
      const float* value = kv + static_cast<std::size_t>(row) * stride + width;
      for (int head = 0; head < n_heads; ++head) {
        const std::size_t at = static_cast<std::size_t>(head) * head_width_ * room_;
        std::copy_n(value + head * head_width_, head_width_,
                    values_.data() + at + static_cast<std::size_t>(first_slot + row) * head_width_);
      }
    }
  }

  // What each of n_rows queries, (n_rows, width) with rows `stride` apart, reads; into rows `to_stride` apart. The masks
  // are (n_rows, room), or (room) for all when mask_stride is 0.
  void read(const float* queries, int stride, int n_rows, int n_heads, const float* masks, int mask_stride, float* to,
            int to_stride, Buffer<float>& scratch) const {
    scratch.resize(static_cast<std::size_t>(kMost) * room_);
    for (int row = 0; row < n_rows; row += kMost) {
      const float* mask = masks + static_cast<std::ptrdiff_t>(row) * mask_stride;
      for (int head = 0; head < n_heads; ++head) {
        const int offset = head * head_width_;
        const float* query = queries + static_cast<std::size_t>(row) * stride + offset;
        float* out = to + static_cast<std::size_t>(row) * to_stride + offset;
        switch (std::min(kMost, n_rows - row)) {
          case 4: read_some<4>(query, stride, offset, mask, mask_stride, out, to_stride, scratch.data()); break;
          case 3: read_some<3>(query, stride, offset, mask, mask_stride, out, to_stride, scratch.data()); break;
          case 2: read_some<2>(query, stride, offset, mask, mask_stride, out, to_stride, scratch.data()); break;
          default: read_some<1>(query, stride, offset, mask, mask_stride, out, to_stride, scratch.data()); break;
        }
      }
    }
  }

 private:
  static constexpr int kMost = 4;

  template <int kHeight>
  void read_some(const float* query, int stride, int offset, const float* mask, int mask_stride, float* out,
                 int out_stride, float* weights) const {
    const float* keys = keys_.data() + static_cast<std::size_t>(offset) * room_;
    const float* values = values_.data() + static_cast<std::size_t>(offset) * room_;
    // As many vectors at a time as make eight sums: fewer would wait for one another.
    constexpr int kWidth = 8 / kHeight;
    in_vectors<kWidth>(0, room_, [&](auto width, int slot) {
      score<kHeight, decltype(width)::value>(query, stride, keys + slot, mask + slot, mask_stride, weights + slot);
    });
    for (int row = 0; row < kHeight; ++row) softmax(weights + static_cast<std::ptrdiff_t>(row) * room_, room_);
    in_vectors<kWidth>(0, head_width_, [&](auto width, int i) {
      mix<kHeight, decltype(width)::value>(weights, values + i, out + i, out_stride);
    });
  }

  // Calls `some` with so many vectors at a time, and then with half as many.
  template <int kWidth, typename F>
  static void in_vectors(int start, int end, F some) {
    for (; start + kWidth * kLanes <= end; start += kWidth * kLanes) {
      some(std::integral_constant<int, kWidth>(), start);
    }
    if constexpr (kWidth > 1) in_vectors<kWidth / 2>(start, end, some);
  }

  // Scores of the slots of some vectors.
  template <int kHeight, int kWidth>
  void score(const float* query, int stride, const float* keys, const float* mask, int mask_stride,
             float* scores) const {
    __m256 sums[kHeight][kWidth];
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) sums[row][at] = _mm256_setzero_ps();
    }
    for (int i = 0; i < head_width_; ++i) {
      __m256 key[kWidth];
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) {
        key[at] = _mm256_loadu_ps(keys + static_cast<std::size_t>(i) * room_ + at * kLanes);
      }
#pragma GCC unroll 8
      for (int row = 0; row < kHeight; ++row) {
        const __m256 factor = _mm256_broadcast_ss(query + static_cast<std::ptrdiff_t>(row) * stride + i);
#pragma GCC unroll 8
        for (int at = 0; at < kWidth; ++at) sums[row][at] = _mm256_fmadd_ps(factor, key[at], sums[row][at]);
      }
    }
    const __m256 scale = _mm256_set1_ps(1.0f / std::sqrt(static_cast<float>(head_width_)));
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) {
        const __m256 hidden = _mm256_loadu_ps(mask + static_cast<std::ptrdiff_t>(row) * mask_stride + at * kLanes);
        _mm256_storeu_ps(scores + static_cast<std::ptrdiff_t>(row) * room_ + at * kLanes,
                         _mm256_fmadd_ps(sums[row][at], scale, hidden));
      }
    }
  }

  // Some vectors of what is read.
  template <int kHeight, int kWidth>
  void mix(const float* weights, const float* values, float* out, int out_stride) const {
    __m256 sums[kHeight][kWidth];
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) sums[row][at] = _mm256_setzero_ps();
    }
    for (int slot = 0; slot < room_; ++slot) {
      __m256 value[kWidth];
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) {
        value[at] = _mm256_loadu_ps(values + static_cast<std::size_t>(slot) * head_width_ + at * kLanes);
      }
#pragma GCC unroll 8
      for (int row = 0; row < kHeight; ++row) {
        const __m256 factor = _mm256_broadcast_ss(weights + static_cast<std::ptrdiff_t>(row) * room_ + slot);
#pragma GCC unroll 8
        for (int at = 0; at < kWidth; ++at) sums[row][at] = _mm256_fmadd_ps(factor, value[at], sums[row][at]);
      }
    }
#pragma GCC unroll 8
    for (int row = 0; row < kHeight; ++row) {
#pragma GCC unroll 8
      for (int at = 0; at < kWidth; ++at) {
        _mm256_storeu_ps(out + static_cast<std::ptrdiff_t>(row) * out_stride + at * kLanes, sums[row][at]);
      }
    }
  }

  Buffer<float> keys_, values_;
  int room_ = 0, head_width_ = 0;
};

// Keys and values of a source, and a mask that hides what is behind its end.
struct Source {
  std::vector<Memory> layers;
  std::vector<float> mask;

  void resize(int n_layers, int n_tokens) {
    layers.resize(n_layers);
    mask.assign(rounded(n_tokens, kLanes), 0.0f);
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
        own_.resize(1, n_tokens);
        Memory& memory = own_.layers[0];
        memory.make_room(static_cast<int>(own_.mask.size()), shape.encoder_heads, width);
        memory.put(first + width, 3 * width, n_tokens, 0, shape.encoder_heads);
        memory.read(first, 3 * width, n_tokens, shape.encoder_heads, own_.mask.data(), 0, mixed_.data() + row * width,
                    width, scratch_);
        row += n_tokens;
      }
      add(layer.out, mixed_.data(), layer.norm, n_rows);
      feed(layer.feed, n_rows);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      sources[i]->resize(shape.decoder_layers, static_cast<int>(ids[i].size()));
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
      memory.read(qkv, 3 * width, n_beams, n_heads, beams.past->masks(), beams.past->room(), to, width, scratch_);
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
                                scratch_);
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
