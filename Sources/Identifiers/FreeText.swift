/// Text that people write: valid UTF-8 without NUL, of limited length.
package struct FreeText: ~Escapable {
  private let span: Span<UInt8>

  /// The first letters and digits behind a token's prefix: the token's id, which is no secret.
  private static var secretlessDigits: Int { 22 }

  /// The text's bytes, valid UTF-8.
  package var bytes: Span<UInt8> {
    @_lifetime(copy self)
    get { span }
  }

  /// Checks bytes that a peer sent in the field with that name.
  @_lifetime(copy bytes)
  package init(
    _ bytes: Span<UInt8>, field: StaticString, bounds: FreeTextBounds
  ) throws(InvalidField) {
    guard bytes.count >= bounds.minimumBytes else {
      throw InvalidField(field: field, problem: .empty)
    }
    guard bytes.count <= bounds.maximumBytes else {
      throw InvalidField(field: field, problem: .tooLong(maximumBytes: bounds.maximumBytes))
    }
    for index in bytes.indices where bytes[index] == 0 {
      throw InvalidField(field: field, problem: .containsNUL(offset: index))
    }
    do {
      _ = try UTF8Span(validating: bytes)
    } catch {
      throw InvalidField(field: field, problem: .notUTF8)
    }
    guard !TokenLookalike.isIn(bytes, minimumDigits: Self.secretlessDigits + 1) else {
      throw InvalidField(field: field, problem: .tokenInText)
    }
    span = bytes
  }

  /// Wraps bytes that were checked before they were stored.
  @_lifetime(copy bytes)
  package init(stored bytes: Span<UInt8>) { span = bytes }
}

/// How long free text may be, in bytes.
package enum FreeTextBounds: Sendable, Hashable, CaseIterable {
  /// The display name of an organization, user, team or resource: may be empty.
  case displayName
  /// A description: may be empty.
  case description
  /// The name of an org token: must not be empty.
  case tokenName

  /// The least number of bytes: zero or one.
  package var minimumBytes: Int { self == .tokenName ? 1 : 0 }

  /// The greatest number of bytes.
  package var maximumBytes: Int {
    switch self {
    case .displayName: 256
    case .description: 1024
    case .tokenName: 128
    }
  }
}
