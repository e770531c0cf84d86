#pragma once

#include <string.h>
#include <zlib.h>

/// `deflateInit2` and `inflateInit2` are macros, which Swift does not import.
///
/// Window bits choose the format as well: 9 to 15 are zlib's, 16 more gzip's, and negative ones the bare data.
static inline int engineio_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
    memset(stream, 0, sizeof(*stream));
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

static inline int engineio_inflate_init(z_stream *stream, int window_bits) {
    memset(stream, 0, sizeof(*stream));
    return inflateInit2(stream, window_bits);
}
