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
