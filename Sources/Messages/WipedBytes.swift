internal import Glibc

/// A copy of bytes that may hold a secret, to be handed from thread to thread: wiped when the last
/// who holds it lets go.
@safe
public final class WipedBytes: Sendable {
  // SAFETY: allocated in init with room for `count` bytes, written there and never after, and freed
  // in deinit.
  nonisolated(unsafe) private let storage: UnsafeMutableRawPointer
  /// The number of bytes.
  public let count: Int

  /// No bytes.
  public static let empty = WipedBytes(copying: Span())

  /// Copies `bytes`, whose owner wipes them itself.
  public init(copying bytes: Span<UInt8>) {
    count = bytes.count
    unsafe storage = .allocate(byteCount: max(1, bytes.count), alignment: 1)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe storage.copyMemory(from: start, byteCount: source.count)
    }
  }

  /// Copies what a buffer holds, which its owner wipes itself.
  package convenience init(copying buffer: borrowing ByteBuffer) {
    self.init(copying: buffer.bytes)
  }

  deinit {
    unsafe wipe(storage, count: count)
    unsafe storage.deallocate()
  }

  /// The bytes.
  public var span: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let buffer = unsafe UnsafeRawBufferPointer(start: storage, count: count)
      let span = unsafe Span<UInt8>(_unsafeBytes: buffer)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}

/// Zeroes memory that may hold a secret, also where nobody reads it again: the one way in which the
/// buffers of this module forget.
@unsafe
@inline(__always)
func wipe(_ start: UnsafeMutableRawPointer, count: Int) {
  // SAFETY: the caller owns so many bytes from there on.
  if count > 0 { unsafe explicit_bzero(start, count) }
}
