internal import Messages

/// What a call gives to say as whom it acts: read here and nowhere else, from the values of its
/// `authorization` header, and from the field `bearer` of a request that has one.
///
/// Hazard: a call that gives nothing has the rights of its process, so what is given and no good
/// must never count as nothing. Only `absent` means nothing, and a `bearer` is never empty.
package enum Credential: ~Escapable {
  /// Nothing was given: the call has the rights of its process.
  case absent
  /// The text of one token, well formed by RFC 6750, whether or not there is such a token. A
  /// secret.
  case bearer(Span<UInt8>)
  /// Something was given that is no good.
  case malformed(CredentialProblem)
}

/// Why what was given is refused.
package enum CredentialProblem: Sendable {
  /// It is not `Bearer` and the text of a token.
  case notBearer
  /// Two were given. Which of them counts must not depend on who reads them.
  case contradictory
}

extension Credential {
  /// Reads a value of the `authorization` header; an empty one is given, too.
  @_lifetime(copy value)
  package init(authorization value: Span<UInt8>) {
    let scheme = "bearer "
    guard value.startsIgnoringCase(with: scheme.utf8Span.span) else {
      self = .malformed(.notBearer)
      return
    }
    var start = scheme.utf8.count
    while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
    self.init(token: value.extracting(start...))
  }

  /// Reads the text of a token that stands by itself.
  @_lifetime(copy text)
  package init(token text: Span<UInt8>) {
    self = text.isBearerToken ? .bearer(text) : .malformed(.notBearer)
  }

  /// Reads a field of an encoded request that holds the text of a token. What of the message can't
  /// be read is left to its decoder, which reads with the same rules and refuses it.
  @_lifetime(copy message)
  package init(field number: UInt32, of message: Span<UInt8>) {
    var found = Credential.absent
    var reader = WireReader(message)
    while let field = try? reader.next() {
      guard field.number == number else { continue }
      found = found.joined(
        with: field.type == .bytes ? Credential(token: field.bytes) : .malformed(.notBearer))
    }
    self = found
  }

  /// What this and another one come to when one call gives both: the same token twice is one.
  @_lifetime(copy self, copy other)
  package func joined(with other: Credential) -> Credential {
    switch self {
    case .absent: return other
    case .malformed: return self
    case .bearer(let text):
      switch other {
      case .absent: return self
      case .malformed: return other
      case .bearer(let second):
        return text.isEqual(to: second) ? self : .malformed(.contradictory)
      }
    }
  }
}

extension CredentialProblem {
  /// How the call is refused, whichever protocol and method it is.
  package var status: Status {
    switch self {
    case .notBearer:
      Status(
        .unauthenticated, "what is given as credential is not `Bearer` and the text of a token",
        reason: "CREDENTIAL_MALFORMED")
    case .contradictory:
      Status(
        .unauthenticated, "two credentials are given, and they differ",
        reason: "CREDENTIALS_DIFFER")
    }
  }
}

extension Span where Element == UInt8 {
  /// Whether it is a `b64token` of RFC 6750, section 2.1, which is never empty.
  fileprivate var isBearerToken: Bool {
    var end = count
    while end > 0, self[end - 1] == UInt8(ascii: "=") { end -= 1 }
    guard end > 0 else { return false }
    for index in 0..<end {
      switch self[index] {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        break
      default: return false
      }
    }
    return true
  }
}
