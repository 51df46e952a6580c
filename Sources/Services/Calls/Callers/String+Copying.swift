internal import Messages

extension String {
  /// A copy of borrowed text, for a message.
  init(copying bytes: Span<UInt8>) {
    self.init(decoding: Array(copying: bytes), as: UTF8.self)
  }
}
