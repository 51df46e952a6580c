extension String {
  /// A copy of text as it came off the wire; empty if the bytes are no UTF-8.
  init(copying bytes: Span<UInt8>) {
    guard let text = try? UTF8Span(validating: bytes) else {
      self = ""
      return
    }
    self = String(copying: text)
  }
}

extension [UInt8] {
  /// A copy of bytes that are borrowed.
  init(copying bytes: Span<UInt8>) {
    // SAFETY: the buffer doesn't leave the closure.
    self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
  }
}
