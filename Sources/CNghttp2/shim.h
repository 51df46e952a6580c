#include <nghttp2/nghttp2.h>
// For `malloc_usable_size`: whoever frees memory for the library is not told how large it is.
#include <malloc.h>
