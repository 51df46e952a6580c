// The path of a request, accepted in one spelling only.
//
// Hazard: the server behind the proxy interprets the path by its own rules. If two interpretations
// are possible (encoded slashes, dot segments, empty segments, `;` parameters, escapes that one
// server decodes and another compares undecoded), a request could match a weakly protected route
// here and reach a strongly protected one there. So a path with more than one interpretation is
// refused. In accepted paths, literals are the same with and without decoding, because their
// characters can't be escaped.

/// A checked path without its query; it borrows the request.
package struct RequestPath: ~Escapable {
  /// The path from the first `/` on, not decoded; every segment has at least one character.
  package let bytes: Span<UInt8>

  /// The most bytes of a path, without the query.
  package static let maximumBytes = 4096

  /// Checks the target of a request: a path, with or without a query.
  @_lifetime(copy target)
  package init(_ target: Span<UInt8>) throws(PathProblem) {
    guard !target.isEmpty, target[0] == UInt8(ascii: "/") else { throw .notAbsolute }
    let end = try Self.end(of: target)
    bytes = target.extracting(0..<end)
  }

  /// Where the path ends: at the query or the end.
  private static func end(of target: Span<UInt8>) throws(PathProblem) -> Int {
    var index = 1
    var segmentStart = 1
    var text = UTF8Progress()
    while index < target.count {
      let byte = target[index]
      guard byte != UInt8(ascii: "?") else { break }
      guard index < maximumBytes else { throw .tooLong }
      if byte == UInt8(ascii: "%") {
        let value = try escape(target, index)
        guard text.take(value) else { throw .notUTF8 }
        index += 3
        continue
      }
      guard text.isComplete else { throw .notUTF8 }
      if byte == UInt8(ascii: "/") {
        try checkSegment(target.extracting(segmentStart..<index))
        segmentStart = index + 1
      } else {
        guard isAllowed(byte) else { throw .forbiddenCharacter }
      }
      index += 1
    }
    guard text.isComplete else { throw .notUTF8 }
    // `/` alone has no segment.
    if index > 1 { try checkSegment(target.extracting(segmentStart..<index)) }
    return index
  }

  private static func checkSegment(_ segment: Span<UInt8>) throws(PathProblem) {
    let dot = UInt8(ascii: ".")
    guard !segment.isEmpty else { throw .emptySegment }
    guard segment[0] == dot, segment.count <= 2 else { return }
    if segment.count == 1 || segment[1] == dot { throw .dotSegment }
  }

  /// Decodes the escape at `index`.
  private static func escape(_ target: Span<UInt8>, _ index: Int) throws(PathProblem) -> UInt8 {
    guard index + 2 < target.count, let high = digit(target[index + 1]),
      let low = digit(target[index + 2])
    else { throw .brokenEscape }
    let value = high << 4 | low
    if isUnreserved(value) { throw .needlessEscape }
    switch value {
    case 0..<0x20, 0x7f, UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: ";"),
      UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"):
      throw .forbiddenEscape
    default: return value
    }
  }

  /// A segment with its escapes decoded.
  static func decoded(_ segment: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(segment.count)
    var index = 0
    while index < segment.count {
      if segment[index] == UInt8(ascii: "%"), index + 2 < segment.count,
        let high = digit(segment[index + 1]), let low = digit(segment[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(segment[index])
        index += 1
      }
    }
    return bytes
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Unreserved as in RFC 3986: characters that need no escape. Literals consist of them.
  static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// `pchar` of RFC 3986, except `;`, which begins parameters on some servers.
  private static func isAllowed(_ byte: UInt8) -> Bool {
    if isUnreserved(byte) { return true }
    switch byte {
    case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "@"):
      return true
    default: return false
    }
  }
}

/// Why the path of a request is refused before routes are looked up.
package enum PathProblem: Error, Sendable, Hashable, CaseIterable {
  case notAbsolute
  case tooLong
  /// `//`, or a `/` at the end.
  case emptySegment
  case dotSegment
  /// A character that a path can't contain unescaped, or that servers interpret differently.
  case forbiddenCharacter
  /// A `%` without two hexadecimal digits.
  case brokenEscape
  /// An escape of a character that servers interpret differently, such as `/`, `\`, `;`, `%` or
  /// NUL.
  case forbiddenEscape
  /// An escape of a character that needs none.
  case needlessEscape
  case notUTF8

  /// What is wrong, in words; never a part of the path.
  package var message: String {
    switch self {
    case .notAbsolute: "the path does not begin with `/`"
    case .tooLong: "the path has more than \(RequestPath.maximumBytes) bytes"
    case .emptySegment: "the path has an empty segment, or a `/` at its end"
    case .dotSegment: "the path has a segment `.` or `..`"
    case .forbiddenCharacter: "the path has a character that must not stand in it"
    case .brokenEscape: "the path has a `%` without two hexadecimal digits"
    case .forbiddenEscape: "the path has an escape that servers read differently"
    case .needlessEscape: "the path has an escape of a character that needs none"
    case .notUTF8: "the path is not UTF-8"
    }
  }
}

/// Validates UTF-8 byte by byte (the Unicode Standard, table 3-7), for text in pieces.
struct UTF8Progress {
  private var missing = 0
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xbf

  /// Whether the last character is complete.
  var isComplete: Bool { missing == 0 }

  /// Takes the next byte; false if the bytes are not UTF-8.
  mutating func take(_ byte: UInt8) -> Bool {
    guard isComplete else {
      guard byte >= low, byte <= high else { return false }
      missing -= 1
      (low, high) = (0x80, 0xbf)
      return true
    }
    switch byte {
    case 0..<0x80: break
    case 0xc2...0xdf: missing = 1
    case 0xe0: (missing, low) = (2, 0xa0)
    case 0xed: (missing, high) = (2, 0x9f)
    case 0xe1...0xef: missing = 2
    case 0xf0: (missing, low) = (3, 0x90)
    case 0xf1...0xf3: missing = 3
    case 0xf4: (missing, high) = (3, 0x8f)
    default: return false
    }
    return true
  }
}
