internal import CNghttp2
internal import Glibc

/// Memory of libnghttp2, which holds what peers have sent: header fields, also those that they
/// have asked to be kept for later requests, and parts of frames. All of it is wiped when it is
/// given back: when a call ends, a field is pushed out by newer ones, the connection closes.
enum SecretBlock {
  /// Zeroes memory, also where nobody reads it again.
  @unsafe
  static func wipe(_ start: UnsafeMutableRawPointer, count: Int) {
    unsafe explicit_bzero(start, count)
  }

  /// What a session allocates with.
  static var allocator: nghttp2_mem {
    unsafe nghttp2_mem(
      mem_user_data: nil, malloc: allocateBlock, free: freeBlock, calloc: allocateZeroedBlock,
      realloc: resizeBlock)
  }
}

// SAFETY: as the functions of the C library, with whose blocks they deal; a block is as large as
// `malloc_usable_size` says, and may be written up to there.

@c(postern_grpc_allocate)
func allocateBlock(_ size: Int, _ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  unsafe malloc(size)
}

@c(postern_grpc_allocate_zeroed)
func allocateZeroedBlock(
  _ count: Int, _ size: Int, _ context: UnsafeMutableRawPointer?
) -> UnsafeMutableRawPointer? {
  unsafe calloc(count, size)
}

@c(postern_grpc_free)
func freeBlock(_ block: UnsafeMutableRawPointer?, _ context: UnsafeMutableRawPointer?) {
  guard let block = unsafe block else { return }
  unsafe SecretBlock.wipe(block, count: malloc_usable_size(block))
  unsafe free(block)
}

@c(postern_grpc_resize)
func resizeBlock(
  _ block: UnsafeMutableRawPointer?, _ size: Int, _ context: UnsafeMutableRawPointer?
) -> UnsafeMutableRawPointer? {
  guard let block = unsafe block else { return unsafe malloc(size) }
  // Not `realloc`, which may leave the old block as it was.
  guard let larger = unsafe malloc(size) else { return nil }
  unsafe larger.copyMemory(from: block, byteCount: min(size, malloc_usable_size(block)))
  unsafe freeBlock(block, context)
  return unsafe larger
}
