internal import Glibc
internal import Messages

// How header fields are read: by comparison with fixed text, and by the grammars of gRPC.
extension Span where Element == UInt8 {
  var first: UInt8? { isEmpty ? nil : self[0] }

  /// Compares with `text`, which is in lower case, as HTTP compares names.
  func isEqualIgnoringCase(to text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && startsIgnoringCase(with: text)
  }

  func startsIgnoringCase(with text: StaticString) -> Bool {
    guard count >= text.utf8CodeUnitCount else { return false }
    // Nearly every client writes it so.
    if extracting(first: text.utf8CodeUnitCount).isEqual(to: text) { return true }
    for index in 0..<text.utf8CodeUnitCount {
      let byte = self[index]
      let isUppercase = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      // SAFETY: `index` is below the text's count.
      if unsafe (isUppercase ? byte | 0x20 : byte) != text.utf8Start[index] { return false }
    }
    return true
  }

  /// Whether this is `application/grpc`, alone or followed by `+` or `;` (the gRPC protocol).
  var isGRPCContentType: Bool {
    let type: StaticString = "application/grpc"
    guard startsIgnoringCase(with: type) else { return false }
    if count == type.utf8CodeUnitCount { return true }
    let next = self[type.utf8CodeUnitCount]
    return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
  }

  /// The value of one or more digits; `nil` if it does not fit into an `Int`.
  var decimal: Int? {
    if isEmpty { return nil }
    var value = 0
    for index in indices {
      let digit = self[index]
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(digit & 0x0f))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// The value of `grpc-timeout`: one to eight digits and a unit. A longer time than 64 bits of
  /// nanoseconds can hold, some 292 years, becomes the longest that they can.
  var grpcTimeoutNanoseconds: Int64? {
    guard count >= 2, count <= 9, let amount = extracting(..<(count - 1)).decimal else {
      return nil
    }
    let unitNanoseconds: Int64
    switch self[count - 1] {
    case UInt8(ascii: "H"): unitNanoseconds = 3_600_000_000_000
    case UInt8(ascii: "M"): unitNanoseconds = 60_000_000_000
    case UInt8(ascii: "S"): unitNanoseconds = 1_000_000_000
    case UInt8(ascii: "m"): unitNanoseconds = 1_000_000
    case UInt8(ascii: "u"): unitNanoseconds = 1_000
    case UInt8(ascii: "n"): unitNanoseconds = 1
    default: return nil
    }
    let (product, overflow) = Int64(amount).multipliedReportingOverflow(by: unitNanoseconds)
    return overflow ? .max : product
  }

  /// Where the second slash is in `/service/Method`, whose two names must not be empty.
  var secondSlash: Int? {
    guard first == UInt8(ascii: "/"), let found = firstIndex(of: UInt8(ascii: "/"), from: 1),
      found > 1, found < count - 1,
      firstIndex(of: UInt8(ascii: "/"), from: found + 1) == nil
    else { return nil }
    return found
  }

  /// Where a byte is for the first time, from `start` on.
  private func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    // SAFETY: `memchr` reads the bytes from `start` on, and `found` is one of them.
    unsafe extracting(start...).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress,
        let found = unsafe memchr(base, Int32(byte), bytes.count)
      else { return nil }
      return unsafe start + base.distance(to: UnsafeRawPointer(found))
    }
  }
}
