internal import Messages

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
