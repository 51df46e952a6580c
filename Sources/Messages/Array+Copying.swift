extension Array where Element == UInt8 {
  /// A copy of borrowed bytes.
  public init(copying bytes: Span<UInt8>) {
    // SAFETY: the buffer holds `bytes.count` elements, all of which are written.
    self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
  }
}
