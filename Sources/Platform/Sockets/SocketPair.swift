/// Two sockets connected with each other.
package struct SocketPair: ~Copyable, Sendable {
  /// One end.
  package let first: FileDescriptor
  /// The other end.
  package let second: FileDescriptor

  init(first: consuming FileDescriptor, second: consuming FileDescriptor) {
    self.first = first
    self.second = second
  }

  /// Hands each end to its own owner.
  package consuming func split<Result: ~Copyable, Failure: Error>(
    _ body: (consuming FileDescriptor, consuming FileDescriptor) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(first, second)
  }
}
