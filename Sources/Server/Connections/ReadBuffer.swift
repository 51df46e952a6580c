internal import Platform

/// The memory that all connections of a worker read into, one after another. It lends the bytes
/// that were read, and wipes them once the borrower has copied what it needs.
@safe
struct ReadBuffer: ~Copyable {
  /// The most bytes of one read.
  private static let byteCount = 64 << 10

  // SAFETY: allocated in init and freed in deinit; what is lent can't leave the closure.
  private let memory: UnsafeMutableRawBufferPointer

  init() { unsafe memory = .allocate(byteCount: Self.byteCount, alignment: 64) }

  deinit { unsafe memory.deallocate() }

  fileprivate func fill(
    from descriptor: borrowing FileDescriptor, _ use: (Span<UInt8>) -> Void
  ) throws(Errno) -> ReadOutcome {
    let outcome = try unsafe descriptor.read(into: memory)
    if case .bytes(let count) = outcome {
      let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
      unsafe use(Span(_unsafeBytes: bytes))
      unsafe SecretMemory.wipe(bytes)
    }
    return outcome
  }
}

extension FileDescriptor {
  /// Reads once, and lends the bytes to `use`.
  func read(
    through buffer: borrowing ReadBuffer, _ use: (Span<UInt8>) -> Void
  ) throws(Errno) -> ReadOutcome {
    try buffer.fill(from: self, use)
  }
}
