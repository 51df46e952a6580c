internal import Messages

extension Span<UInt8> {
  /// Whether the first field of an encoded message is true: `active`, `allowed`.
  var saysYes: Bool {
    var reader = WireReader(self)
    while let field = try? reader.next() {
      if field.number == 1 { return field.type == .varint && field.integer == 1 }
    }
    return false
  }
}
