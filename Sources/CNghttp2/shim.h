#include <nghttp2/nghttp2.h>
// For `malloc_usable_size`: the library does not say how large a block is that it frees.
#include <malloc.h>
