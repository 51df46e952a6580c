internal import Messages

/// What a call gives to say as whom it acts: read here and nowhere else, from its metadata, and
/// from the field `bearer` of a request that has one.
///
/// Hazard: a call that gives nothing has the rights of its process, so what is given and no good
/// must never count as nothing. Only `absent` means nothing, and a `bearer` is never empty.
package enum Credential: ~Escapable {
  /// Nothing was given: the call has the rights of its process.
  case absent
  /// The text of one token, well formed by RFC 6750, whether or not there is such a token. A
  /// secret.
  case bearer(Span<UInt8>)
  /// Something was given that is no good, and this is how the call is refused.
  case malformed(Refusal)
}

extension Credential {
  /// Where credentials travel to other servers. Whoever sends one here, or hands on a caller's, has
  /// mistaken the name, and means the call to be somebody's.
  private static let misplaced = [
    "authorization-bin", "proxy-authorization", "x-authorization", "x-forwarded-authorization",
    "x-sf-token", "bearer",
  ]

  /// Reads one header of a call, or one pair of its metadata.
  @_lifetime(copy value)
  package init(header name: Span<UInt8>, _ value: Span<UInt8>) {
    self = .absent
    if name.isSame(as: "authorization") {
      self = Credential(authorization: value)
    } else if Self.misplaced.contains(where: { name.mayBeTaken(for: $0) }) {
      self = .malformed(.credentialMisplaced)
    }
  }

  /// Reads a value of the `authorization` header; an empty one is given, too.
  @_lifetime(copy value)
  package init(authorization value: Span<UInt8>) {
    let scheme = "bearer "
    guard value.startsIgnoringCase(with: scheme.utf8Span.span) else {
      self = .malformed(.credentialMalformed)
      return
    }
    var start = scheme.utf8.count
    while start < value.count, value[start] == UInt8(ascii: " ") { start += 1 }
    self.init(token: value.extracting(start...))
  }

  /// Reads the text of a token that stands by itself.
  @_lifetime(copy text)
  package init(token text: Span<UInt8>) {
    self = text.isBearerToken ? .bearer(text) : .malformed(.credentialMalformed)
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
        with: field.type == .bytes
          ? Credential(token: field.bytes) : .malformed(.credentialMalformed))
    }
    self = found
  }

  /// What this and another one come to when one call gives both: the same token twice is one, and
  /// beside one that is where it belongs, what stands elsewhere is somebody else's business.
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

/// A copy of a credential, for what outlives the call's bytes. A secret.
package struct HeldCredential: Sendable {
  private let given: CredentialPlace
  private let text: WipedBytes

  /// Nothing was given.
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

  /// What the copy takes, in bytes.
  package var heldBytes: Int { text.count }

  /// Whether nothing was given.
  package var isAbsent: Bool {
    if case .absent = given { true } else { false }
  }
}

/// A credential, for a reader that keeps the bytes it came in: where in them the token lies.
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

  /// The credential, from the bytes that it lies in.
  @_lifetime(copy bytes)
  package func read(from bytes: Span<UInt8>) -> Credential {
    switch self {
    case .absent: .absent
    case .bearer(let range): .bearer(bytes.extracting(range))
    case .malformed(let refusal): .malformed(refusal)
    }
  }

  /// What this and another one come to when one call gives both.
  package func joined(with other: CredentialPlace, in bytes: Span<UInt8>) -> CredentialPlace {
    switch read(from: bytes).joined(with: other.read(from: bytes)) {
    case .absent: return .absent
    case .malformed(let refusal): return .malformed(refusal)
    case .bearer: if case .bearer = self { return self } else { return other }
    }
  }
}
