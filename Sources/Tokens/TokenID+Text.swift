extension TokenID {
  /// The number of characters of the text form.
  package static let textCount = 22

  /// Reads the text form: 22 base62 characters; nil when it is not exactly what `text` writes.
  package init?(parsing text: Span<UInt8>) {
    guard text.count == Self.textCount else { return nil }
    let digits = Base62.digits.span
    var seen: UInt8 = 0
    guard let id = TokenID(text, from: 0, digits: digits, seen: &seen),
      seen & Base62.invalid == 0
    else { return nil }
    self = id
  }

  /// Reads 22 digits; nil when they spell more than 128 bits. The caller looks at `seen`.
  @inline(__always)
  init?(_ text: Span<UInt8>, from start: Int, digits: Span<UInt8>, seen: inout UInt8) {
    let first = Base62.chunk(text, from: start, count: 2, digits: digits, seen: &seen)
    let second = Base62.chunk(text, from: start &+ 2, count: 10, digits: digits, seen: &seen)
    let third = Base62.chunk(text, from: start &+ 12, count: 10, digits: digits, seen: &seen)
    // first * 62^20 + second * 62^10 + third, in words of 64 bits.
    let upper = first.multipliedFullWidth(by: Base62.chunkLimit)
    let (middle, carry) = upper.low.addingReportingOverflow(second)
    let lower = middle.multipliedFullWidth(by: Base62.chunkLimit)
    let (high, overflow) = (upper.high &+ (carry ? 1 : 0))
      .multipliedReportingOverflow(by: Base62.chunkLimit)
    let (low, lowCarry) = lower.low.addingReportingOverflow(third)
    let (sum, sumOverflow) = high.addingReportingOverflow(lower.high)
    let (total, totalOverflow) = sum.addingReportingOverflow(lowCarry ? 1 : 0)
    guard !overflow, !sumOverflow, !totalOverflow else { return nil }
    self.init(high: total, low: low)
  }

  /// The text form: 22 base62 characters, sorting as the ids do.
  package var text: InlineArray<22, UInt8> {
    var text = InlineArray<22, UInt8>(repeating: 0)
    var span = text.mutableSpan
    writeText(into: &span, at: 0)
    return text
  }

  /// Writes the text form over the 22 bytes from `start`, which must be there.
  package func writeText(into text: inout MutableSpan<UInt8>, at start: Int) {
    let limit = Base62.chunkLimit
    let upper = high.quotientAndRemainder(dividingBy: limit)
    let lower = limit.dividingFullWidth((upper.remainder, low))
    // The quotient is below 2^69: what is left of its first word is at most 21.
    let rest = limit.dividingFullWidth((upper.quotient, lower.quotient))
    Base62.write(rest.quotient, count: 2, at: start, into: &text)
    Base62.write(rest.remainder, count: 10, at: start &+ 2, into: &text)
    Base62.write(lower.remainder, count: 10, at: start &+ 12, into: &text)
  }
}

extension TokenID: CustomStringConvertible {
  /// The text form.
  package var description: String {
    let text = self.text
    var description = ""
    for index in text.indices { description.unicodeScalars.append(Unicode.Scalar(text[index])) }
    return description
  }
}
