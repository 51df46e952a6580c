/// What the identifiers have in common: borrowed bytes that follow the rules of their kind.
///
/// Each kind is a type of its own, so that a team's id can't stand where a user's is meant. They
/// are compared byte by byte.
package protocol Identifier: ~Escapable {
  /// The identifier's bytes, all ASCII.
  var bytes: Span<UInt8> {
    @_lifetime(copy self)
    get
  }
}

extension Identifier where Self: ~Escapable {
  /// The identifier as text of its own, for a message or a log.
  package var string: String {
    let bytes = self.bytes
    var string = ""
    for index in bytes.indices { string.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
    return string
  }

  /// Whether both are the same, byte by byte.
  package func equals(_ other: Self) -> Bool {
    let bytes = self.bytes
    let others = other.bytes
    guard bytes.count == others.count else { return false }
    for index in bytes.indices where bytes[index] != others[index] { return false }
    return true
  }
}
