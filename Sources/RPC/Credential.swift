internal import Messages

/// The credential of a call, which decides whose rights it has. It is read only here, from the
/// call's metadata and from the field `bearer` of a request that has one.
///
/// Hazard: a call without a credential has the rights of its process, so an invalid credential must
/// never count as a missing one. Only `absent` means missing, and a `bearer` is never empty.
package enum Credential: ~Escapable {
  /// No credential: the call has the rights of its process.
  case absent
  /// The text of one token, well formed by RFC 6750, whether or not such a token exists. A secret.
  case bearer(Span<UInt8>)
  /// The credential is invalid, and the call is refused for this reason.
  case malformed(Refusal)
}

extension Credential {
  /// Names under which credentials travel to other servers. A caller that uses one here, or
  /// forwards one, has mistaken the name and expects the credential to count.
  private static let misplaced = [
    "authorization-bin", "proxy-authorization", "x-authorization", "x-forwarded-authorization",
    "x-original-authorization", "grpcgateway-authorization", "x-sf-token", "bearer",
  ]
  /// What a token of Postern begins with: the name under which one travels may be any.
  private static let tokenStarts: [StaticString] = ["pst_u_", "pst_o_"]

  /// The most bytes of a credential: more than any server takes. The bytes of a longer one are not
  /// looked at.
  fileprivate static let maximumBytes = 65_536

  /// Reads one header of a call, or one pair of its metadata.
  @_lifetime(copy value)
  package init(header name: Span<UInt8>, _ value: Span<UInt8>) {
    self = .absent
    if name.isSame(as: "authorization") {
      self = Credential(authorization: value)
    } else if Self.isMisplaced(header: name) || Self.holdsToken(value) {
      self = .malformed(.credentialMisplaced)
    }
  }

  /// Whether a header of this name carries a credential for another server.
  package static func isMisplaced(header name: Span<UInt8>) -> Bool {
    misplaced.contains { name.mayBeTaken(for: $0) }
  }

  /// Whether a value holds a token of Postern's, whatever stands around it: a scheme, quotes, or
  /// the name of a cookie.
  package static func holdsToken(_ value: Span<UInt8>) -> Bool {
    tokenStarts.contains { value.contains($0) }
  }

  /// Reads a value of the `authorization` header; an empty value is a malformed credential.
  @_lifetime(copy value)
  package init(authorization value: Span<UInt8>) {
    let scheme = "bearer "
    guard value.count <= Self.maximumBytes,
      value.startsIgnoringCase(with: scheme.utf8Span.span)
    else {
      self = .malformed(.credentialMalformed)
      return
    }
    var start = scheme.utf8.count
    while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
    self.init(token: value.extracting(start...))
  }

  /// Reads a token's text without a scheme.
  @_lifetime(copy text)
  package init(token text: Span<UInt8>) {
    self = text.isBearerToken ? .bearer(text) : .malformed(.credentialMalformed)
  }

  /// Reads a field of an encoded request that holds the text of a token. If a part of the message
  /// can't be read, its decoder, which reads by the same rules, refuses it.
  @_lifetime(copy message)
  package init(field number: UInt32, of message: Span<UInt8>) {
    var found = Credential.absent
    var reader = WireReader(message)
    while let field = try? reader.next() {
      guard field.number == number else { continue }
      found = found.joined(
        with: field.type == .bytes
          ? Credential(token: field.bytes) : .malformed(.credentialMalformed))
    }
    self = found
  }

  /// The credential of a call that gives both this and `other`. The same token twice counts once.
  /// If one of them is in its proper place, a misplaced one is ignored: it is meant for another
  /// server.
  @_lifetime(copy self, copy other)
  package func joined(with other: Credential) -> Credential {
    switch self {
    case .absent: return other
    case .malformed(.credentialMisplaced):
      if case .absent = other { return self }
      return other
    case .malformed: return self
    case .bearer(let text):
      switch other {
      case .absent, .malformed(.credentialMisplaced): return self
      case .malformed: return other
      case .bearer(let second):
        return text.isEqual(to: second) ? self : .malformed(.credentialsDiffer)
      }
    }
  }
}

extension Span where Element == UInt8 {
  /// Whether it is a `b64token` of RFC 6750, section 2.1, which is never empty, and no longer than
  /// any server takes.
  fileprivate var isBearerToken: Bool {
    guard count <= Credential.maximumBytes else { return false }
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

/// A copy of a credential that outlives the call's bytes. A secret.
package struct HeldCredential: Sendable {
  private let given: CredentialPlace
  private let text: WipedBytes

  /// No credential.
  package static let absent = HeldCredential(copying: .absent)

  package init(copying credential: Credential) {
    switch credential {
    case .absent: (given, text) = (.absent, .empty)
    case .malformed(let refusal): (given, text) = (.malformed(refusal), .empty)
    case .bearer(let token): (given, text) = (.bearer(0..<token.count), WipedBytes(copying: token))
    }
  }

  /// The credential, borrowed from the copy.
  package var borrowed: Credential {
    @_lifetime(borrow self)
    borrowing get { given.read(from: text.span) }
  }

  /// The size of the copy in bytes.
  package var heldBytes: Int { text.count }

  /// Whether there is no credential.
  package var isAbsent: Bool {
    if case .absent = given { true } else { false }
  }
}

/// A credential for a reader that keeps its bytes: the place of the token in them.
package enum CredentialPlace: Sendable {
  case absent
  case bearer(Range<Int>)
  case malformed(Refusal)

  /// The place of a credential whose token is followed by the byte at `end`.
  package init(_ credential: Credential, endingAt end: Int) {
    switch credential {
    case .absent: self = .absent
    case .bearer(let token): self = .bearer(end - token.count..<end)
    case .malformed(let refusal): self = .malformed(refusal)
    }
  }

  /// The credential, read from the bytes that hold it.
  @_lifetime(copy bytes)
  package func read(from bytes: Span<UInt8>) -> Credential {
    switch self {
    case .absent: .absent
    case .bearer(let range): .bearer(bytes.extracting(range))
    case .malformed(let refusal): .malformed(refusal)
    }
  }

  /// The credential of a call that gives both this and `other`.
  package func joined(with other: CredentialPlace, in bytes: Span<UInt8>) -> CredentialPlace {
    switch read(from: bytes).joined(with: other.read(from: bytes)) {
    case .absent: return .absent
    case .malformed(let refusal): return .malformed(refusal)
    case .bearer: if case .bearer = self { return self } else { return other }
    }
  }
}
