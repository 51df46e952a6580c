extension String {
  /// A copy of text of a message.
  package init(_ bytes: Span<UInt8>) { self.init(decoding: Array(bytes), as: UTF8.self) }
}

extension [UInt8] {
  /// A copy of bytes of a message.
  package init(_ bytes: Span<UInt8>) {
    self = []
    for index in bytes.indices { append(bytes[index]) }
  }
}
