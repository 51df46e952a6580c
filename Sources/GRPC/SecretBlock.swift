internal import CNghttp2
internal import Glibc

/// libnghttp2's memory, which holds what peers have sent: header fields, including those in the
/// dynamic table for later requests, and parts of frames. All of it is wiped when it is freed: when
/// a call ends, newer fields evict one, or the connection closes.
enum SecretBlock {
  /// Zeroes memory, even if it is never read again.
  @unsafe
  static func wipe(_ start: UnsafeMutableRawPointer, count: Int) {
    unsafe explicit_bzero(start, count)
  }

  /// The allocator of a session.
  static var allocator: nghttp2_mem {
    unsafe nghttp2_mem(
      mem_user_data: nil, malloc: allocateBlock, free: freeBlock, calloc: allocateZeroedBlock,
      realloc: resizeBlock)
  }
}

// SAFETY: the same as for the functions of the C library, whose blocks these are. A block is as
// large as `malloc_usable_size` says, and may be written up to there.

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
  // Not `realloc`, which may leave the old block unwiped.
  guard let larger = unsafe malloc(size) else { return nil }
  unsafe larger.copyMemory(from: block, byteCount: min(size, malloc_usable_size(block)))
  unsafe freeBlock(block, context)
  return unsafe larger
}
