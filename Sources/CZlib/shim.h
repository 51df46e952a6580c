// zlib, and what it has as a macro, which Swift doesn't see.
#pragma once

#include <zlib.h>

// inflateInit2 for gzip only, with the window of 32 KiB that the format has.
static inline int czlib_begin_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
