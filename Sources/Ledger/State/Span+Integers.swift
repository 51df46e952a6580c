extension Span where Element == UInt8 {
  /// The little-endian integer at `offset`, which must lie inside the span.
  package func integer<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self, at offset: Int
  ) -> Value {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count, "a row is too short")
    // SAFETY: the bounds were checked in the line above.
    return unsafe withUnsafeBytes { buffer in
      Value(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
  }
}
