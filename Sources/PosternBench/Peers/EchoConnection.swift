internal import Platform

/// A connection that the echo serves.
final class EchoConnection {
  let socket: FileDescriptor
  /// The bytes of a request that hasn't arrived whole.
  var pendingByteCount = 0

  init(_ socket: consuming FileDescriptor) {
    self.socket = socket
  }
}
