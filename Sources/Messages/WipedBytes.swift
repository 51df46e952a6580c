internal import Glibc

/// A copy of bytes that may hold a secret, for use on several threads. It is wiped when the last
/// reference to it goes.
@safe
public final class WipedBytes: Sendable {
  // SAFETY: allocated in init with room for `count` bytes, written there and never after, and freed
  // in deinit.
  nonisolated(unsafe) private let storage: UnsafeMutableRawPointer
  /// The number of bytes.
  public let count: Int

  /// No bytes.
  public static let empty = WipedBytes(copying: Span())

  /// Copies `bytes`; their owner wipes the original.
  public init(copying bytes: Span<UInt8>) {
    count = bytes.count
    unsafe storage = .allocate(byteCount: max(1, bytes.count), alignment: 1)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe storage.copyMemory(from: start, byteCount: source.count)
    }
  }

  /// Copies the content of a buffer; its owner wipes the original.
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

/// Zeroes memory that may hold a secret, even if it is never read again. All buffers of this module
/// use it.
@unsafe
@inline(__always)
func wipe(_ start: UnsafeMutableRawPointer, count: Int) {
  // SAFETY: the caller owns `count` bytes at `start`.
  if count > 0 { unsafe explicit_bzero(start, count) }
}
